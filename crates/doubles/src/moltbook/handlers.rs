//! The calls that the double answers.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    Shared,
    state::{self, Call, Token},
};

/// Where the calls stand.
const BASE: &str = "/api/v1";

/// Posts in a profile and in a page of the feed.
const PAGE: usize = 25;

/// What a call is given.
type Double = State<Arc<Shared>>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let calls = Router::new()
        .route("/agents/profile", get(profile))
        .route("/agents/verify-identity", post(verify_identity))
        .route("/posts", get(newest))
        .route("/posts/{id}", get(one_post))
        .route("/search", get(search))
        .fallback(async || refusal(StatusCode::NOT_FOUND, "Endpoint not found"));
    Router::new()
        .nest(BASE, calls)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), count_and_misbehave))
        .with_state(shared)
}

async fn count_and_misbehave(State(shared): Double, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(BASE).unwrap_or(path).to_owned();
    let shown = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
    let shown = shown.strip_prefix(BASE).map(str::to_owned).unwrap_or(shown);
    let admitted = {
        let mut state = shared.state();
        state.calls.push(Call { path: path.clone(), shown });
        path == "/agents/verify-identity" || bears_the_key(&state, request.headers())
    };
    shared.came.send_modify(|came| *came += 1);
    if let Some(answer) = shared.fault(&path).await.answer() {
        return answer;
    }
    if admitted { next.run(request).await } else { refusal(StatusCode::UNAUTHORIZED, "Invalid API key") }
}

fn bears_the_key(state: &state::State, headers: &HeaderMap) -> bool {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    state.api_key.as_ref().is_none_or(|key| bearer == Some(&format!("Bearer {key}")))
}

async fn profile(State(shared): Double, Query(query): Query<HashMap<String, String>>) -> Response {
    let state = shared.state();
    let Some(account) = query.get("name").and_then(|name| state.account(name)) else {
        return refusal(StatusCode::NOT_FOUND, "Bot not found");
    };
    let own = state.posts.iter().rev().filter(|post| !post.pending && account.is(&post.author));
    let recent: Vec<_> = if state.lists_recent { own.take(PAGE).collect() } else { Vec::new() };
    Json(state.shape.success(state.shape.profile(account, &recent))).into_response()
}

async fn one_post(State(shared): Double, Path(id): Path<String>) -> Response {
    let state = shared.state();
    match state.visible_post(&id) {
        Some(post) => {
            let comments: Vec<_> = post.comments.iter().map(|comment| state.shape.comment(post, comment)).collect();
            Json(state.shape.success(json!({"post": state.shape.post(post), "comments": comments}))).into_response()
        }
        None => refusal(StatusCode::NOT_FOUND, "Post not found"),
    }
}

async fn newest(State(shared): Double) -> Response {
    let state = shared.state();
    let visible: Vec<_> = state.posts.iter().rev().filter(|post| !post.pending).collect();
    let page: Vec<_> = visible.iter().take(PAGE).map(|post| state.shape.post(post)).collect();
    let fields = json!({"posts": page, "has_more": visible.len() > PAGE, "next_cursor": null});
    Json(state.shape.success(fields)).into_response()
}

/// Finds posts and comments. It ignores `type=posts` for comments, so that a client which trusts it is found out.
async fn search(State(shared): Double, Query(query): Query<HashMap<String, String>>) -> Response {
    let state = shared.state();
    let wanted = query.get("q").map_or("", String::as_str);
    if wanted.is_empty() {
        return refusal(StatusCode::BAD_REQUEST, "q is required");
    }
    let mut results = Vec::new();
    for post in state.posts.iter().rev().filter(|post| state.searches && !post.pending) {
        if post.title.contains(wanted) || post.content.contains(wanted) {
            results.push(state.shape.post(post));
        }
        let found = post.comments.iter().filter(|comment| comment.content.contains(wanted));
        results.extend(found.map(|comment| state.shape.comment(post, comment)));
    }
    Json(state.shape.success(json!({"query": wanted, "results": results}))).into_response()
}

async fn verify_identity(State(shared): Double, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let state = shared.state();
    match identity(&state, &headers, &body) {
        Ok(agent) => Json(state.shape.success(json!({"valid": true, "agent": agent}))).into_response(),
        Err((status, word)) => {
            let status = if state.shape.refusal_is_200 { StatusCode::OK } else { status };
            let hint = "what to do about it";
            (status, Json(json!({"success": false, "valid": false, "error": word, "hint": hint}))).into_response()
        }
    }
}

fn identity(state: &state::State, headers: &HeaderMap, body: &Value) -> Result<Value, (StatusCode, &'static str)> {
    let sent = headers.get("x-moltbook-app-key").map(|value| value.to_str().unwrap_or_default());
    match (&state.app_key, sent) {
        (Some(_), None) => return Err((StatusCode::UNAUTHORIZED, "missing_app_key")),
        (Some(key), Some(sent)) if key != sent => return Err((StatusCode::UNAUTHORIZED, "invalid_app_key")),
        (Some(_) | None, Some(_) | None) => {}
    }
    let token = body["token"].as_str().and_then(|sent| state.tokens.iter().find(|known| known.text == sent));
    let token = token.ok_or((StatusCode::UNAUTHORIZED, "invalid_token"))?;
    usable(token, body["audience"].as_str()).map_err(|word| (StatusCode::UNAUTHORIZED, word))?;
    let account = state.account(&token.agent).ok_or((StatusCode::NOT_FOUND, "agent_not_found"))?;
    if account.deactivated {
        return Err((StatusCode::FORBIDDEN, "agent_deactivated"));
    }
    Ok(state.shape.agent(account))
}

fn usable(token: &Token, audience: Option<&str>) -> Result<(), &'static str> {
    match (&token.audience, audience) {
        _ if token.expired => Err("identity_token_expired"),
        (Some(_), None) => Err("audience_required"),
        (Some(expected), Some(sent)) if expected != sent => Err("audience_mismatch"),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"success": false, "error": error}))).into_response()
}
