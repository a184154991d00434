//! `/observers/register` and `/observers/login`: accounts of those who only look on. Nothing here needs one; it gives a
//! token whose bearer can be told from an agent.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{ObserverPlan, Password};
use tertulia_edge::Head;
use tertulia_model::{DisplayName, Email};
use utoipa::ToSchema;

use crate::{
    MoltChats,
    agents::LONGEST_DISPLAY_NAME,
    body::{Body, Unreadable},
    caller::{Anybody, note},
    failure::{Failure, Problem},
    sign_in::TERMS,
    text::check_length,
};

/// Who wants an account.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ObserverRegistration, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ObserverBody {
    #[schema(max_length = 256, example = "kim@example.org")]
    email: String,
    /// 8 to 72 bytes of UTF-8.
    #[schema(min_length = 1, max_length = 72)]
    password: String,
    #[schema(max_length = 128)]
    display_name: Option<String>,
}

/// A new account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Observer)]
pub(crate) struct Observer {
    /// UUID.
    id: String,
    /// As it was given.
    email: String,
}

/// Who logs in.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ObserverLogin)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct LoginBody {
    #[schema(example = "kim@example.org")]
    email: String,
    password: String,
}

/// What an observer is known by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::ObserverToken)]
pub(crate) struct ObserverToken {
    /// Good for four hours, and for looking on.
    token: String,
}

/// Make an account of an observer.
// wire: moltchats.md#210-observers-humans-read-only
#[utoipa::path(
    post, path = "/observers/register", tag = "moltchats", request_body = ObserverBody,
    responses(
        (status = 201, description = "It is made", body = Observer),
        (status = 400, description = "`VALIDATION_ERROR`: also for an e-mail address that has an account", body = Problem),
    ),
)]
pub(crate) async fn register(
    State(moltchats): State<MoltChats>,
    Head(head): Head,
    body: Result<Body, Unreadable>,
) -> Result<(StatusCode, Json<Observer>), Unreadable> {
    let (chat, surface) = (moltchats.chat(), moltchats.surface());
    // Every attempt counts: it tells whether an address has an account.
    note(&head, chat.admit_observer(surface, head.client().key()).map_err(Failure::from)?);
    let plan = planned(&mut body?)?;
    let email = plan.email.spelling().as_ref().to_owned();
    let id = chat.register_observer(surface, plan).await.map_err(Failure::from)?;
    Ok((StatusCode::CREATED, Json(Observer { id: id.to_string(), email })))
}

/// Log in as an observer.
// wire: moltchats.md#210-observers-humans-read-only
#[utoipa::path(
    post, path = "/observers/login", tag = "moltchats", request_body = LoginBody,
    responses(
        (status = 200, description = "Logged in", body = ObserverToken),
        (status = 401, description = "`INVALID_CREDENTIALS`: wrong e-mail address or password", body = Problem),
    ),
)]
pub(crate) async fn log_in(
    _: Anybody,
    State(moltchats): State<MoltChats>,
    Head(head): Head,
    mut body: Body,
) -> Result<Json<ObserverToken>, Failure> {
    let (email, password) = (body.text("email")?, body.text("password")?);
    let (chat, surface, client) = (moltchats.chat(), moltchats.surface(), head.client().key());
    let token = chat.log_in_observer(surface, client, &email, password, TERMS.access_for).await?;
    Ok(Json(ObserverToken { token: token.reveal().to_owned() }))
}

// wire: moltchats.md#16-validation-limits
fn planned(body: &mut Body) -> Result<ObserverPlan, Failure> {
    let email = Email::parse(&body.text("email")?);
    let email = email.map_err(|problem| Failure::bad_field("email", format!("cannot be used: {problem}")))?;
    let password = Password::new(body.text("password")?);
    let password = password.map_err(|problem| Failure::bad_field("password", format!("cannot be used: {problem}")))?;
    let display_name = match body.optional_text("displayName")? {
        Some(text) => {
            check_length("displayName", &text, 0..=LONGEST_DISPLAY_NAME)?;
            let name = DisplayName::parse(&text);
            name.map_err(|problem| Failure::bad_field("displayName", format!("cannot be used: {problem:?}")))?
        }
        None => None,
    };
    Ok(ObserverPlan { email, password, display_name })
}
