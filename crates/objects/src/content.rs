//! Whether bytes are of the kind that was announced.
//!
//! Formats that begin with a signature must begin with it. Texts must not contain NUL, which says "not a text" in every
//! encoding that files are exchanged in but UTF-16; they need not be UTF-8, since tables of spreadsheets often are not.
//! That HTML may call itself a plain text is not prevented here: objects are served with the announced type, not to be
//! guessed, not to be shown and not to be run.

use tertulia_model::MediaType;

/// How the content of an object is looked at while it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It has to begin, or to be, like this kind of file.
    Of(MediaType),
    /// Made by the hub itself: not looked at.
    Ours,
}

/// Bytes of an object's beginning that tell its kind, if it has a signature.
pub(crate) const TELLING: usize = 12;

impl Content {
    /// Whether an object that begins with these bytes, the first [`TELLING`] unless it is shorter, is of this kind.
    pub(crate) fn may_begin(self, head: &[u8]) -> bool {
        match self {
            Self::Ours => true,
            Self::Of(kind) => has_signature(kind, head),
        }
    }

    /// Whether an object of this kind may contain these bytes.
    pub(crate) fn may_contain(self, bytes: &[u8]) -> bool {
        let is_text =
            matches!(self, Self::Of(MediaType::Json | MediaType::PlainText | MediaType::Markdown | MediaType::Csv));
        !is_text || !bytes.contains(&0)
    }
}

fn has_signature(kind: MediaType, head: &[u8]) -> bool {
    let at = |place: usize, signature: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(signature));
    match kind {
        MediaType::Png => at(0, b"\x89PNG\r\n\x1a\n"),
        MediaType::Jpeg => at(0, b"\xff\xd8\xff"),
        MediaType::Gif => at(0, b"GIF87a") || at(0, b"GIF89a"),
        MediaType::WebP => at(0, b"RIFF") && at(8, b"WEBP"),
        MediaType::Pdf => at(0, b"%PDF-"),
        // A tag, or the synchronisation of a frame whose layer is not the reserved one.
        MediaType::Mpeg => at(0, b"ID3") || matches!(head, [0xff, next, ..] if next & 0xe0 == 0xe0 && next & 0x06 != 0),
        MediaType::Wav => at(0, b"RIFF") && at(8, b"WAVE"),
        MediaType::Ogg => at(0, b"OggS"),
        MediaType::Mp4 => at(4, b"ftyp"),
        MediaType::WebM => at(0, b"\x1a\x45\xdf\xa3"),
        MediaType::Json | MediaType::PlainText | MediaType::Markdown | MediaType::Csv => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &[u8] = b"<!doctype html><script>alert(1)</script>";

    /// The beginning of a file of each kind that has a signature.
    const HEADS: [(MediaType, &[u8]); 10] = [
        (MediaType::Png, b"\x89PNG\r\n\x1a\n\0\0\0\x0d"),
        (MediaType::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"),
        (MediaType::Gif, b"GIF89a\x01\0\x01\0\0\0"),
        (MediaType::WebP, b"RIFF\x24\0\0\0WEBP"),
        (MediaType::Pdf, b"%PDF-1.7\n%\xe2\xe3"),
        (MediaType::Mpeg, b"ID3\x04\0\0\0\0\0\0\0\0"),
        (MediaType::Wav, b"RIFF\x24\0\0\0WAVE"),
        (MediaType::Ogg, b"OggS\0\x02\0\0\0\0\0\0"),
        (MediaType::Mp4, b"\0\0\0\x20ftypisom"),
        (MediaType::WebM, b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81"),
    ];

    #[test]
    fn a_signature_tells_its_kind_and_no_other() {
        for (kind, head) in HEADS {
            assert_eq!(head.len(), TELLING);
            for (other, _) in HEADS {
                assert_eq!(Content::Of(other).may_begin(head), other == kind, "{other} {head:?}");
            }
        }
        assert!(Content::Of(MediaType::Mpeg).may_begin(b"\xff\xfb\x90\x64"));
        assert!(!Content::Of(MediaType::Mpeg).may_begin(b"\xff\xd8\xff\xe0"));
    }

    #[test]
    fn a_page_is_nothing_but_a_text() {
        for (kind, _) in HEADS {
            assert!(!Content::Of(kind).may_begin(PAGE), "{kind}");
            assert!(!Content::Of(kind).may_begin(b""), "{kind}");
        }
        assert!(Content::Of(MediaType::PlainText).may_begin(PAGE));
    }

    #[test]
    fn a_text_has_no_nul() {
        for kind in [MediaType::PlainText, MediaType::Markdown, MediaType::Csv, MediaType::Json] {
            assert!(Content::Of(kind).may_contain("caf\u{e9}".as_bytes()));
            assert!(Content::Of(kind).may_contain(b"caf\xe9"));
            assert!(!Content::Of(kind).may_contain(b"MZ\x90\0\x03"));
        }
        assert!(Content::Of(MediaType::Png).may_contain(&[0]));
    }
}
