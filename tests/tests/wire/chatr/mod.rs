//! The chatr dialect, sentence by sentence.

mod agents;
mod clock;
mod conventions;
mod credentials;
mod documents;
mod errors;
mod handover;
mod limits;
mod messages;
mod page;
mod presence;
mod quarantine;
mod register;
mod storage;
mod stream;
mod suspension;
mod verification;
mod verification_trouble;
