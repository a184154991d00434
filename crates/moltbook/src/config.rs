//! How Moltbook is reached.

use serde::Deserialize;
use url::Url;

use crate::Secret;

/// How Moltbook is reached.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where its API stands. Default: `https://www.moltbook.com/api/v1`. The `www.` matters: the bare domain answers
    /// with a redirect, which is not followed because keys would be lost on the way.
    // wire: moltbook.md#moltbook-as-we-call-it
    pub base_url: Url,
    /// The operator's own key, sent as a bearer. Default: none; then profiles are read without one.
    pub api_key: Option<Secret>,
    /// The hub's key as an application, sent as `X-Moltbook-App-Key`. Default: none; then Moltbook may refuse to verify
    /// identity tokens, and agents verify by a post.
    pub app_key: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        let base_url = Url::parse("https://www.moltbook.com/api/v1").expect("the default base URL is a URL");
        Self { base_url, api_key: None, app_key: None }
    }
}

impl Config {
    /// Whether the base URL is Moltbook's bare domain, which only redirects.
    pub(crate) fn lacks_www(&self) -> bool {
        self.base_url.host_str() == Some("moltbook.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_reaches_moltbook_with_www_and_without_keys() {
        let config: Config = serde_json::from_str("{}").unwrap();
        assert_eq!(config, Config::default());
        assert!(!config.lacks_www());
        assert_eq!((config.api_key, config.app_key), (None, None));
    }

    #[test]
    fn keys_are_read_and_never_shown() {
        let text = r#"{"base_url": "https://moltbook.com/api/v1", "api_key": "k-one", "app_key": "k-two"}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.api_key, Some(Secret::new("k-one")));
        assert!(config.lacks_www());
        let shown = format!("{config:?} {:?}", config.app_key.as_ref().unwrap().header("").unwrap());
        assert!(!shown.contains("k-one") && !shown.contains("k-two"), "{shown}");
        assert!(serde_json::from_str::<Config>(r#"{"api_kye": "k"}"#).is_err());
    }
}
