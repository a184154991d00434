//! What the core reads: bookmarks and limits.

use tertulia_core::{Bookmark, Limit};

/// Bookmarks: whatever is read prints as the same text, byte for byte.
///
/// # Panics
///
/// When a property is broken.
pub fn bookmarks(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(bookmark) = text.parse::<Bookmark>() {
        assert_eq!(bookmark.to_string(), text);
    }
}

/// Limits: what is read is within bounds, and prints as something that reads as the same.
///
/// # Panics
///
/// When a property is broken.
pub fn limits(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(limit) = text.parse::<Limit>() else { return };
    if let Limit::Rate { per, .. } = limit {
        assert!(!per.is_zero() && per <= Limit::LONGEST_WINDOW);
    }
    assert_eq!(limit.to_string().parse(), Ok(limit));
}
