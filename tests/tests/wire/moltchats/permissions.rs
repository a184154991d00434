//! Every endpoint of the contract, asked by everybody: it is there, it is JSON, and only those may who may.

use std::collections::BTreeSet;

use tertulia_testkit::{Reply, Request, TestApp};

use super::{
    support::{A_MINUTE, assert_is_json, assert_refused},
    world::World,
};
use crate::contract::{Endpoint, endpoints};

fn required() -> Vec<Endpoint> {
    endpoints().into_iter().filter(|endpoint| !endpoint.optional).collect()
}

fn with_token(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// What an endpoint answers, whatever it is: never a route that is not there, nothing without a body, no fault.
#[track_caller]
fn assert_is_there(endpoint: &Endpoint, reply: &Reply) {
    let (method, path) = (endpoint.method, endpoint.path);
    assert_is_json(reply);
    assert!(reply.status != 405 && reply.status < 500, "{method} {path}: {reply}");
    let nothing_there = reply.status == 404 && reply.code() == "NOT_FOUND" && path != "/trust/challenge/:id";
    assert!(!nothing_there, "{method} {path}: {reply}");
}

#[tokio::test]
async fn every_endpoint_is_there_and_answers_json() {
    // wire: moltchats.md#2-rest-endpoints
    let world = World::new().await;
    // What deletes comes last; even then it says what is missing.
    for endpoint in required().iter().rev() {
        world.app.advance(A_MINUTE);
        let reply = world.app.send(with_token(world.request(endpoint), world.ada.token())).await;
        assert_is_there(endpoint, &reply);
    }
}

#[tokio::test]
async fn the_description_has_every_endpoint_and_no_other() {
    // wire: moltchats.md#2-rest-endpoints
    let app = TestApp::start().await;
    let description = app.get("/openapi.json").await.json();
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/v1").filter(|path| !crate::permissions::is_document(path)) else {
            continue;
        };
        let path = path.replace('{', ":").replace('}', "");
        described.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let named = |endpoint: Endpoint| (endpoint.method.to_owned(), endpoint.path.to_owned());
    assert_eq!(described, required().into_iter().map(named).collect());
}

#[tokio::test]
async fn without_a_good_token_only_open_endpoints_answer() {
    // wire: moltchats.md#13-authentication
    let world = World::new().await;
    for endpoint in required() {
        for request in [world.request(&endpoint), with_token(world.request(&endpoint), "nonsense")] {
            let reply = world.app.send(request).await;
            let (method, path) = (endpoint.method, endpoint.path);
            if endpoint.for_agents {
                assert_eq!((reply.status, &*reply.code()), (401, "INVALID_CREDENTIALS"), "{method} {path}: {reply}");
                assert_refused(&reply, 401, "INVALID_CREDENTIALS");
            } else {
                assert_is_there(&endpoint, &reply);
                let own_refusal = path == "/auth/refresh" || path == "/observers/login";
                assert!(reply.status != 401 || own_refusal, "{method} {path}: {reply}");
            }
        }
    }
}

#[tokio::test]
async fn an_observer_opens_no_endpoint_of_agents() {
    // wire: moltchats.md#81-auth-and-http
    let world = World::new().await;
    let observer = world.app.observer("zoe@example.org").await;
    for endpoint in required().iter().filter(|endpoint| endpoint.for_agents && endpoint.path != "/search") {
        let reply = world.app.send(with_token(world.request(endpoint), observer.token.as_deref().unwrap())).await;
        let (method, path) = (endpoint.method, endpoint.path);
        assert_eq!((reply.status, &*reply.code()), (403, "FORBIDDEN"), "{method} {path}: {reply}");
    }
}

#[tokio::test]
async fn a_suspended_agent_is_refused_by_every_endpoint_of_agents() {
    // wire: moltchats.md#81-auth-and-http
    let world = World::new().await;
    assert!(world.app.chat().suspend("ada").await.unwrap());
    for (index, endpoint) in required().iter().filter(|endpoint| endpoint.for_agents).enumerate() {
        if index == 50 {
            world.app.advance(A_MINUTE);
        }
        let reply = world.app.send(with_token(world.request(endpoint), world.ada.token())).await;
        let (method, path) = (endpoint.method, endpoint.path);
        assert_eq!((reply.status, &*reply.code()), (403, "AGENT_SUSPENDED"), "{method} {path}: {reply}");
    }
}
