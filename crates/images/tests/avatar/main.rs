//! Files become avatars, or are refused for the right reason.

mod bombs;
mod files;

use files::{corners, exif, file, of_format, painted};
use image::{DynamicImage, GenericImageView, Rgba, RgbaImage};
use proptest::prelude::*;
use tertulia_images::{Error, Format, MAX_BYTES, SIDE, avatar};

const ALL: [Format; 4] = [Format::Jpeg, Format::Png, Format::WebP, Format::Gif];

/// What came out, decoded again.
fn shown(avatar: &[u8]) -> DynamicImage {
    assert_eq!(Format::of(avatar), Some(Format::WebP));
    let picture = image::load_from_memory_with_format(avatar, Format::WebP.into()).expect("an avatar is a picture");
    assert_eq!(picture.dimensions(), (SIDE, SIDE));
    picture
}

/// Whether two colours look the same, after two lossy formats.
fn alike(one: Rgba<u8>, other: Rgba<u8>) -> bool {
    one.0.iter().zip(other.0).all(|(one, other)| one.abs_diff(other) < 24)
}

#[test]
fn every_format_becomes_a_square_webp() {
    for format in ALL {
        let picture = shown(&avatar(&of_format(format, &painted(300, 200))).unwrap());

        for (seen, painted) in corners(&picture).into_iter().zip(corners(&painted(300, 200))) {
            assert!(alike(seen, painted), "{format:?}: {seen:?} is not {painted:?}");
        }
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = of_format(Format::Jpeg, &painted(200, 200));

    assert_eq!(avatar(&file), avatar(&file));
}

#[test]
fn the_centre_is_kept() {
    // A white square between black margins, lying and standing.
    for (width, height) in [(600, 200), (200, 600)] {
        let (left, top) = ((width - 200) / 2, (height - 200) / 2);
        let picture = RgbaImage::from_fn(width, height, |x, y| {
            let inside = (left..left + 200).contains(&x) && (top..top + 200).contains(&y);
            if inside { Rgba([255; 4]) } else { Rgba([0, 0, 0, 255]) }
        });

        let seen = shown(&avatar(&of_format(Format::Png, &picture.into())).unwrap());

        assert!(seen.pixels().all(|(_, _, pixel)| alike(pixel, Rgba([255; 4]))));
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    // Of a stored picture, which corner is seen where: top left, top right, bottom left, bottom right.
    let turned = [
        [0, 1, 2, 3],
        [1, 0, 3, 2],
        [3, 2, 1, 0],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
        [2, 0, 3, 1],
        [3, 1, 2, 0],
        [1, 3, 0, 2],
    ];
    let stored = painted(300, 200);
    for format in [Format::Jpeg, Format::Png, Format::WebP] {
        for (orientation, seen) in (1..).zip(turned) {
            let file = file(format, &stored, Some(exif(orientation)));

            let picture = shown(&avatar(&file).unwrap());

            for (corner, stored) in corners(&picture).into_iter().zip(seen.map(|corner| corners(&stored)[corner])) {
                assert!(alike(corner, stored), "{format:?} {orientation}: {corner:?} is not {stored:?}");
            }
        }
    }
}

#[test]
fn nothing_of_the_files_metadata_is_left() {
    const SECRET: &[u8] = b"51.4779,-0.0015";
    for format in [Format::Jpeg, Format::Png, Format::WebP] {
        let mut metadata = exif(1);
        metadata.extend_from_slice(SECRET);
        let mut file = file(format, &painted(200, 200), Some(metadata));
        file.extend_from_slice(SECRET);

        let made = avatar(&file).unwrap();

        assert!(file.windows(SECRET.len()).any(|window| window == SECRET));
        assert!(!made.windows(SECRET.len()).any(|window| window == SECRET));
        assert!(!made.windows(4).any(|chunk| [b"EXIF", b"XMP ", b"ICCP"].contains(&chunk.try_into().unwrap())));
    }
}

#[test]
fn what_is_transparent_does_not_stain_what_is_not() {
    let picture = RgbaImage::from_fn(256, 256, |x, _| if x < 128 { Rgba([255; 4]) } else { Rgba([0; 4]) });

    let seen = shown(&avatar(&of_format(Format::Png, &picture.into())).unwrap());

    for (x, y, Rgba([red, green, blue, alpha])) in seen.pixels().filter(|(_, _, pixel)| pixel[3] > 64) {
        assert!(red.min(green).min(blue) > 200, "({x}, {y}): {red} {green} {blue} {alpha}");
    }
    assert_eq!(seen.get_pixel(SIDE - 1, 0)[3], 0);
}

#[test]
fn the_first_frame_of_a_gif_counts() {
    let mut file = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut file);
    for colour in [[250, 0, 0, 255], [0, 0, 250, 255]] {
        encoder.encode_frame(image::Frame::new(RgbaImage::from_pixel(200, 200, Rgba(colour)))).unwrap();
    }
    drop(encoder);

    let seen = shown(&avatar(&file).unwrap());

    assert!(alike(seen.get_pixel(256, 256), Rgba([250, 0, 0, 255])));
}

#[test]
fn even_noise_stays_small() {
    let mut state = 1_u32;
    let noise = RgbaImage::from_fn(SIDE, SIDE, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgba([a, b, c, 255])
    });

    let made = avatar(&of_format(Format::Png, &noise.into())).unwrap();

    assert!(made.len() <= 512 << 10, "{} bytes", made.len());
}

