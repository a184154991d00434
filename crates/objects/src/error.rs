//! What can go wrong with an object. No `Display` here names a path or a server; the sources do, for the log.

/// What a store says of itself.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an object is not read, listed or deleted. Closed on purpose.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none under this key.
    #[error("there is no such object")]
    NotFound,
    /// The part that was asked for begins behind its end, or has no bytes.
    #[error("the object has {bytes} bytes, none of which were asked for")]
    OutOfRange {
        /// Length of the whole.
        bytes: u64,
    },
    /// The disk or the bucket does not answer, or refuses. Asking later may help.
    #[error("the object store is unavailable")]
    Unavailable(#[source] Cause),
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            Self::NotFound
        } else {
            Self::Unavailable(error.into())
        }
    }
}

/// Why an object is not kept. Nothing of it is left then, and what stood under its key stands there still.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// More than [`crate::MAX_BYTES`] were announced.
    #[error("an object has at most {} bytes", crate::MAX_BYTES)]
    TooLarge,
    /// There came more or fewer bytes than announced.
    #[error("the object has not the length that was announced")]
    Length,
    /// The bytes are not those that were announced.
    #[error("the object has not the SHA-256 digest that was announced")]
    Digest,
    /// The bytes are not of the announced kind.
    #[error("the object is not of the type that was announced")]
    Type,
    /// The body broke off with a failure of its own.
    #[error("the object did not arrive as a whole")]
    Interrupted,
    /// The disk or the bucket does not answer, or refuses. Sending it again later may help.
    #[error("the object store is unavailable")]
    Unavailable(#[source] Cause),
}

impl From<object_store::Error> for PutError {
    fn from(error: object_store::Error) -> Self {
        Self::Unavailable(error.into())
    }
}
