//! The way of a file to an avatar.
//!
//! A stranger decides what is decoded here, so every step has a bound that is known before it starts: the length of
//! the file, the pixels that its head announces, and what its decoder may allocate.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageReader, Limits, RgbaImage,
    imageops::{self, FilterType},
    metadata::Orientation,
};

use crate::{Error, Format};

// wire: agentchat.md#104-avatar-pipeline

/// Longest file, in bytes.
pub const MAX_BYTES: usize = 5 << 20;

/// Most pixels of a picture that is decoded.
pub const MAX_PIXELS: u64 = 24 << 20;

/// Least pixels of a side.
pub const MIN_SIDE: u32 = 128;

/// Pixels of a side of what comes out.
pub const SIDE: u32 = 512;

/// Quality of what is not kept exactly, of 100.
const QUALITY: f32 = 85.0;

/// Most bytes of a decoded picture, and of what its decoder allocates besides: all of [`MAX_PIXELS`] with four bytes
/// each and some room. Of a picture with 16 bits a colour, half as many pixels fit.
const MAX_DECODED: u64 = 128 << 20;

/// Makes an avatar of a file: a WebP of [`SIDE`] × [`SIDE`] pixels, the centre of the first frame, upright.
///
/// The same file gives the same bytes. Blocking, up to about a second, and up to about 250 MiB of memory for the
/// largest of pictures: a [`crate::Studio`] bounds how many are made at once.
///
/// # Errors
///
/// The first rule that the file breaks, in the order of [`Error`]'s variants.
pub fn avatar(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let format = check(bytes)?;
    let (picture, orientation) = decode(bytes, format)?;
    if picture.width().min(picture.height()) < MIN_SIDE {
        return Err(Error::TooSmall);
    }
    let square = scaled(centre(picture));
    let mut upright = DynamicImage::ImageRgba8(square);
    upright.apply_orientation(orientation);
    encode(&upright.into_rgba8())
}

/// What can be said without decoding anything.
pub(crate) fn check(bytes: &[u8]) -> Result<Format, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    Format::of(bytes).ok_or(Error::UnsupportedFormat)
}

fn decode(bytes: &[u8], format: Format) -> Result<(DynamicImage, Orientation), Error> {
    if !format.is_whole(bytes) {
        return Err(Error::DecodeFailed);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.into());
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|_| Error::DecodeFailed)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED {
        return Err(Error::DecodeFailed);
    }
    // A picture whose metadata nobody understands stands as it is.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| Error::DecodeFailed)?;
    Ok((picture, orientation))
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED);
    limits
}

/// The largest square around the centre. Turning it later gives the same as turning the whole picture before.
fn centre(picture: DynamicImage) -> RgbaImage {
    let (width, height) = (picture.width(), picture.height());
    if width == height {
        return picture.into_rgba8();
    }
    let side = width.min(height);
    imageops::crop_imm(&picture, (width - side) / 2, (height - side) / 2, side, side).to_image()
}

/// In the size of an avatar. Colours are weighted by how much one sees of them, or what is transparent would stain
/// its edges.
fn scaled(mut square: RgbaImage) -> RgbaImage {
    for pixel in square.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [weighted(red, alpha), weighted(green, alpha), weighted(blue, alpha), alpha];
    }
    let mut scaled = imageops::resize(&square, SIDE, SIDE, FilterType::CatmullRom);
    for pixel in scaled.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [unweighted(red, alpha), unweighted(green, alpha), unweighted(blue, alpha), alpha];
    }
    scaled
}

fn weighted(colour: u8, alpha: u8) -> u8 {
    u8::try_from((u16::from(colour) * u16::from(alpha) + 127) / 255).unwrap_or(u8::MAX)
}

fn unweighted(colour: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    (u16::from(colour) * 255 + alpha / 2).checked_div(alpha).map_or(0, |colour| u8::try_from(colour).unwrap_or(u8::MAX))
}

/// Exactly, or at [`QUALITY`]: drawings are smaller the one way, photographs the other.
fn encode(picture: &RgbaImage) -> Result<Vec<u8>, Error> {
    let encoder = webp::Encoder::from_rgba(picture.as_raw(), picture.width(), picture.height());
    let exact = encoder.encode_simple(true, 75.0).map_err(|_| Error::ProcessingFailed)?;
    let close = encoder.encode_simple(false, QUALITY).map_err(|_| Error::ProcessingFailed)?;
    let smaller = if exact.len() <= close.len() { exact } else { close };
    Ok(smaller.to_vec())
}
