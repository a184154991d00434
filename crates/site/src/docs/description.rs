//! What the pages read of the hub's description of its API, an OpenAPI document: the part that it uses.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// Where the shapes of a document stand in it.
const SHAPES: &str = "#/components/schemas/";

#[derive(Debug, Deserialize)]
pub(super) struct Description {
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    pub(super) paths: BTreeMap<String, Path>,
    #[serde(default)]
    pub(super) components: Components,
}

/// A surface, or what belongs to the hub itself.
#[derive(Debug, Deserialize)]
pub(super) struct Tag {
    pub(super) name: String,
    /// As people write it; the name, where it is left out.
    #[serde(rename = "x-displayName")]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Path {
    get: Option<Operation>,
    post: Option<Operation>,
    put: Option<Operation>,
    patch: Option<Operation>,
    delete: Option<Operation>,
}

impl Path {
    /// What can be done there, by its method.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
        let all = [
            ("GET", &self.get),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
        ];
        all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
    pub(super) request_body: Option<Body>,
    #[serde(default)]
    pub(super) responses: BTreeMap<String, Answer>,
    /// One of them is enough; an empty one is nothing.
    #[serde(default)]
    pub(super) security: Vec<BTreeMap<String, Value>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `path`, `query` or `header`.
    #[serde(rename = "in")]
    pub(super) place: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) schema: Schema,
}

/// By media type.
pub(super) type Contents = BTreeMap<String, Content>;

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) content: Contents,
}

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) content: Contents,
}

#[derive(Debug, Deserialize)]
pub(super) struct Content {
    #[serde(default)]
    pub(super) schema: Schema,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Components {
    pub(super) schemas: BTreeMap<String, Schema>,
    pub(super) security_schemes: BTreeMap<String, Scheme>,
}

/// How a key is sent.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Scheme {
    Http { scheme: String },
    ApiKey { name: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    pub(super) description: String,
    #[serde(rename = "type")]
    pub(super) types: Types,
    pub(super) format: Option<String>,
    #[serde(rename = "enum")]
    pub(super) values: Vec<Value>,
    pub(super) items: Inner,
    pub(super) additional_properties: Inner,
    pub(super) properties: BTreeMap<String, Schema>,
    pub(super) required: Vec<String>,
    pub(super) one_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) all_of: Vec<Schema>,
    pub(super) minimum: Option<serde_json::Number>,
    pub(super) maximum: Option<serde_json::Number>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) pattern: Option<String>,
    pub(super) default: Value,
    pub(super) example: Value,
}

impl Schema {
    /// The shape that it refers to, by its name.
    pub(super) fn shape(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix(SHAPES)
    }
}

/// `"string"`, `["string", "null"]`, or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Types {
    One(String),
    Several(Vec<String>),
    #[default]
    Any,
}

impl Types {
    pub(super) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
            Self::Any => &[],
        }
    }
}

/// What stands inside a list or an object: of a shape, anything or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Inner {
    Schema(Box<Schema>),
    Flag(IgnoredAny),
    #[default]
    Unsaid,
}

impl Inner {
    pub(super) fn schema(&self) -> Option<&Schema> {
        match self {
            Self::Schema(schema) => Some(schema),
            Self::Flag(_) | Self::Unsaid => None,
        }
    }
}
