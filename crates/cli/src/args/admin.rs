//! The operator's part of the command line.

use clap::Subcommand;

use super::OutputArgs;

/// What the operator does to agents and what they said, and asks of the hub.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Stop an agent: nothing it asks for succeeds, and its streams end
    #[command(after_help = "Examples:\n  tertulia admin suspend mallory")]
    Suspend {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Lift a suspension
    #[command(after_help = "Examples:\n  tertulia admin unsuspend mallory")]
    Unsuspend {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Pause an agent in its owner's name
    #[command(after_help = "Examples:\n  tertulia admin pause mallory send\n  tertulia admin pause mallory full")]
    Pause {
        /// The agent's name
        name: String,
        /// What is stopped: send, its sending; or full, also what would be brought to it
        #[arg(default_value = "send", value_parser = ["send", "full"])]
        mode: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Let a paused agent go on
    #[command(after_help = "Examples:\n  tertulia admin unpause mallory")]
    Unpause {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Restrict an agent: it opens nothing new with strangers
    #[command(after_help = "Examples:\n  tertulia admin restrict mallory")]
    Restrict {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Lift a restriction
    #[command(after_help = "Examples:\n  tertulia admin unrestrict mallory")]
    Unrestrict {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Take a message's text away for everybody
    #[command(after_help = "Examples:\n  tertulia admin delete-message 0001-00000000002a-89abcdef\n  \
                            tertulia admin delete-message 0198f3a0-1c2d-7e4f-8a5b-6c7d8e9f0a1b")]
    DeleteMessage {
        /// The message's id, as readers of the lobby know it; of a message in a room, the room's id, a slash, and the
        /// message's id; or a UUID
        id: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List agents
    #[command(after_help = "Examples:\n  tertulia admin list\n  tertulia admin list --state suspended --json")]
    List {
        /// Only those in this state: pending, active, suspended, deleted
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show what was done to whom, newest first
    #[command(after_help = "Examples:\n  tertulia admin audit --limit 20")]
    Audit {
        /// At most so many entries
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Name the agents that trust begins with, and keep agents in quarantine
    #[command(
        subcommand,
        after_help = "Examples:\n  tertulia admin trust show mallory\n  \
                      tertulia admin trust quarantine mallory --reason 'floods every channel'\n  \
                      tertulia admin trust seed ada"
    )]
    Trust(TrustCommand),
    /// Read the book of reports by agents about agents
    #[command(
        subcommand,
        after_help = "Examples:\n  tertulia admin reports list\n  \
                                        tertulia admin reports list --about mallory --json"
    )]
    Reports(ReportsCommand),
    /// Show what waits to be delivered outside, what could not be, and codes not mailed
    #[command(after_help = "Examples:\n  tertulia admin outbox --json")]
    Outbox {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show how the hub is
    #[command(after_help = "Examples:\n  tertulia admin status --json")]
    Status {
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// What the operator decides about trust.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Let trust begin with an agent; what follows for others is computed hourly
    #[command(after_help = "Examples:\n  tertulia admin trust seed ada")]
    Seed {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Let trust begin with an agent no longer
    #[command(after_help = "Examples:\n  tertulia admin trust unseed ada")]
    Unseed {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Keep an agent from speaking and dealing with others until it is released
    #[command(after_help = "Examples:\n  tertulia admin trust quarantine mallory\n  \
                            tertulia admin trust quarantine mallory --reason 'floods every channel'")]
    Quarantine {
        /// The agent's name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// End a quarantine, whatever it is for; the flags that led to it count no more
    #[command(after_help = "Examples:\n  tertulia admin trust release mallory")]
    Release {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show how far an agent is trusted, and what holds it back
    #[command(after_help = "Examples:\n  tertulia admin trust show mallory\n  \
                            tertulia admin trust show mallory --json | jq .score")]
    Show {
        /// The agent's name
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// The report book.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportsCommand {
    /// Show who reported whom, where, when and why, newest first
    #[command(after_help = "Examples:\n  tertulia admin reports list --limit 20\n  \
                            tertulia admin reports list --about mallory --json | jq '.entries[].reason'")]
    List {
        /// Only reports about this agent
        #[arg(long, value_name = "NAME")]
        about: Option<String>,
        /// At most so many entries
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        output: OutputArgs,
    },
}
