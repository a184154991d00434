//! Putting the sources together.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Profile, Provider,
    error::Kind,
    providers::Serialized,
    value::{Dict, Value},
};

use super::{
    Config, Listen,
    edit_distance::nearest,
    file,
    problems::{ConfigError, Origin, Problem},
};

/// The file that is read from the data directory when none is named.
pub const FILE_NAME: &str = "tertulia.toml";

/// What the variables of the environment begin with.
pub const ENVIRONMENT_PREFIX: &str = "TERTULIA_";

/// Variables with that prefix that belong to the command line and are no settings.
pub const NOT_SETTINGS: [&str; 3] = ["TERTULIA_CONFIG", "TERTULIA_KEY", "TERTULIA_URL"];

/// A flag of the command line that stands for a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// As it is spelled, such as `--port`.
    pub flag: String,
    /// The setting, such as `listen`.
    pub key: String,
    /// The value as text.
    pub value: String,
}

/// Everything a configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file that must be there. When none is named, [`FILE_NAME`] in the data directory is read if it is there.
    pub file: Option<PathBuf>,
    /// The environment; what does not begin with [`ENVIRONMENT_PREFIX`] is ignored.
    pub environment: Vec<(String, String)>,
    /// Flags; a later one wins.
    pub flags: Vec<Flag>,
}

/// A configuration, and where each of its settings came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The origin of each setting that is not a default, by key.
    pub(crate) origins: BTreeMap<String, Origin>,
}

impl Sources {
    /// Reads and checks everything.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, with where it stands.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let mut outer = Layers::new();
        outer.add_environment(&self.environment);
        outer.add_flags(&self.flags);
        let mut layers = Layers::new();
        match &self.file {
            Some(file) => layers.add_file(file, true),
            // The directory cannot be named by a file inside it, so what else names it is asked first.
            None => layers.add_file(&outer.data_dir().join(FILE_NAME), false),
        }
        if self.file.is_none()
            && let Some(origin) = layers.origins.get("data_dir").cloned()
        {
            let why = "cannot be set by the file inside it; name the file with --config".to_owned();
            layers.problems.push(Problem::Wrong { origin, key: "data_dir".to_owned(), why });
        }
        layers.over(outer).finish()
    }
}

/// What has been read so far.
#[derive(Debug)]
struct Layers {
    known: BTreeMap<String, Value>,
    values: BTreeMap<String, Value>,
    origins: BTreeMap<String, Origin>,
    problems: Vec<Problem>,
}

impl Layers {
    fn new() -> Self {
        let mut known = BTreeMap::new();
        flatten(&defaults(), "", &mut known);
        Self { known, values: BTreeMap::new(), origins: BTreeMap::new(), problems: Vec::new() }
    }

    fn add_file(&mut self, file: &Path, must_exist: bool) {
        match file::read(file) {
            Ok(Some(read)) => {
                let origin =
                    |key: &str| Origin::File { file: file.to_owned(), line: read.lines.get(key).copied().unwrap_or(1) };
                self.add_values(&read.values, "", &origin);
            }
            Ok(None) if must_exist => {
                self.problems.push(Problem::File { file: file.to_owned(), why: "there is no such file".to_owned() });
            }
            Ok(None) => {}
            Err(problem) => self.problems.push(problem),
        }
    }

    fn add_values(&mut self, values: &Dict, prefix: &str, origin: &dyn Fn(&str) -> Origin) {
        for (name, value) in values {
            let key = format!("{prefix}{name}");
            if !self.is_section(&key) {
                self.set(origin(&key), key, value.clone());
            } else if let Value::Dict(_, inner) = value {
                self.add_values(inner, &format!("{key}."), origin);
            } else {
                let why = "is a section, not a value".to_owned();
                self.problems.push(Problem::Wrong { origin: origin(&key), key, why });
            }
        }
    }

