//! The description of a surface, completed with what every endpoint may answer.

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, ResponseBuilder,
    path::Operation,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

/// Statuses that edge, or the hub as a whole, can answer anywhere.
const ANYWHERE: [(&str, &str); 6] = [
    ("403", "`FOREIGN_ORIGIN`: a page of this origin may not call"),
    ("408", "`REQUEST_TIMEOUT`: the body did not arrive in time"),
    ("421", "`MISDIRECTED_REQUEST`: the request was meant for another host"),
    ("429", "`RATE_LIMITED`: wait as long as `Retry-After` says"),
    ("500", "`INTERNAL_ERROR`: a fault of the hub"),
    ("503", "`SHUTTING_DOWN`, `STORAGE_FULL`, `STORAGE_UNAVAILABLE`: try again later"),
];

/// Statuses that reading a body can answer.
const WITH_BODY: [(&str, &str); 3] = [
    ("400", "`INVALID_JSON`, `INVALID_BODY`"),
    ("413", "`PAYLOAD_TOO_LARGE`: more than 64 KiB"),
    ("415", "`UNSUPPORTED_MEDIA_TYPE`: not JSON"),
];

/// Adds to every operation what it does not say itself, and how a key is sent.
#[must_use]
pub fn completed(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            complete(operation);
        }
    }
    let components = description.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("key", SecurityScheme::Http(bearer));
    let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    components.add_security_scheme("keyHeader", SecurityScheme::ApiKey(header));
    description
}

fn complete(operation: &mut Operation) {
    add(operation, &ANYWHERE);
    let is_authenticated = operation.security.is_some();
    if let Some(said) = operation.security.take() {
        add(operation, &[("401", "`UNAUTHORIZED`: no valid key")]);
        operation.security = Some(by_either_header(&said));
    }
    if operation.request_body.is_some() || is_authenticated {
        add(operation, &WITH_BODY);
    }
}

/// Each key may come in either header; where none is needed, that stays so.
fn by_either_header(said: &[SecurityRequirement]) -> Vec<SecurityRequirement> {
    let nothing = said.iter().find(|requirement| **requirement == SecurityRequirement::default()).cloned();
    let either = ["key", "keyHeader"].map(|scheme| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []));
    nothing.into_iter().chain(either).collect()
}

fn add(operation: &mut Operation, statuses: &[(&str, &str)]) {
    for (status, why) in statuses {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let response = ResponseBuilder::new().description(*why).content("application/json", problem).build();
        operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn security_of(said: &[SecurityRequirement]) -> serde_json::Value {
        serde_json::to_value(by_either_header(said)).unwrap()
    }

    #[test]
    fn a_key_may_come_in_either_header_and_where_it_is_optional_stays_away() {
        let key = SecurityRequirement::new::<_, [&str; 0], &str>("key", []);
        let either = json!([{ "key": [] }, { "keyHeader": [] }]);
        assert_eq!(security_of(std::slice::from_ref(&key)), either);
        let optional = json!([{}, { "key": [] }, { "keyHeader": [] }]);
        assert_eq!(security_of(&[SecurityRequirement::default(), key]), optional);
    }
}
