//! Why there is no picture.

/// Why a file does not become a picture of ours. Closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There are no bytes.
    #[error("there is no picture in an empty body")]
    Empty,
    /// There are more than [`crate::MAX_BYTES`].
    #[error("the file is larger than {} bytes", crate::MAX_BYTES)]
    TooLarge,
    /// It is none of the formats that are read, whatever it was called.
    #[error("the file is none of JPEG, PNG, WebP and GIF")]
    UnsupportedFormat,
    /// It cannot be read: broken, cut off, or of more than [`crate::MAX_PIXELS`].
    #[error("the picture cannot be decoded")]
    DecodeFailed,
    /// A side has less than [`crate::MIN_SIDE`] pixels.
    #[error("a side of the picture has less than {} pixels", crate::MIN_SIDE)]
    TooSmall,
    /// It could be read and not be encoded anew. Nothing that the sender could have done better.
    #[error("the picture could not be processed")]
    ProcessingFailed,
    /// Too many pictures are being made and waiting. Only a [`crate::Studio`] says so.
    #[error("too many pictures at once")]
    Busy,
}
