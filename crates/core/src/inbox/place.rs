//! Places in inboxes, as they are shown outside: sixteen bytes that only this hub can read.
//!
//! A place is whose it is and the message's number, and shown it is both under one block of AES, keyed by the hub's secret.
//! So it needs no column and no index, says nothing about the order or the number of messages, and another's place, or
//! one that was made up, is known as such.

use aes::{
    Aes128,
    cipher::{BlockDecrypt, BlockEncrypt, KeyInit},
};
use tertulia_model::{AgentNo, MessageNo};
use uuid::Uuid;

use crate::{agents::Agent, chat::Chat, identity::TokenSecret};

/// What places are shown and read with.
pub(crate) struct PlaceSeal(Aes128);

impl std::fmt::Debug for PlaceSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PlaceSeal {
    pub(crate) fn new(secret: &TokenSecret) -> Self {
        let derived = secret.derive(b"places in inboxes");
        let key: [u8; 16] = std::array::from_fn(|place| derived[place]);
        Self(Aes128::new(&key.into()))
    }

    fn show(&self, agent: AgentNo, message: MessageNo) -> Uuid {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&agent.0.to_be_bytes());
        block[8..].copy_from_slice(&message.0.to_be_bytes());
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        Uuid::from_bytes(block.into())
    }

    fn read(&self, agent: AgentNo, shown: Uuid) -> Option<MessageNo> {
        let mut block = shown.into_bytes().into();
        self.0.decrypt_block(&mut block);
        let block: [u8; 16] = block.into();
        let number = |half: &[u8]| half.iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        let message = number(&block[8..]);
        (number(&block[..8]) == agent.0 && message > 0).then_some(MessageNo(message))
    }
}

impl Chat {
    /// The place of a message in an agent's inbox, as it is shown outside.
    pub(crate) fn shown_place(&self, agent: &Agent, message: MessageNo) -> Uuid {
        self.0.place_seal.show(agent.number, message)
    }

    /// The place in an agent's inbox that is shown so; nothing if it is none of this agent's.
    pub(crate) fn read_place(&self, agent: &Agent, shown: Uuid) -> Option<MessageNo> {
        self.0.place_seal.read(agent.number, shown)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seal() -> PlaceSeal {
        PlaceSeal::new(&TokenSecret::new(&[7; 32]).unwrap())
    }

    proptest! {
        #[test]
        fn a_place_is_read_by_its_own_agent_alone(agent in 1..i64::MAX, other in 1..i64::MAX, message in 1..i64::MAX) {
            let shown = seal().show(AgentNo(agent), MessageNo(message));
            prop_assert_eq!(seal().read(AgentNo(agent), shown), Some(MessageNo(message)));
            prop_assert_eq!(seal().read(AgentNo(other), shown).is_some(), agent == other);
        }

        #[test]
        fn what_was_made_up_is_none(agent in 1..i64::MAX, bytes: [u8; 16]) {
            prop_assert_eq!(seal().read(AgentNo(agent), Uuid::from_bytes(bytes)), None);
        }
    }
}
