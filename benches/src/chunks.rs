//! The body of a streamed reply without its chunk framing, piece by piece and without copying.

use anyhow::{Result, bail};

/// Where in the chunk framing a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// No chunks: the body ends with the connection.
    Plain,
    /// In a chunk's size line, with the digits read so far.
    Size(usize),
    /// Behind the digits of a size line.
    SizeEnd(usize),
    /// In a chunk, with so many bytes to come.
    Chunk(usize),
    /// Behind a chunk, before the end of its line.
    ChunkEnd,
}

impl Chunks {
    /// Before the first byte of a body.
    pub(crate) fn new(chunked: bool) -> Self {
        if chunked { Self::Size(0) } else { Self::Plain }
    }

    /// Takes the next piece of the body off the front of `bytes`; `None` when they are used up.
    ///
    /// # Errors
    ///
    /// A chunk's size is not a hexadecimal number.
    pub(crate) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
        loop {
            match *self {
                Self::Plain if bytes.is_empty() => return Ok(None),
                Self::Plain => return Ok(Some(take(bytes, bytes.len()))),
                Self::Chunk(0) => *self = Self::ChunkEnd,
                Self::Chunk(_) if bytes.is_empty() => return Ok(None),
                Self::Chunk(left) => {
                    let piece = take(bytes, left.min(bytes.len()));
                    *self = Self::Chunk(left - piece.len());
                    return Ok(Some(piece));
                }
                Self::Size(_) | Self::SizeEnd(_) | Self::ChunkEnd => {
                    let Some((&byte, rest)) = bytes.split_first() else { return Ok(None) };
                    *bytes = rest;
                    *self = self.after(byte)?;
                }
            }
        }
    }

    /// The state after one byte of framing.
    fn after(self, byte: u8) -> Result<Self> {
        Ok(match (self, byte) {
            (Self::ChunkEnd, b'\n') => Self::Size(0),
            (Self::Size(size) | Self::SizeEnd(size), b'\n') => Self::Chunk(size),
            (Self::Size(size), b'\r' | b';' | b' ') => Self::SizeEnd(size),
            (Self::Size(size), _) => match char::from(byte).to_digit(16) {
                Some(digit) => Self::Size(size << 4 | usize::try_from(digit)?),
                None => bail!("a chunk's size contains byte {byte}"),
            },
            (other, _) => other,
        })
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (piece, rest) = bytes.split_at(count);
    *bytes = rest;
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_same_however_it_arrives() {
        let wire = b"5\r\nhello\r\n10;x=y\r\n, world and more\r\n1\r\n!\r\n";
        for step in 1..=wire.len() {
            let mut chunks = Chunks::new(true);
            let mut body = Vec::new();
            for mut bytes in wire.chunks(step) {
                while let Some(piece) = chunks.next(&mut bytes).unwrap() {
                    body.extend_from_slice(piece);
                }
            }
            assert_eq!(body, b"hello, world and more!", "in steps of {step}");
        }
    }

    #[test]
    fn a_size_that_is_no_number_is_an_error() {
        assert!(Chunks::new(true).next(&mut &b"hello"[..]).is_err());
    }

    #[test]
    fn without_chunks_the_bytes_are_the_body() {
        assert_eq!(Chunks::new(false).next(&mut &b"hello"[..]).unwrap(), Some(&b"hello"[..]));
    }
}
