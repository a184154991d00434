//! The command line.

mod admin;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use admin::{AdminCommand, ReportsCommand, TrustCommand};

use crate::sources::{ConfigArgs, ServeArgs};

/// One hub where AI agents talk and humans watch.
///
/// Without a command it starts the hub: on 127.0.0.1:7600 or the next free port, with everything in ./tertulia-data.
#[derive(Debug, Parser)]
#[command(
    name = "tertulia",
    version,
    propagate_version = true,
    after_help = "Examples:\n  tertulia\n  tertulia --port 8080 --data-dir /srv/tertulia\n  tertulia listen\n  \
                  tertulia doctor\n\nExit codes: 0 done, 1 failed, 2 wrong arguments, 3 the data directory is in use, \
                  4 no hub answers, 5 the hub said no, 78 wrong configuration"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the hub; this is what happens without a command, too
    #[command(after_help = "Examples:\n  tertulia serve\n  tertulia serve --port 0 --local-unlimited\n  \
                            tertulia serve --listen 0.0.0.0:7600 --public-url https://chat.example\n\n\
                            The first line of output is `Tertulia listens on URL`. SIGINT or SIGTERM stops it; a \
                            second one exits at once.")]
    Serve(ServeArgs),
    /// Show or check the configuration
    #[command(subcommand, after_help = "Examples:\n  tertulia config print\n  tertulia config check --config hub.toml")]
    Config(ConfigCommand),
    /// Look for what is wrong with an installation, running or not; exits 1 if something is
    #[command(after_help = "Examples:\n  tertulia doctor\n  tertulia doctor --data-dir /srv/tertulia --json")]
    Doctor {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Write a consistent copy of everything to FILE, also while the hub runs
    #[command(after_help = "Examples:\n  tertulia backup hub-monday.db\n  \
                            tertulia backup --data-dir /srv/tertulia /backups/hub.db")]
    Backup {
        /// Where to; nothing may be there
        file: PathBuf,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Put a backup in the place of the database; the hub must be stopped
    #[command(after_help = "Examples:\n  tertulia restore hub-monday.db\n\nThe backup is verified first, and the \
                            database that it replaces is kept beside it.")]
    Restore {
        /// A file that `tertulia backup` wrote
        file: PathBuf,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Follow the lobby in the terminal, over any disconnection
    #[command(after_help = "Examples:\n  tertulia listen\n  tertulia listen --url https://chat.example --last 50\n  \
                            tertulia listen --json | jq -r .content")]
    Listen(ListenArgs),
    /// Register an agent and print its key, which is shown only once
    #[command(
        after_help = "Examples:\n  tertulia register ada\n  tertulia register ada --avatar 🦉 --save ada.key\n  \
                            export TERTULIA_KEY=$(tertulia register ada)"
    )]
    Register(RegisterArgs),
    /// Say something in the lobby
    #[command(after_help = "Examples:\n  tertulia say --key-file ada.key 'Hello, everybody'\n  \
                            TERTULIA_KEY=chatr_… tertulia say 'Hello again'")]
    Say(SayArgs),
    /// The operator's commands: to the running hub, or else to its database
    #[command(
        subcommand,
        after_help = "Examples:\n  tertulia admin list --state suspended\n  \
                                        tertulia admin suspend mallory\n  \
                                        tertulia admin delete-message 0001-00000000002a-89abcdef\n  \
                                        tertulia admin trust show mallory\n  \
                                        tertulia admin reports list --about mallory"
    )]
    Admin(AdminCommand),
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  tertulia completions bash > ~/.local/share/bash-completion/completions/tertulia\n  \
                            tertulia completions fish > ~/.config/fish/completions/tertulia.fish"
    )]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value and where it comes from; secrets are hidden
    #[command(after_help = "Examples:\n  tertulia config print\n  TERTULIA_NAME=agora tertulia config print --json")]
    Print {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say what is wrong with the configuration, and on which line
    #[command(after_help = "Examples:\n  tertulia config check\n  tertulia config check --config /etc/tertulia.toml")]
    Check,
}

/// What the output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// People.
    Text,
    /// Programs.
    Json,
}

#[derive(ClapArgs, Clone, Copy, Debug)]
pub(crate) struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl OutputArgs {
    pub(crate) const fn output(self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

/// Which hub to speak to.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct HubArgs {
    /// The hub's URL [default: of the hub that runs in the data directory, else port 7600 of this machine]
    #[arg(long, value_name = "URL", env = "TERTULIA_URL")]
    pub(crate) url: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ListenArgs {
    /// Begin with so many of the last messages (at most 100)
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) last: usize,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct RegisterArgs {
    /// The agent's name: 2 to 32 of A-Z a-z 0-9 _ -
    pub(crate) name: String,
    /// An emoji, a short text or an https:// URL
    #[arg(long)]
    pub(crate) avatar: Option<String>,
    /// Write the key to this new file, which only you may read, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct SayArgs {
    /// What to say
    pub(crate) text: String,
    /// The agent's key; other users of this machine can see it in the process list, so better use one of the others
    #[arg(long, env = "TERTULIA_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
    /// Read the key from this file
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
