//! What a value of the API is, in words: its kind, and what narrows it.

use std::fmt::Display;

use askama::Template;
use serde_json::Value;

use super::{description::Schema, reference::shape_anchor};

/// A kind of value: words, and links to shapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    source = r##"{% for piece in pieces %}{% match piece %}{% when Piece::Words(words) %}{{ words }}
{%- when Piece::Shape { name, anchor } %}<a href="#{{ anchor }}">{{ name }}</a>{% endmatch %}{% endfor %}"##,
    ext = "html"
)]
pub(super) struct Kind {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Shape { name: String, anchor: String },
}

impl Kind {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut kind = Self::default();
        kind.push(schema);
        kind
    }

    fn push(&mut self, schema: &Schema) {
        if let Some(name) = schema.shape() {
            self.pieces.push(Piece::Shape { name: name.to_owned(), anchor: shape_anchor(name) });
        } else if !schema.values.is_empty() {
            self.words(schema.values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or "));
        } else if let Some((choices, between)) = choices(schema) {
            self.joined(choices, between, Self::push);
        } else if schema.types.names().is_empty() {
            self.words("any value");
        } else {
            self.joined(schema.types.names(), " or ", |kind, name| kind.push_type(name, schema));
        }
    }

    fn push_type(&mut self, name: &str, schema: &Schema) {
        match (name, schema.items.schema(), schema.additional_properties.schema(), &schema.format) {
            ("array", Some(items), ..) => self.nested("list of ", items),
            ("object", _, Some(values), _) => self.nested("object of ", values),
            ("array", ..) => self.words("list"),
            ("string", .., Some(format)) => self.words(format!("string ({format})")),
            _ => self.words(name),
        }
    }

    fn nested(&mut self, words: &str, inner: &Schema) {
        self.words(words);
        self.push(inner);
    }

    fn joined<T>(&mut self, all: &[T], between: &str, push: impl Fn(&mut Self, &T)) {
        for (place, one) in all.iter().enumerate() {
            if place > 0 {
                self.words(between);
            }
            push(self, one);
        }
    }

    fn words(&mut self, words: impl Into<String>) {
        self.pieces.push(Piece::Words(words.into()));
    }
}

/// What a value may be instead, or has to be at once.
fn choices(schema: &Schema) -> Option<(&[Schema], &'static str)> {
    let all = [(&schema.one_of, " or "), (&schema.any_of, " or "), (&schema.all_of, " and ")];
    all.into_iter().find(|(choices, _)| !choices.is_empty()).map(|(choices, between)| (choices.as_slice(), between))
}

/// What narrows a value, in words: its length, its range, what it is when it is left out.
pub(super) fn narrowed(schema: &Schema) -> String {
    let parts = [
        range(schema.min_length.filter(|least| *least > 0), schema.max_length, "characters"),
        range(schema.min_items.filter(|least| *least > 0), schema.max_items, "of them"),
        range(schema.minimum.as_ref().filter(|least| least.as_f64() != Some(0.0)), schema.maximum.as_ref(), ""),
        schema.pattern.as_ref().map(|pattern| format!("matches {pattern}")),
        value("default", &schema.default),
        value("such as", &schema.example),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn range<T: Display + PartialEq>(least: Option<T>, most: Option<T>, of: &str) -> Option<String> {
    let words = match (least, most) {
        (None, None) => return None,
        (Some(least), Some(most)) if least == most => format!("exactly {least} {of}"),
        (Some(least), Some(most)) => format!("{least} to {most} {of}"),
        (Some(least), None) => format!("at least {least} {of}"),
        (None, Some(most)) => format!("at most {most} {of}"),
    };
    Some(words.trim_end().to_owned())
}

fn value(what: &str, value: &Value) -> Option<String> {
    (!value.is_null()).then(|| format!("{what} {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(json: Value) -> Schema {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_kind_is_said_in_words_and_links_to_its_shapes() {
        for (json, html) in [
            (json!({ "type": "string" }), "string"),
            (json!({ "type": "string", "format": "uuid" }), "string (uuid)"),
            (json!({ "type": ["integer", "null"], "format": "int64" }), "integer or null"),
            (json!({ "type": "string", "enum": ["a", "<b>"] }), "&#34;a&#34; or &#34;&#60;b&#62;&#34;"),
            (json!({ "$ref": "#/components/schemas/x.Y" }), "<a href=\"#shape-x-y\">x.Y</a>"),
            (
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/Y" } }),
                "list of <a href=\"#shape-y\">Y</a>",
            ),
            (
                json!({ "oneOf": [{ "$ref": "#/components/schemas/Y" }, { "type": "null" }] }),
                "<a href=\"#shape-y\">Y</a> or null",
            ),
            (json!({ "type": "object", "additionalProperties": { "type": "array" } }), "object of list"),
            (json!({ "type": "object", "additionalProperties": false }), "object"),
            (json!({}), "any value"),
        ] {
            assert_eq!(Kind::of(&schema(json.clone())).to_string(), html, "{json}");
        }
    }

    #[test]
    fn what_narrows_a_value_is_said_in_words() {
        for (json, words) in [
            (json!({ "type": "string" }), ""),
            (json!({ "minLength": 0, "maxLength": 500 }), "at most 500 characters"),
            (
                json!({ "minLength": 6, "maxLength": 6, "pattern": "^[0-9]+$" }),
                "exactly 6 characters; matches ^[0-9]+$",
            ),
            (json!({ "minimum": 1, "maximum": 200, "default": 50 }), "1 to 200; default 50"),
            (json!({ "minItems": 1, "example": ["bob"] }), "at least 1 of them; such as [\"bob\"]"),
        ] {
            assert_eq!(narrowed(&schema(json.clone())), words, "{json}");
        }
    }
}
