//! A configuration as a list: each setting with its value and its origin.

use std::collections::BTreeMap;

use figment::value::{Num, Value};

use super::{
    load::{Loaded, flatten, values_of},
    problems::Origin,
};

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its dotted key.
    pub key: String,
    /// Its value as TOML would have it; `None`: not set. Secrets are redacted.
    pub value: Option<toml::Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl Loaded {
    /// Every setting, section by section, those outside sections first.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut values = BTreeMap::new();
        flatten(&values_of(&self.config), "", &mut values);
        let mut settings: Vec<_> = values.into_iter().map(|(key, value)| self.setting(key, &value)).collect();
        settings.sort_by(|one, other| one.key.rsplit_once('.').cmp(&other.key.rsplit_once('.')));
        settings
    }

    fn setting(&self, key: String, value: &Value) -> Setting {
        let origin = self.origins.get(&key).cloned().unwrap_or(Origin::Default);
        Setting { value: toml_value(value), origin, key }
    }
}

fn toml_value(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Empty(..) => return None,
        Value::String(_, text) => toml::Value::String(text.clone()),
        Value::Char(_, character) => toml::Value::String(character.to_string()),
        Value::Bool(_, truth) => toml::Value::Boolean(*truth),
        Value::Num(_, number) => whole(*number),
        Value::Array(_, entries) => toml::Value::Array(entries.iter().filter_map(toml_value).collect()),
        Value::Dict(_, entries) => {
            let entries = entries.iter().filter_map(|(key, value)| Some((key.clone(), toml_value(value)?)));
            toml::Value::Table(entries.collect())
        }
    })
}

fn whole(number: Num) -> toml::Value {
    let whole = number.to_i128().or_else(|| number.to_u128().and_then(|number| i128::try_from(number).ok()));
    let whole = whole.and_then(|number| i64::try_from(number).ok());
    whole.map_or_else(|| toml::Value::String(format!("{number:?}")), toml::Value::Integer)
}
