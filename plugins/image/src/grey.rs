use image::{DynamicImage, GrayAlphaImage, GrayImage, LumaA};

/// Brightness by Rec. 709, rounded: the only grey that the ops know.
pub(crate) fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = u32::from(r) * 2126 + u32::from(g) * 7152 + u32::from(b) * 722;
    ((sum + 5000) / 10_000) as u8
}

/// The pixels as red, green, blue and opacity, without a copy of the picture.
pub(crate) fn colours_of(pixels: &DynamicImage) -> impl Iterator<Item = [u8; 4]> {
    colours_in(pixels.as_bytes(), pixels.color().channel_count())
}

/// The pixels of a row of `channels` bytes each.
pub(crate) fn colours_in(bytes: &[u8], channels: u8) -> impl Iterator<Item = [u8; 4]> {
    bytes
        .chunks_exact(usize::from(channels.max(1)))
        .map(|p| match *p {
            [v] => [v, v, v, 255],
            [v, a] => [v, v, v, a],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, a] => [r, g, b, a],
            _ => [0; 4],
        })
}

/// The brightness of each pixel, whatever its opacity.
pub(crate) fn grey_of(pixels: &DynamicImage) -> GrayImage {
    let mut grey = GrayImage::new(pixels.width(), pixels.height());
    for (to, [r, g, b, _]) in grey.iter_mut().zip(colours_of(pixels)) {
        *to = luma([r, g, b]);
    }
    grey
}

/// The grey picture with the opacity that was there.
pub(crate) fn without_colour(pixels: &DynamicImage) -> DynamicImage {
    if !pixels.color().has_alpha() {
        return DynamicImage::ImageLuma8(grey_of(pixels));
    }
    let mut grey = GrayAlphaImage::new(pixels.width(), pixels.height());
    for (to, [r, g, b, a]) in grey.pixels_mut().zip(colours_of(pixels)) {
        *to = LumaA([luma([r, g, b]), a]);
    }
    DynamicImage::ImageLumaA8(grey)
}
