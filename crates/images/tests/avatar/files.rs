//! Files made for a test.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, GenericImageView, ImageEncoder, RgbImage, Rgba,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};
use tertulia_images::Format;

/// A picture whose four quarters have colours of their own.
pub(crate) fn painted(width: u32, height: u32) -> DynamicImage {
    let colours = [[250, 0, 0], [0, 250, 0], [0, 0, 250], [250, 250, 0]];
    RgbImage::from_fn(width, height, |x, y| {
        let quarter = usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
        image::Rgb(colours[quarter])
    })
    .into()
}

/// The colours near the corners: top left, top right, bottom left, bottom right.
pub(crate) fn corners(picture: &DynamicImage) -> [Rgba<u8>; 4] {
    let (right, bottom) = (picture.width() - 6, picture.height() - 6);
    [(5, 5), (right, 5), (5, bottom), (right, bottom)].map(|(x, y)| picture.get_pixel(x, y))
}

/// Metadata that says how the stored picture is to be held, and nothing else.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x01\0".to_vec();
    bytes.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// A file without metadata.
pub(crate) fn of_format(format: Format, picture: &DynamicImage) -> Vec<u8> {
    file(format, picture, None)
}

/// A file with these metadata. A GIF has none.
pub(crate) fn file(format: Format, picture: &DynamicImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    match format {
        Format::Jpeg => write(JpegEncoder::new_with_quality(&mut file, 95), picture, exif),
        Format::Png => write(PngEncoder::new(&mut file), picture, exif),
        Format::WebP => write(WebPEncoder::new_lossless(&mut file), picture, exif),
        Format::Gif => {
            let frame = image::Frame::new(picture.to_rgba8());
            GifEncoder::new(&mut file).encode_frame(frame).expect("a frame can be encoded");
        }
    }
    file.into_inner()
}

fn write(mut encoder: impl ImageEncoder, picture: &DynamicImage, exif: Option<Vec<u8>>) {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("the format has metadata");
    }
    let color: ExtendedColorType = picture.color().into();
    encoder
        .write_image(picture.as_bytes(), picture.width(), picture.height(), color)
        .expect("a picture can be encoded");
}