#[test]
fn no_file_and_too_much_of_one_are_refused() {
    assert_eq!(avatar(b""), Err(Error::Empty));
    let mut file = of_format(Format::Png, &painted(200, 200));
    file.resize(MAX_BYTES, 0);
    assert!(avatar(&file).is_ok());
    file.push(0);
    assert_eq!(avatar(&file), Err(Error::TooLarge));
}

#[test]
fn what_is_no_picture_of_ours_is_refused_whatever_it_is_called() {
    let mut bitmap = b"BM".to_vec();
    bitmap.resize(200, 0);
    for other in [
        &b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"200\"/>"[..],
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"II*\0\x08\0\0\0",
        b"\0\0\0\x1cftypavif",
        &bitmap,
    ] {
        assert_eq!(avatar(other), Err(Error::UnsupportedFormat));
    }
}

#[test]
fn a_short_side_is_refused() {
    for (width, height) in [(127, 127), (127, 500), (500, 127), (1, 1)] {
        assert_eq!(avatar(&of_format(Format::Png, &painted(width, height))), Err(Error::TooSmall));
    }
    assert!(avatar(&of_format(Format::Png, &painted(128, 128))).is_ok());
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    for format in ALL {
        let file = of_format(format, &painted(300, 200));
        // Of a GIF only the first frame has to be there.
        let least = if format == Format::Gif { 20 } else { 1 };
        for missing in [least, file.len() / 2, file.len() - 40] {
            assert_eq!(avatar(&file[..file.len() - missing]), Err(Error::DecodeFailed), "{format:?} without {missing}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_broken_file_is_refused_or_shown(
        which in 0..ALL.len(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = of_format(ALL[which], &painted(130, 140));
        for (place, byte) in breaks {
            let at = place.index(file.len());
            file[at] = byte;
        }
        match avatar(&file) {
            Ok(made) => drop(shown(&made)),
            Err(error) => prop_assert!(error != Error::Busy && error != Error::ProcessingFailed),
        }
    }

    #[test]
    fn no_bytes_bring_it_down(which in 0..ALL.len(), kept in 3_usize..64, noise: Vec<u8>) {
        let mut file = of_format(ALL[which], &painted(130, 140));
        file.truncate(kept);
        file.extend_from_slice(&noise);
        prop_assert!(avatar(&file).is_err());
    }
}
