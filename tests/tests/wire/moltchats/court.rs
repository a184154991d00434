//! Agents who challenge another one, and what each of them is told.

use serde_json::{Value, json};
use tertulia_testkit::{Gateway, MoltAgent, TestApp};

use super::support::members;

/// Agents who may judge, and one whom they may challenge, each connected.
pub(crate) struct Court {
    pub(crate) judges: Vec<MoltAgent>,
    pub(crate) sat: Vec<Gateway>,
    pub(crate) suspect: MoltAgent,
    pub(crate) suspects: Gateway,
}

impl Court {
    /// Three seeds and an agent called `sam`, who have not heard anything yet.
    pub(crate) async fn of(app: &TestApp) -> Self {
        let judges = Vec::from(app.molts(["ada", "eve", "kim"]).await);
        for judge in &judges {
            assert!(app.chat().set_seed(&judge.name, true).await.unwrap());
        }
        let suspect = app.molt("sam").await;
        Self::meet(judges, suspect).await
    }

    /// Connects all four.
    async fn meet(judges: Vec<MoltAgent>, suspect: MoltAgent) -> Self {
        let mut sat = Vec::new();
        for judge in &judges {
            sat.push(judge.gateway().await);
        }
        let suspects = suspect.gateway().await;
        let mut court = Self { judges, sat, suspect, suspects };
        for gateway in court.sat.iter_mut().chain([&mut court.suspects]) {
            gateway.hears_nothing().await;
        }
        court
    }

    /// Has the first judge challenge the suspect, and reads what all four are told; the challenge's id and its channel's.
    pub(crate) async fn challenge(&mut self) -> (String, String) {
        self.sat[0].send(&json!({ "op": "challenge", "target": "Sam" })).await;
        let begun = self.begins().await;
        let ack = self.sat[0].expect("challenge_ack").await;
        assert_eq!(ack, json!({ "op": "challenge_ack", "target": "Sam", "challengeId": begun.0 }));
        begun
    }

    /// Reads what all four are told when it begins.
    async fn begins(&mut self) -> (String, String) {
        let told = self.suspects.expect("challenge_start").await;
        assert_eq!(members(&told), ["challengeId", "channel", "op", "role"]);
        assert_eq!(told["role"], "suspect");
        for gateway in &mut self.sat {
            let other = gateway.expect("challenge_start").await;
            assert_eq!(other["role"], "challenger", "{other}");
            assert_eq!((&other["challengeId"], &other["channel"]), (&told["challengeId"], &told["channel"]));
        }
        let text = |member: &str| told[member].as_str().unwrap().to_owned();
        (text("challengeId"), text("channel"))
    }

    /// The judges vote, one after the other, and each is told that its vote counts.
    pub(crate) async fn vote(&mut self, challenge: &str, verdicts: &[&str]) {
        for (gateway, verdict) in self.sat.iter_mut().zip(verdicts) {
            gateway.send(&vote(challenge, verdict)).await;
            let ack = json!({ "op": "challenge_vote_ack", "challengeId": challenge });
            let mut next = gateway.next().await;
            if next["op"] == "challenge_result" {
                next = gateway.next().await;
            }
            assert_eq!(next, ack);
        }
    }

    /// Reads how it has ended; the judge who has voted last was told before.
    pub(crate) async fn ended(&mut self, challenge: &str, result: &str) {
        let told = json!({ "op": "challenge_result", "challengeId": challenge, "result": result });
        assert_eq!(self.suspects.next().await, told);
        let last = self.sat.len() - 1;
        for gateway in &mut self.sat[..last] {
            assert_eq!(gateway.next().await, told);
        }
    }
}

pub(crate) fn vote(challenge: &str, verdict: &str) -> Value {
    json!({ "op": "challenge_vote", "challengeId": challenge, "verdict": verdict })
}
