//! Which format a file is in, by its bytes alone, and whether its end is there.
//!
//! Decoders are lenient: they fill what is missing of a photograph with grey. A file that was cut off on its way is
//! refused here, before it is decoded.

use image::ImageFormat;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A photograph.
    Jpeg,
    /// Portable network graphics.
    Png,
    /// Either form of WebP.
    WebP,
    /// Of which the first frame counts.
    Gif,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Format {
    /// The format that begins like `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            bytes if bytes.starts_with(PNG) => Some(Self::Png),
            _ => None,
        }
    }

    /// Whether a file of this format has an end. Of a GIF nobody asks: its first frame is there or does not decode.
    pub(crate) fn is_whole(self, bytes: &[u8]) -> bool {
        match self {
            Self::Jpeg => jpeg_ends(bytes),
            Self::Png => png_ends(bytes),
            Self::WebP => webp_ends(bytes),
            Self::Gif => true,
        }
    }
}

impl From<Format> for ImageFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Jpeg => Self::Jpeg,
            Format::Png => Self::Png,
            Format::WebP => Self::WebP,
            Format::Gif => Self::Gif,
        }
    }
}

/// Walks over the segments of a JPEG (ITU T.81, annex B) and the coded data between them, to the marker of its end.
fn jpeg_ends(bytes: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    let mut rest = bytes;
    loop {
        // What stands before a marker is coded data, in which 0xff is followed by 0 or a restart.
        let Some(at) = rest.windows(2).position(|pair| pair[0] == 0xff && is_marker(pair[1])) else { return false };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match (marker, rest) {
            (END, _) => return true,
            (START, _) => {}
            (_, [high, low, ..]) => {
                let Some(after) = rest.get(usize::from(u16::from_be_bytes([*high, *low]))..) else { return false };
                rest = after;
            }
            _ => return false,
        }
    }
}

/// Whether `0xff` and this begin a segment or the end: not a stuffed byte, a restart, the lone 0x01 or padding.
const fn is_marker(byte: u8) -> bool {
    !matches!(byte, 0x00 | 0x01 | 0xd0..=0xd7 | 0xff)
}

/// Walks over the chunks of a PNG to the last one.
fn png_ends(bytes: &[u8]) -> bool {
    const AROUND: usize = 4 + 4 + 4; // length, name, checksum
    let mut rest = bytes.strip_prefix(PNG).unwrap_or_default();
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, name @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some(after) = rest.get(length.saturating_add(AROUND)..) else { return false };
        if &name == b"IEND" {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a WebP is as long as its head says.
fn webp_ends(bytes: &[u8]) -> bool {
    const BEFORE: usize = 4 + 4; // RIFF, length
    let length = bytes.get(4..).and_then(<[u8]>::first_chunk).map(|length| u32::from_le_bytes(*length));
    length.and_then(|length| usize::try_from(length).ok()).is_some_and(|length| bytes.len() - BEFORE >= length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_format_is_told_by_its_first_bytes() {
        assert_eq!(Format::of(b"\xff\xd8\xff\xe0...."), Some(Format::Jpeg));
        assert_eq!(Format::of(b"\x89PNG\r\n\x1a\n"), Some(Format::Png));
        assert_eq!(Format::of(b"GIF89a"), Some(Format::Gif));
        assert_eq!(Format::of(b"GIF87a"), Some(Format::Gif));
        assert_eq!(Format::of(b"RIFF\0\0\0\0WEBPVP8 "), Some(Format::WebP));
        for other in [
            &b""[..],
            b"GIF88a",
            b"RIFF\0\0\0\0WAVE",
            b"BM....",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"<!doctype html>",
            b"\xff\xd8",
            b"\x89PNG\r\n",
        ] {
            assert_eq!(Format::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_marker_inside_coded_data_or_a_segment_is_no_end() {
        let stuffed = b"\xff\xd8\xff\xda\x00\x02..\xff\x00\xd9..\xff\xd0..";
        assert!(!jpeg_ends(stuffed));
        assert!(jpeg_ends(&[&stuffed[..], b"\xff\xff\xd9"].concat()));
        // The picture inside a picture, in a segment of its own.
        assert!(!jpeg_ends(b"\xff\xd8\xff\xe1\x00\x06\xff\xd8\xff\xd9\xff\xda\x00\x02...."));
    }

    proptest! {
        #[test]
        fn looking_for_the_end_never_fails(bytes: Vec<u8>) {
            for (format, head) in [(Format::Jpeg, &b"\xff\xd8"[..]), (Format::Png, PNG), (Format::WebP, b"RIFF")] {
                let _ = format.is_whole(&[head, &bytes].concat());
                let _ = format.is_whole(&bytes);
            }
        }
    }
}
