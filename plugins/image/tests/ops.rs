//! The ops against the manifest that ships with them.

#![allow(clippy::expect_used)]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use inos_image::dispatch;
use inos_testkit::{Done, Job, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../manifest.json"))
}

/// A picture whose pixels are all different.
fn ramp(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 5) as u8, (y * 7) as u8, (x * y) as u8])
    })
}

fn file(pixels: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels.clone())
        .write_to(&mut bytes, format)
        .expect("it is written to memory");
    bytes.into_inner()
}

fn pixels(done: &Done) -> DynamicImage {
    image::load_from_memory(&done.output("picture").bytes).expect("it is a picture")
}

const FORMATS: [(ImageFormat, &str); 9] = [
    (ImageFormat::Png, "png"),
    (ImageFormat::Jpeg, "jpeg"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Gif, "gif"),
    (ImageFormat::Bmp, "bmp"),
    (ImageFormat::Tiff, "tiff"),
    (ImageFormat::Tga, "tga"),
    (ImageFormat::Pnm, "pnm"),
    (ImageFormat::Qoi, "qoi"),
];

#[test]
fn each_format_is_written_and_recognised() {
    let picture = file(&ramp(19, 13), ImageFormat::Png);
    for (format, name) in FORMATS {
        let job = Job::new(&manifest(), "convert")
            .set("format", name)
            .input(&picture);
        let written = job.run(dispatch).ok().output("picture");
        let info = Job::new(&manifest(), "info")
            .input(&written.bytes)
            .run(dispatch)
            .ok();
        assert_eq!(
            info.output("format").bytes,
            format!("{name}\n").into_bytes()
        );
        assert_eq!(
            (info.result("width"), info.result("height")),
            (19.0, 13.0),
            "{format:?}"
        );
        assert!(written.media.starts_with("image/"), "{}", written.media);
    }
}

#[test]
fn small_pictures_pass_through_each_filter() {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 3)] {
        let picture = file(&ramp(width, height), ImageFormat::Png);
        for op in [
            "blur",
            "unsharp",
            "median",
            "edges",
            "threshold",
            "rotate",
            "flip",
            "hue",
        ] {
            let done = Job::new(&manifest(), op).input(&picture).run(dispatch).ok();
            let size = pixels(&done).width() * pixels(&done).height();
            assert_eq!(size, width * height, "{op}");
        }
        for op in [
            "tile",
            "smart_crop",
            "curves",
            "auto_level",
            "equalise",
            "temperature",
            "morphology",
            "bilateral",
            "dither",
            "quantise",
            "contact_sheet",
            "duplicates",
        ] {
            Job::new(&manifest(), op).input(&picture).run(dispatch).ok();
        }
        for op in ["overlay", "watermark", "duplicates", "contact_sheet"] {
            let job = Job::new(&manifest(), op).input(&picture).input(&picture);
            job.run(dispatch).ok();
        }
        let job = Job::new(&manifest(), "text").input(&picture);
        job.set("text", "a\nb").run(dispatch).ok();
        let job = Job::new(&manifest(), "perspective").input(&picture);
        job.set("corners", "0,0 1,0 1,1 0,1").run(dispatch).ok();
        for op in ["histogram", "colours", "hash"] {
            Job::new(&manifest(), op).input(&picture).run(dispatch).ok();
        }
        let done = Job::new(&manifest(), "compare")
            .input(&picture)
            .input(&picture)
            .run(dispatch);
        assert!((done.ok().result("ssim") - 1.0).abs() < 1e-9);
    }
}

// Large enough for several strips; a bitmap is scaled as a whole.
#[test]
fn rows_of_a_png_are_scaled_like_the_whole() {
    let rgb = RgbImage::from_fn(2600, 2400, |x, y| {
        let v = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
        Rgb([(v >> 13) as u8, (x / 11) as u8, (y / 10) as u8])
    });
    let rgba = RgbaImage::from_fn(2200, 2000, |x, y| {
        Rgba([x as u8, (y / 8) as u8, 99, (x ^ y) as u8])
    });
    for whole in [DynamicImage::ImageRgb8(rgb), DynamicImage::ImageRgba8(rgba)] {
        let as_file = |format: ImageFormat| {
            let mut bytes = Cursor::new(Vec::new());
            whole.write_to(&mut bytes, format).expect("memory");
            bytes.into_inner()
        };
        let (png, bmp) = (as_file(ImageFormat::Png), as_file(ImageFormat::Bmp));
        for (filter, mode, width, height) in [
            ("lanczos", "exact", 301, 277),
            ("lanczos", "exact", 7, 2300),
            ("lanczos", "fill", 500, 100),
            ("lanczos", "fill", 100, 500),
            ("catmull_rom", "fit", 2300, 2300),
            ("bilinear", "exact", 1300, 1200),
            ("box", "exact", 650, 600),
            ("nearest", "exact", 650, 2600),
        ] {
            let scaled = |file: &[u8]| {
                let job = Job::new(&manifest(), "resize").input(file);
                let job = job
                    .set("filter", filter)
                    .set("mode", mode)
                    .set("format", "png");
                let job = job.set("width", width).set("height", height);
                pixels(&job.run(dispatch).ok())
            };
            let (ours, theirs) = (scaled(&png), scaled(&bmp));
            assert_eq!(ours.color(), theirs.color());
            let apart = ours.as_bytes().iter().zip(theirs.as_bytes());
            let most = apart.map(|(a, b)| a.abs_diff(*b)).max();
            // Weights come out of sums that round differently.
            assert!(
                most <= Some(1),
                "{filter} {mode} {width} x {height}: {most:?}"
            );
        }
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    let picture = ramp(23, 17);
    for (format, _) in FORMATS {
        let whole = file(&picture, format);
        let mut tried = 0;
        let mut attempt = |bytes: &[u8]| {
            let done = Job::new(&manifest(), "convert")
                .set("format", "png")
                .input(bytes);
            if let Some(failure) = done.run(dispatch).failure() {
                assert_eq!(failure.code, 2, "{format:?}: {}", failure.text);
            }
            tried += 1;
        };
        (0..16).for_each(|part| attempt(&whole[..whole.len() * part / 16]));
        let mut seed = 1u32;
        for _ in 0..200 {
            let mut broken = whole.clone();
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 8) as usize % broken.len();
            broken[at] ^= 1 << (seed >> 5 & 7);
            attempt(&broken);
        }
        assert_eq!(tried, 216);
    }
}

#[test]
fn stops_when_it_is_asked_to() {
    let job = Job::new(&manifest(), "blur").input(&file(&ramp(9, 9), ImageFormat::Png));
    assert_eq!(
        job.cancel_after(3).run(dispatch).failure().map(|f| f.code),
        Some(3)
    );
}
