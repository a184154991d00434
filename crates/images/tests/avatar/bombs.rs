//! Small files that announce enormous pictures.

use image::{DynamicImage, RgbImage};
use tertulia_images::{Error, Format, avatar};

use crate::files::of_format;

/// A PNG of which the head announces this much, and the rest is not there.
fn png(width: u32, height: u32, depth: u8) -> Vec<u8> {
    let colour_with_alpha = 6;
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend_from_slice(&[depth, colour_with_alpha, 0, 0, 0]);
    // An empty deflate stream: no row of the picture.
    let nothing = [0x78, 0x9c, 0x03, 0, 0, 0, 0, 1];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", &head[..]), (b"IDAT", &nothing), (b"IEND", &[])] {
        file.extend_from_slice(&u32::try_from(content.len()).expect("it is short").to_be_bytes());
        file.extend_from_slice(name);
        file.extend_from_slice(content);
        file.extend_from_slice(&checksum(&[&name[..], content].concat()).to_be_bytes());
    }
    file
}

/// CRC-32 as PNG wants it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A GIF of one pixel on a screen of this size.
fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend_from_slice(&[width.to_le_bytes(), height.to_le_bytes()].concat());
    file.extend_from_slice(b"\x80\0\0\0\0\0\xff\xff\xff");
    file.extend_from_slice(b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
    file
}

#[test]
fn a_png_of_many_pixels_is_refused_by_its_head() {
    for (width, height) in [(60_000, 60_000), (u32::MAX >> 1, u32::MAX >> 1), (24 << 10, (1 << 10) + 1)] {
        assert_eq!(avatar(&png(width, height, 8)), Err(Error::DecodeFailed));
    }
}

#[test]
fn many_bits_a_colour_count_as_many_pixels() {
    assert_eq!(avatar(&png(5_000, 4_000, 16)), Err(Error::DecodeFailed));
}

#[test]
fn a_gif_of_many_pixels_is_refused_by_its_head() {
    assert_eq!(avatar(&gif(60_000, 60_000)), Err(Error::DecodeFailed));
    assert!(avatar(&gif(200, 200)).is_ok());
}

#[test]
fn a_jpeg_of_many_pixels_is_refused_by_its_head() {
    let mut file = of_format(Format::Jpeg, &DynamicImage::ImageRgb8(RgbImage::new(200, 200)));
    let frame = file.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);

    assert_eq!(avatar(&file), Err(Error::DecodeFailed));
}

#[test]
fn a_webp_of_many_pixels_is_refused_by_its_head() {
    let mut file = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    file.extend_from_slice(&[0xff, 0x3f, 0, 0xff, 0x3f, 0]);

    assert_eq!(avatar(&file), Err(Error::DecodeFailed));
}

#[test]
fn a_long_strip_is_cropped_before_it_is_scaled() {
    let strip = DynamicImage::ImageRgb8(RgbImage::new(128, 150_000));

    assert!(avatar(&of_format(Format::Png, &strip)).is_ok());
}
