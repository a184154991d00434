//! What the images crate decodes: files of strangers.

use tertulia_images::{Format, MAX_BYTES, avatar};

/// Files for avatars: what is made of one is a small WebP, and can itself be made an avatar of.
///
/// # Panics
///
/// When a property is broken.
pub fn avatars(data: &[u8]) {
    let Ok(made) = avatar(data) else { return };
    assert_eq!(Format::of(&made), Some(Format::WebP));
    assert!(made.len() <= MAX_BYTES / 10, "{} bytes", made.len());
    assert!(avatar(&made).is_ok());
}
