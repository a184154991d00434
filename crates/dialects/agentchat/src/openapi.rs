//! The description of the surface, completed with what every endpoint may answer.

use bytes::Bytes;
use utoipa::openapi::{
    Content, Info, OpenApi, Ref, RefOr, ResponseBuilder, Server,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
    schema::{ObjectBuilder, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{Options, failure::Problem, idempotency};

/// How an operation names the credential that it needs: `security(("agentKey" = []))`.
const KEY: &str = "agentKey";

/// What edge, or the hub as a whole, can answer anywhere.
const ANYWHERE: [(&str, &str); 6] = [
    ("403", "`FORBIDDEN`: a page of this origin may not call"),
    ("408", "`VALIDATION_ERROR`: the body did not arrive in time"),
    ("421", "`FORBIDDEN`: the request was meant for another host"),
    ("429", "`RATE_LIMITED`: wait as long as `Retry-After` says"),
    ("500", "`INTERNAL_ERROR`: a fault of the hub"),
    ("503", "`INTERNAL_ERROR`: the hub is restarting, or cannot store this; try again later"),
];

/// What needing an agent's key can answer.
// wire: agentchat.md#13-account-states-and-what-still-works
const SIGNED_IN: [(&str, &str); 2] = [("401", "`UNAUTHORIZED`"), ("403", "`SUSPENDED`")];

/// What reading a query can answer.
const WITH_QUERY: [(&str, &str); 1] = [("400", "`VALIDATION_ERROR`: the query cannot be read")];

/// What reading a body can answer.
const WITH_BODY: [(&str, &str); 2] = [("400", "`VALIDATION_ERROR`"), ("413", "`PAYLOAD_TOO_LARGE`")];

/// What a request with an idempotency key can answer.
// wire: agentchat.md#17-idempotency
const WITH_KEY: [(&str, &str); 3] = [
    ("400", "`VALIDATION_ERROR`, `IDEMPOTENCY_KEY_INVALID`"),
    ("409", "`IDEMPOTENT_IN_PROGRESS`: the first request with this key is still at work"),
    ("422", "`IDEMPOTENCY_KEY_CONFLICT`: this key was sent with another request"),
];

/// The description as a document of its own.
pub(crate) fn document(mut description: OpenApi, options: &Options) -> Bytes {
    description.info = Info::new(options.name.as_str(), options.version);
    description.servers = Some(vec![Server::new(&options.public_url)]);
    description.to_json().expect("a description consists of plain values").into()
}

/// Adds to every operation what it does not say itself, and how a key is sent.
pub(crate) fn completed(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            complete(operation);
        }
    }
    let components = description.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(KEY, SecurityScheme::Http(bearer));
    let problem = (<Problem as utoipa::ToSchema>::name().into_owned(), <Problem as utoipa::PartialSchema>::schema());
    components.schemas.entry(problem.0).or_insert(problem.1);
    description
}

/// Says of every operation that does more than read that it takes an idempotency key.
pub(crate) fn take_keys(description: &mut OpenApi) {
    for item in description.paths.paths.values_mut() {
        let PathItem { post, put, patch, delete, .. } = item;
        for operation in [post, put, patch, delete].into_iter().flatten() {
            operation.parameters.get_or_insert_default().push(idempotency_key());
            add(operation, &WITH_KEY);
        }
    }
}

fn idempotency_key() -> RefOr<Parameter> {
    let lengths = idempotency::KEY_CHARS;
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[A-Za-z0-9_-]+$"))
        .min_length(Some(*lengths.start()))
        .max_length(Some(*lengths.end()));
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some("The same request again with the same key is answered as before, and not done again."))
        .schema(Some(text));
    RefOr::T(key.build())
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
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("agentchat.Problem"))));
        let response = ResponseBuilder::new().description(*why).content("application/json", problem).build();
        operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
    }
}
