//! Every call of the hub and every shape that it takes or gives, as the pages write them.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::{
    description::{Answer, Body, Contents, Description, Operation, Parameter, Schema, Scheme, Tag},
    kind::{Kind, narrowed},
    text::Text,
};

/// The reference: a part of the page. Made once; the same for everybody.
#[derive(Debug, Template)]
#[template(path = "docs/reference.html")]
pub(super) struct Reference {
    parts: Vec<Part>,
    shapes: Vec<Shape>,
}

/// The calls of one surface.
#[derive(Debug)]
struct Part {
    anchor: String,
    title: String,
    about: Text,
    calls: Vec<Call>,
    /// What every one of them may answer as well.
    always: Replies,
}

#[derive(Debug)]
struct Call {
    anchor: String,
    method: &'static str,
    path: String,
    gist: Text,
    more: Text,
    key: String,
    parameters: Fields,
    bodies: Vec<Sent>,
    replies: Replies,
}

/// A body that a call takes.
#[derive(Debug)]
struct Sent {
    media_type: String,
    kind: Kind,
    about: Text,
    fields: Fields,
}

/// Parameters, or the fields of a body or a shape.
#[derive(Debug, Template)]
#[template(path = "docs/fields.html")]
struct Fields {
    /// What each of them is called.
    what: &'static str,
    all: Vec<Field>,
}

