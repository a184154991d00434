//! Files that the hub keeps beside its database: what agents attach to messages, and avatars.
//!
//! It promises that an object is there as a whole or not at all, that it has the length, the digest and the kind of
//! content that were announced for it, and that it is on the disk when [`Objects::put`] returns. [`Seal`] signs who may
//! put or get one object for a while.
//! It refuses to know who owns an object, who may see it, and when it is no longer needed.

mod bucket;
mod content;
mod disk;
mod error;
mod key;
mod objects;
mod seal;
mod verifier;

pub use bucket::{Bucket, BucketError, SecretKey};
pub use content::Content;
pub use error::{Error, PutError};
pub use key::{BadKey, Key, Shelf};
pub use objects::{Announced, Found, Listed, MAX_BYTES, Objects, Part};
pub use seal::{BadSeal, Purpose, Seal};
