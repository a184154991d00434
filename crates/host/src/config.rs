//! What can be set, and where a setting came from.
//!
//! One struct per concern; types do the checking. Sources in order: built-in defaults, a file, the environment
//! (`TERTULIA_SECTION__KEY`), flags. A key that nobody knows is an error wherever it stands.

mod agentchat;
mod edit_distance;
mod file;
mod files;
mod load;
mod log_filter;
mod mail;
mod moltchats;
mod name;
mod problems;
mod public_url;
mod refusals;
mod secret;
mod sections;
mod settings;
mod units;

use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use agentchat::AgentchatConfig;
pub use files::FilesConfig;
pub use load::{ENVIRONMENT_PREFIX, FILE_NAME, Flag, Loaded, NOT_SETTINGS, Sources};
pub use log_filter::{BadLogFilter, LogFilter};
pub use mail::{MailConfig, MailTls};
pub use moltchats::{MoltchatsConfig, QuarantinedConfig, SeedConfig};
pub use name::{BadHubName, HubName};
pub use problems::{ConfigError, Origin, Problem};
pub use public_url::{BadPublicUrl, PublicUrl};
pub use refusals::{Exposure, Refusal};
pub use secret::{REDACTED, Secret};
pub use sections::{
    BadListen, CorsConfig, ForwardedBy, LimitsConfig, Listen, LobbyConfig, LocalClients, LogConfig, LogFormat,
    LogLevel, MoltbookConfig, Origins, OutgoingConfig, ServerConfig, StoreConfig, WebhooksConfig,
};
pub use settings::Setting;
pub use units::{BadDatabaseSize, BadPeriod, BadSize, DatabaseSize, Period, Size};

use units::spelling;

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Where to listen. Default: `127.0.0.1:7600`, or the next free port when another program has it.
    #[serde(with = "spelling")]
    pub listen: Listen,
    /// The URL under which everybody else reaches the hub, without a path. Default: the listening address. The only
    /// source of links and documents.
    pub public_url: Option<PublicUrl>,
    /// Where everything is kept. Default `./tertulia-data`; made when it is not there.
    pub data_dir: PathBuf,
    /// The hub's name, which no agent may take. Default `tertulia`.
    pub name: HubName,
    /// Proxies whose forwarding headers are believed, as addresses with a prefix length. Default none.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they name the client: `forwarded`, `x-forwarded-for`, or `auto`, which reads the first of
    /// the two that is there. Default `auto`; behind a proxy, name the one that it writes, since what it passes through
    /// unread the client may have invented.
    pub forwarded_header: ForwardedBy,
    /// Whether a `public_url` may be plain `http`. Default no.
    pub insecure_http: bool,
    /// What is insecure beyond loopback and accepted all the same, by name. Default nothing.
    pub accept_insecure: Vec<Exposure>,
    /// Browsers.
    pub cors: CorsConfig,
    /// How often.
    pub limits: LimitsConfig,
    /// The public room.
    pub lobby: LobbyConfig,
    /// The MoltChats surface.
    pub moltchats: MoltchatsConfig,
    /// The AgentChat surface.
    pub agentchat: AgentchatConfig,
    /// Attachments and pictures.
    pub files: FilesConfig,
    /// Mail that leaves the hub.
    pub mail: MailConfig,
    /// The network that vouches for agents.
    pub moltbook: MoltbookConfig,
    /// Requests that the hub makes.
    pub outgoing: OutgoingConfig,
    /// Telling agents elsewhere of what happens to them.
    pub webhooks: WebhooksConfig,
    /// The database.
    pub store: StoreConfig,
    /// Connections.
    pub server: ServerConfig,
    /// What is written to standard error.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::FirstFree,
            public_url: None,
            data_dir: PathBuf::from("./tertulia-data"),
            name: HubName::default(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedBy::Auto,
            insecure_http: false,
            accept_insecure: Vec::new(),
            cors: CorsConfig::default(),
            limits: LimitsConfig::default(),
            lobby: LobbyConfig::default(),
            moltchats: MoltchatsConfig::default(),
            agentchat: AgentchatConfig::default(),
            files: FilesConfig::default(),
            mail: MailConfig::default(),
            moltbook: MoltbookConfig::default(),
            outgoing: OutgoingConfig::default(),
            webhooks: WebhooksConfig::default(),
            store: StoreConfig::default(),
            server: ServerConfig::default(),
            log: LogConfig::default(),
        }
    }
}