impl Fields {
    const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[derive(Debug)]
struct Field {
    name: String,
    /// Where a parameter stands; empty in a body.
    place: String,
    kind: Kind,
    is_required: bool,
    about: Text,
    narrowed: String,
}

/// What a call may answer.
#[derive(Debug, Template)]
#[template(path = "docs/replies.html")]
struct Replies {
    all: Vec<Reply>,
}

impl Replies {
    const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reply {
    status: String,
    about: Text,
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Shape {
    anchor: String,
    name: String,
    about: Text,
    /// What it is, where that is not simply its fields.
    kind: Option<Kind>,
    fields: Fields,
}

impl Reference {
    pub(super) fn of(description: &Description) -> Self {
        let parts = description.tags.iter().map(|tag| part(tag, description)).filter(|part| !part.calls.is_empty());
        let shapes = description.components.schemas.iter().map(|(name, schema)| shape(name, schema));
        Self { parts: parts.collect(), shapes: shapes.collect() }
    }
}

/// Where a shape stands on the page.
pub(super) fn shape_anchor(name: &str) -> String {
    anchor(&["shape", name])
}

fn anchor(words: &[&str]) -> String {
    let joined = words.join("-").to_ascii_lowercase();
    joined.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

fn part(tag: &Tag, description: &Description) -> Part {
    let mut calls = Vec::new();
    for (path, here) in &description.paths {
        let of_tag = here.operations().filter(|(_, operation)| operation.tags.contains(&tag.name));
        calls.extend(of_tag.map(|(method, operation)| call(method, path, operation, description)));
    }
    let always = shared(&calls);
    for call in &mut calls {
        call.replies.all.retain(|reply| !always.contains(reply));
    }
    Part {
        anchor: anchor(&[&tag.name]),
        title: tag.display_name.clone().unwrap_or_else(|| tag.name.clone()),
        about: Text::of(&tag.description),
        calls,
        always: Replies { all: always },
    }
}

/// What all calls may answer, word for word. With one call there is nothing to share.
fn shared(calls: &[Call]) -> Vec<Reply> {
    let [first, others @ ..] = calls else { return Vec::new() };
    if others.is_empty() {
        return Vec::new();
    }
    let is_shared = |reply: &&Reply| others.iter().all(|call| call.replies.all.contains(reply));
    first.replies.all.iter().filter(is_shared).cloned().collect()
}

fn call(method: &'static str, path: &str, operation: &Operation, description: &Description) -> Call {
    Call {
        anchor: anchor(&[method, path]),
        method,
        path: path.to_owned(),
        gist: Text::of(&operation.summary),
        more: Text::of(&operation.description),
        key: key(operation, &description.components.security_schemes),
        parameters: Fields { what: "Parameter", all: operation.parameters.iter().map(parameter).collect() },
        bodies: operation.request_body.iter().flat_map(|body| bodies(body, description)).collect(),
        replies: Replies { all: operation.responses.iter().map(|(status, answer)| reply(status, answer)).collect() },
    }
}

/// What key a call needs, and how it is sent.
fn key(operation: &Operation, schemes: &BTreeMap<String, Scheme>) -> String {
    let needed = operation.security.iter().filter(|needed| !needed.is_empty());
    let ways: BTreeSet<String> =
        needed.flat_map(|needed| needed.keys()).filter_map(|name| schemes.get(name)).map(way).collect();
    if ways.is_empty() {
        return "No key is needed.".to_owned();
    }
    let ways = ways.into_iter().collect::<Vec<_>>().join(" or ");
    let is_optional = operation.security.iter().any(BTreeMap::is_empty);
    if is_optional { format!("A key may be sent: {ways}") } else { format!("Needs a key: {ways}") }
}

fn way(scheme: &Scheme) -> String {
    match scheme {
        Scheme::Http { scheme } if scheme.eq_ignore_ascii_case("bearer") => "Authorization: Bearer KEY".to_owned(),
        Scheme::Http { scheme } => format!("Authorization: {scheme} KEY"),
        Scheme::ApiKey { name } => format!("{name}: KEY"),
    }
}

fn parameter(parameter: &Parameter) -> Field {
    let about = if parameter.description.is_empty() { &parameter.schema.description } else { &parameter.description };
    Field {
        name: parameter.name.clone(),
        place: parameter.place.clone(),
        kind: Kind::of(&parameter.schema),
        is_required: parameter.required,
        about: Text::of(about),
        narrowed: narrowed(&parameter.schema),
    }
}

fn bodies(body: &Body, description: &Description) -> Vec<Sent> {
    let sent = |(media_type, content): (&String, &super::description::Content)| {
        let shape = content.schema.shape().and_then(|name| description.components.schemas.get(name));
        Sent {
            media_type: media_type.clone(),
            kind: Kind::of(&content.schema),
            about: Text::of(&body.description),
            fields: fields(shape.unwrap_or(&content.schema)),
        }
    };
    body.content.iter().map(sent).collect()
}

fn reply(status: &str, answer: &Answer) -> Reply {
    Reply { status: status.to_owned(), about: Text::of(&answer.description), kinds: kinds(&answer.content) }
}

/// What an answer is: its shape, or the media type of what has none.
fn kinds(contents: &Contents) -> Vec<Kind> {
    contents
        .values()
        .filter(|content| content.schema.shape().is_some())
        .map(|content| Kind::of(&content.schema))
        .collect()
}

fn shape(name: &str, schema: &Schema) -> Shape {
    let is_choice = [&schema.one_of, &schema.any_of, &schema.all_of].iter().any(|all| !all.is_empty());
    Shape {
        anchor: shape_anchor(name),
        name: name.to_owned(),
        about: Text::of(&schema.description),
        kind: is_choice.then(|| Kind::of(schema)),
        fields: fields(schema),
    }
}

/// The fields of a shape, those of its parts that have no name of their own among them.
fn fields(schema: &Schema) -> Fields {
    Fields { what: "Field", all: all_fields(schema) }
}

fn all_fields(schema: &Schema) -> Vec<Field> {
    let own = schema.properties.iter().map(|(name, field)| Field {
        name: name.clone(),
        place: String::new(),
        kind: Kind::of(field),
        is_required: schema.required.contains(name),
        about: Text::of(&field.description),
        narrowed: narrowed(field),
    });
    own.chain(schema.all_of.iter().flat_map(all_fields)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reference() -> Reference {
        let answers = json!({
            "200": { "description": "Done", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
            "429": { "description": "`SLOW`: wait" },
        });
        let only_slow = json!({ "429": { "description": "`SLOW`: wait" } });
        let description = json!({
            "tags": [{ "name": "pets", "x-displayName": "Pets", "description": "All of `them`." }, { "name": "none" }],
            "paths": { "/pets/{id}": {
                "get": { "tags": ["pets"], "summary": "Reads <one>.", "responses": answers, "security": [{}, { "key": [] }],
                    "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }] },
                "post": { "tags": ["pets"], "summary": "Writes.", "responses": only_slow, "security": [{ "key": [] }],
                    "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } } },
            } },
            "components": {
                "schemas": { "Pet": { "type": "object", "required": ["name"],
                    "properties": { "name": { "type": "string", "maxLength": 9 } } } },
                "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            },
        });
        Reference::of(&serde_json::from_value(description).unwrap())
    }

    #[test]
    fn what_all_calls_of_a_part_answer_is_said_once() {
        let reference = reference();
        let [part] = &reference.parts[..] else { panic!("one part has calls: {:?}", reference.parts) };
        assert_eq!(part.always.all.iter().map(|reply| reply.status.as_str()).collect::<Vec<_>>(), ["429"]);
        let left = part.calls.iter().map(|call| (call.anchor.as_str(), call.replies.all.len())).collect::<Vec<_>>();
        assert_eq!(left, [("get-pets-id", 1), ("post-pets-id", 0)]);
    }

    #[test]
    fn a_call_is_written_with_its_key_its_parameters_and_its_body() {
        let html = reference().render().unwrap();
        for expected in [
            "<code>/pets/{id}</code>",
            "Reads &#60;one&#62;.",
            "A key may be sent: Authorization: Bearer KEY",
            "Needs a key: Authorization: Bearer KEY",
            "at most 9 characters",
            "id=\"shape-pet\"",
            "href=\"#shape-pet\"",
            "<code>SLOW</code>: wait",
        ] {
            assert!(html.contains(expected), "{expected} in {html}");
        }
    }
}
