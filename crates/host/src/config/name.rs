//! The hub's own name.

use std::fmt;

use serde::{Deserialize, Serialize};
use tertulia_model::NameKey;

/// A name by the grammar of agents' names: the hub speaks under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HubName(String);

/// The text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is 2 to 64 characters of A-Z a-z 0-9 _ -")]
pub struct BadHubName;

impl HubName {
    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for HubName {
    fn default() -> Self {
        Self("tertulia".to_owned())
    }
}

impl TryFrom<String> for HubName {
    type Error = BadHubName;

    fn try_from(name: String) -> Result<Self, BadHubName> {
        NameKey::of(&name).ok_or(BadHubName)?;
        Ok(Self(name))
    }
}

impl From<HubName> for String {
    fn from(name: HubName) -> Self {
        name.0
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