    fn add_environment(&mut self, variables: &[(String, String)]) {
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
            if NOT_SETTINGS.contains(&variable.as_str()) {
                continue;
            }
            let key = name.to_ascii_lowercase().replace("__", ".");
            self.set_text(Origin::Environment(variable.clone()), key, text);
        }
    }

    fn add_flags(&mut self, flags: &[Flag]) {
        for Flag { flag, key, value } in flags {
            self.set_text(Origin::Flag(flag.clone()), key.clone(), value);
        }
    }

    fn set_text(&mut self, origin: Origin, key: String, text: &str) {
        let value = self.known.get(&key).map_or_else(|| Value::from(text), |default| value_like(default, text));
        self.set(origin, key, value);
    }

    fn set(&mut self, origin: Origin, key: String, value: Value) {
        if self.known.contains_key(&key) {
            self.values.insert(key.clone(), value);
            self.origins.insert(key, origin);
        } else {
            let sections = self.known.keys().filter_map(|key| key.rsplit_once('.')).map(|(section, _)| section);
            let candidates = self.known.keys().map(String::as_str).chain(sections);
            let nearest = nearest(&key, candidates).map(ToOwned::to_owned);
            self.problems.push(Problem::Unknown { origin, key, nearest });
        }
    }

    fn is_section(&self, key: &str) -> bool {
        self.known.keys().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    fn data_dir(&self) -> PathBuf {
        let set = self.values.get("data_dir").and_then(Value::as_str).map(PathBuf::from);
        set.unwrap_or_else(|| Config::default().data_dir)
    }

    /// These, and over them `upper`.
    fn over(mut self, upper: Self) -> Self {
        self.values.extend(upper.values);
        self.origins.extend(upper.origins);
        self.problems.extend(upper.problems);
        self
    }

    fn finish(self) -> Result<Loaded, ConfigError> {
        let Self { values, origins, mut problems, .. } = self;
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        for (key, value) in values {
            figment = figment.merge(Serialized::default(&key, value));
        }
        match figment.extract::<Config>() {
            Ok(mut config) if problems.is_empty() => {
                if !origins.contains_key("listen") {
                    config.listen = Listen::FirstFree;
                }
                return Ok(Loaded { config, origins });
            }
            Ok(_) => {}
            Err(errors) => problems.extend(errors.into_iter().map(|error| wrong(&error, &origins))),
        }
        Err(ConfigError(problems))
    }
}

fn wrong(error: &figment::Error, origins: &BTreeMap<String, Origin>) -> Problem {
    let path = error.path.join(".");
    // The path of an entry of a list goes on with its index.
    let key = origins.keys().find(|key| path == **key || path.starts_with(&format!("{key}."))).unwrap_or(&path);
    let origin = origins.get(key).cloned().unwrap_or(Origin::Default);
    Problem::Wrong { origin, key: key.clone(), why: why(error.kind.clone()) }
}

fn why(kind: Kind) -> String {
    if let Kind::UnknownVariant(found, known) = kind {
        return format!("`{found}` is none of {}", known.join(", "));
    }
    kind.to_string()
}

/// A text as a value of the kind that a setting has by default. A text that is not of this kind stays a text, which
/// the types refuse with a reason.
fn value_like(default: &Value, text: &str) -> Value {
    let as_text = || Value::from(text);
    match default {
        Value::Bool(..) => text.parse::<bool>().map_or_else(|_| as_text(), Value::from),
        Value::Num(..) => text.parse::<u64>().map_or_else(|_| as_text(), Value::from),
        Value::Array(..) => {
            let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            let entries = inner.split(',').map(|entry| entry.trim().trim_matches('"'));
            Value::from(entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        }
        Value::String(..) | Value::Char(..) | Value::Empty(..) | Value::Dict(..) => as_text(),
    }
}

pub(crate) fn defaults() -> Dict {
    values_of(&Config::default())
}

/// A configuration as values, secrets redacted.
pub(crate) fn values_of(config: &Config) -> Dict {
    let mut profiles = Serialized::defaults(config).data().expect("a configuration consists of plain values");
    profiles.remove(&Profile::Default).unwrap_or_default()
}

/// Every setting by its dotted key.
pub(crate) fn flatten(values: &Dict, prefix: &str, into: &mut BTreeMap<String, Value>) {
    for (name, value) in values {
        let key = format!("{prefix}{name}");
        if let Value::Dict(_, inner) = value {
            flatten(inner, &format!("{key}."), into);
        } else {
            into.insert(key, value.clone());
        }
    }
}
