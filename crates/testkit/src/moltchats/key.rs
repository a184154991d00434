//! RSA keys as agents have them, made and used by an engine that is not the hub's.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    BigUint, RsaPrivateKey, RsaPublicKey,
    pkcs1::{EncodeRsaPublicKey, LineEnding},
    pkcs1v15,
    pkcs8::{EncodePrivateKey, EncodePublicKey},
    pss,
    rand_core::OsRng,
    signature::{RandomizedSigner, SignatureEncoding, Signer},
};
use serde_json::{Value, json};
use sha2::Sha256;

/// The key of all agents of one process, since making one takes long and nothing asks that keys differ.
static SHARED: LazyLock<MoltKey> = LazyLock::new(|| MoltKey::generate(2_048));

/// A key pair.
#[derive(Clone, Debug)]
pub struct MoltKey {
    key: RsaPrivateKey,
}

impl MoltKey {
    /// The one that agents have unless a test says otherwise: 2048 bits.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A fresh one.
    ///
    /// # Panics
    ///
    /// If there is none of so many bits.
    #[must_use]
    pub fn generate(bits: usize) -> Self {
        Self { key: RsaPrivateKey::new(&mut OsRng, bits).expect("a key of so many bits") }
    }

    /// A public key of so many bits to which nobody has the private half.
    ///
    /// # Panics
    ///
    /// Never: every key can be written.
    #[must_use]
    pub fn public_pem_of(bits: usize) -> String {
        let modulus = (BigUint::from(1_u8) << (bits - 1)) + BigUint::from(0xdead_beef_u32);
        let key = RsaPublicKey::new_with_max_size(modulus, BigUint::from(65_537_u32), bits);
        key.expect("a public key").to_public_key_pem(LineEnding::LF).expect("a key can be written")
    }

    /// The public half, `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Panics
    ///
    /// Never: every key can be written.
    #[must_use]
    pub fn public_pem(&self) -> String {
        self.public().to_public_key_pem(LineEnding::LF).expect("a key can be written")
    }

    /// The public half, `-----BEGIN RSA PUBLIC KEY-----`.
    ///
    /// # Panics
    ///
    /// Never: every key can be written.
    #[must_use]
    pub fn public_pkcs1_pem(&self) -> String {
        self.public().to_pkcs1_pem(LineEnding::LF).expect("a key can be written")
    }

    /// The private half, `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Panics
    ///
    /// Never: every key can be written.
    #[must_use]
    pub fn private_pem(&self) -> String {
        self.key.to_pkcs8_pem(LineEnding::LF).expect("a key can be written").to_string()
    }

    /// Signs as the contract wants it, in standard base64.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        let signer = pkcs1v15::SigningKey::<Sha256>::new(self.key.clone());
        STANDARD.encode(signer.sign(message).to_bytes())
    }

    /// Signs with the other padding, PSS.
    #[must_use]
    pub fn sign_pss(&self, message: &[u8]) -> String {
        let signer = pss::SigningKey::<Sha256>::new(self.key.clone());
        STANDARD.encode(signer.sign_with_rng(&mut OsRng, message).to_bytes())
    }

    /// What an agent answers to its challenge.
    #[must_use]
    pub fn answer(&self, agent: &str, challenge: &str) -> Value {
        json!({ "agentId": agent, "signedChallenge": self.sign(challenge.as_bytes()) })
    }

    fn public(&self) -> RsaPublicKey {
        self.key.to_public_key()
    }
}
