//! What kind of file a message may carry.

use std::{fmt, str::FromStr};

/// A kind of file that may be attached: nothing that a browser would run, and nothing of which nobody knows what it is.
// wire: agentchat.md#101-upload
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/gif`
    Gif,
    /// `image/webp`
    WebP,
    /// `application/pdf`
    Pdf,
    /// `application/json`
    Json,
    /// `text/plain`
    PlainText,
    /// `text/markdown`
    Markdown,
    /// `text/csv`
    Csv,
    /// `audio/mpeg`
    Mpeg,
    /// `audio/wav`
    Wav,
    /// `audio/ogg`
    Ogg,
    /// `video/mp4`
    Mp4,
    /// `video/webm`
    WebM,
}

/// A text that names none of the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("files of this type are not taken")]
pub struct BadMediaType;

impl MediaType {
    /// Every kind there is.
    pub const ALL: [Self; 14] = [
        Self::Png,
        Self::Jpeg,
        Self::Gif,
        Self::WebP,
        Self::Pdf,
        Self::Json,
        Self::PlainText,
        Self::Markdown,
        Self::Csv,
        Self::Mpeg,
        Self::Wav,
        Self::Ogg,
        Self::Mp4,
        Self::WebM,
    ];

    /// Its registered name, in lower case and without parameters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
            Self::PlainText => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Csv => "text/csv",
            Self::Mpeg => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
            Self::Mp4 => "video/mp4",
            Self::WebM => "video/webm",
        }
    }
}

/// Reads the exact name.
impl FromStr for MediaType {
    type Err = BadMediaType;

    fn from_str(text: &str) -> Result<Self, BadMediaType> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(BadMediaType)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name() {
        for kind in MediaType::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for other in ["", "image/svg+xml", "text/html", "application/octet-stream", "IMAGE/PNG", "image/png; q=1"] {
            assert_eq!(other.parse::<MediaType>(), Err(BadMediaType));
        }
    }
}
