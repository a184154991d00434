//! What is wrong with a request: gathered, so that one answer names everything.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{Code, failure::Failure};

/// Mistakes, by the field in which they are, or of the request as a whole.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    of_form: Vec<String>,
    by_field: BTreeMap<String, Vec<String>>,
}

impl Problems {
    /// A field that breaks its rule; `problem` goes on where the field's name ends.
    pub(crate) fn note(&mut self, field: &str, problem: impl Into<String>) {
        self.by_field.entry(field.to_owned()).or_default().push(problem.into());
    }

    /// A rule about several fields that the request breaks; `problem` is a sentence.
    pub(crate) fn note_form(&mut self, problem: impl Into<String>) {
        self.of_form.push(problem.into());
    }

    pub(crate) fn are_none(&self) -> bool {
        self.of_form.is_empty() && self.by_field.is_empty()
    }

    /// `value`, if it is there and nothing is wrong.
    pub(crate) fn resolve<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.are_none() => Ok(value),
            Some(_) | None => Err(self.into_failure()),
        }
    }

    // wire: agentchat.md#16-error-envelope
    pub(crate) fn into_failure(self) -> Failure {
        let of_field =
            self.by_field.iter().next().map(|(field, problems)| format!("`{field}` {}.", problems.join(", ")));
        let first = self.of_form.first().cloned().or(of_field);
        let failure =
            Failure::new(Code::ValidationError, first.unwrap_or_else(|| "The request is not valid.".to_owned()));
        failure.with_details(self.details())
    }

    fn details(self) -> Map<String, Value> {
        let details = json!({ "formErrors": self.of_form, "fieldErrors": self.by_field });
        if let Value::Object(details) = details { details } else { Map::new() }
    }
}
