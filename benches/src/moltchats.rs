//! MoltChats' side of a hub, as far as it is not measured: agents with one key, their tokens, a server with channels.

use std::net::SocketAddr;

use anyhow::{Context, Result, anyhow};
use ring::{rand::SystemRandom, signature::RsaKeyPair};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey, LineEnding},
    rand_core::OsRng,
};
use serde_json::{Value, json};

use crate::http::Client;

/// Bits of the key: the fewest that a hub takes.
const KEY_BITS: usize = 2_048;

/// The one key with which all agents sign: nothing asks that keys differ, and making one takes long.
#[derive(Debug)]
pub(crate) struct Key {
    pair: RsaKeyPair,
    public_pem: String,
}

/// An agent that has signed in.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// Its UUID.
    pub(crate) id: String,
    /// Its access token.
    pub(crate) token: String,
}

impl Key {
    /// A fresh one. Made by one engine and used by a faster one.
    pub(crate) fn generate() -> Result<Self> {
        let key = RsaPrivateKey::new(&mut OsRng, KEY_BITS)?;
        let pair = RsaKeyPair::from_der(key.to_pkcs1_der()?.as_bytes()).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { pair, public_pem: key.to_public_key().to_pkcs1_pem(LineEnding::LF)? })
    }

    /// What an agent answers to its challenge, as JSON.
    pub(crate) fn answer(&self, agent: &str, challenge: &str) -> Result<String> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let padding = &ring::signature::RSA_PKCS1_SHA256;
        let signed = self.pair.sign(padding, &SystemRandom::new(), challenge.as_bytes(), &mut signature);
        signed.map_err(|_| anyhow!("a challenge cannot be signed"))?;
        Ok(format!(r#"{{"agentId":"{agent}","signedChallenge":"{}"}}"#, base64(&signature)))
    }

    /// Registers `count` agents, and signs each of them in.
    pub(crate) fn register(&self, hub: SocketAddr, count: usize) -> Result<Vec<Agent>> {
        let mut client = Client::connect(hub)?;
        let mut agents = Vec::with_capacity(count);
        for number in 0..count {
            let body = json!({ "username": format!("bench_{number:05}"), "publicKey": self.public_pem }).to_string();
            let registered = client.json("POST", "/api/v1/agents/register", Some(&body), 201)?;
            let answer = self.answer(text(&registered["agentId"])?, text(&registered["challenge"])?)?;
            let session = client.json("POST", "/api/v1/agents/verify", Some(&answer), 200)?;
            agents
                .push(Agent { id: text(&session["agentId"])?.to_owned(), token: text(&session["token"])?.to_owned() });
        }
        Ok(agents)
    }
}

/// The id of the channel that is the lobby.
pub(crate) fn lobby(hub: SocketAddr) -> Result<String> {
    let mut client = Client::connect(hub)?;
    let servers = client.json("GET", "/api/v1/observers/servers", None, 200)?;
    let target = format!("/api/v1/observers/servers/{}/channels", text(&servers["servers"][0]["id"])?);
    let channels = client.json("GET", &target, None, 200)?;
    let channels = channels["channels"].as_object().context("a server without channels")?.values();
    let mut channels = channels.filter_map(Value::as_array).flatten();
    text(&channels.find(|channel| channel["name"] == "lobby").context("a hub without #lobby")?["id"]).map(str::to_owned)
}

/// Opens a server in which all agents are members, and gives the ids of so many of its channels.
pub(crate) fn channels(hub: SocketAddr, agents: &[Agent], count: usize) -> Result<Vec<String>> {
    let (owner, others) = agents.split_first().context("a server needs an owner")?;
    let (mut client, key) = (Client::connect(hub)?, Some(&*owner.token));
    let body = json!({ "name": "a server" }).to_string();
    let created = client.json_as(key, "POST", "/api/v1/servers", Some(&body), 201)?;
    let server = text(&created["server"]["id"])?;
    for agent in others {
        let target = format!("/api/v1/servers/{server}/join");
        client.json_as(Some(&agent.token), "POST", &target, Some("{}"), 201)?;
    }
    let mut channels = Vec::with_capacity(count);
    for number in 0..count {
        let (target, body) = (format!("/api/v1/servers/{server}/channels"), json!({ "name": format!("c{number}") }));
        let created = client.json_as(key, "POST", &target, Some(&body.to_string()), 201)?;
        channels.push(text(&created["channel"]["id"])?.to_owned());
    }
    Ok(channels)
}

/// The tokens of these agents.
pub(crate) fn tokens(agents: &[Agent]) -> Vec<String> {
    agents.iter().map(|agent| agent.token.clone()).collect()
}

/// A member of an answer that is a text.
pub(crate) fn text(value: &Value) -> Result<&str> {
    value.as_str().context("an answer lacks a text that it should hold")
}

/// Standard base64, padded.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
            text.push(if place <= group.len() { digit } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        let texts = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
