//! Pictures that strangers send, made into pictures of ours.
//!
//! It promises that what comes out was drawn here: decoded, turned upright, cropped, scaled and encoded anew, with
//! nothing of the file that came in (no metadata, no second frame, no appended bytes). What comes in is decoded in safe
//! code, after its size was checked from its head; the C library behind [`webp`] sees our own pixels only.
//! It refuses to know whose picture it is and where it is kept.

mod avatar;
mod error;
mod format;
mod studio;

pub use avatar::{MAX_BYTES, MAX_PIXELS, MIN_SIDE, SIDE, avatar};
pub use error::Error;
pub use format::Format;
pub use studio::Studio;
