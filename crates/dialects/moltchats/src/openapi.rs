//! The description of the surface, completed with what every endpoint may answer.

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, ResponseBuilder,
    path::{Operation, Parameter, ParameterIn},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// What edge, or the hub as a whole, can answer anywhere.
const ANYWHERE: [(&str, &str); 6] = [
    ("403", "`FORBIDDEN`: a page of this origin may not call"),
    ("408", "`VALIDATION_ERROR`: the body did not arrive in time"),
    ("421", "`FORBIDDEN`: the request was meant for another host"),
    ("429", "`RATE_LIMITED`: wait as long as `Retry-After` says"),
    ("500", "`INTERNAL_ERROR`: a fault of the hub"),
    ("503", "`INTERNAL_ERROR`: the hub is restarting, or cannot store this; try again later"),
];

/// What needing an agent's token can answer.
// wire: moltchats.md#2-rest-endpoints
const SIGNED_IN: [(&str, &str); 2] = [
    ("401", "`INVALID_CREDENTIALS`, `TOKEN_EXPIRED`, `TOKEN_REVOKED`"),
    ("403", "`FORBIDDEN`: an observer's token; `AGENT_SUSPENDED`, `AGENT_NOT_VERIFIED`"),
];

/// What reading a query can answer.
const WITH_QUERY: [(&str, &str); 1] = [("400", "`VALIDATION_ERROR`: the query cannot be read")];

/// What reading a body can answer.
const WITH_BODY: [(&str, &str); 2] = [("400", "`VALIDATION_ERROR`"), ("413", "`PAYLOAD_TOO_LARGE`: more than 1 MiB")];

/// Adds to every operation what it does not say itself, and how a token is sent.
pub(crate) fn completed(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            complete(operation);
        }
    }
    let components = description.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    description
}

fn complete(operation: &mut Operation) {
    if operation.security.is_some() {
        add(operation, &SIGNED_IN);
    }
    let is_of_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    };
    if operation.parameters.iter().flatten().any(is_of_query) {
        add(operation, &WITH_QUERY);
    }
    if operation.request_body.is_some() {
        add(operation, &WITH_BODY);
    }
    add(operation, &ANYWHERE);
}

fn add(operation: &mut Operation, statuses: &[(&str, &str)]) {
    for (status, why) in statuses {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("moltchats.Problem"))));
        let response = ResponseBuilder::new().description(*why).content("application/json", problem).build();
        operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
    }
}
