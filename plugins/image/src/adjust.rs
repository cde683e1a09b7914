use image::{DynamicImage, Rgba};
use inos_sdk::{Call, Error};

use crate::colour::byte;
use crate::encode::transform;
use crate::grey::without_colour;
use crate::memory::room;

/// What becomes of each value of a colour channel.
type Table = [u8; 256];

pub(crate) fn grayscale(call: &mut Call) -> Result<(), Error> {
    transform(call, 0, |pixels| {
        room(
            "the grey picture",
            u64::from(pixels.width()) * u64::from(pixels.height()) * 2,
        )?;
        Ok(without_colour(&pixels))
    })
}

pub(crate) fn invert(call: &mut Call) -> Result<(), Error> {
    point(call, 0, |v| 1.0 - v)
}

pub(crate) fn brightness(call: &mut Call) -> Result<(), Error> {
    let amount = call.params().number(0)? / 100.0;
    point(call, 1, |v| v + amount)
}

pub(crate) fn contrast(call: &mut Call) -> Result<(), Error> {
    let slope = 1.0 + call.params().number(0)? / 100.0;
    point(call, 1, |v| (v - 0.5) * slope + 0.5)
}

pub(crate) fn gamma(call: &mut Call) -> Result<(), Error> {
    let power = 1.0 / call.params().number(0)?;
    point(call, 1, |v| v.powf(power))
}

pub(crate) fn levels(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (black, white) = (params.number(0)? / 255.0, params.number(1)? / 255.0);
    let power = 1.0 / params.number(2)?;
    if white <= black {
        return Err(Error::invalid("white must be above black"));
    }
    point(call, 3, |v| {
        ((v - black) / (white - black)).clamp(0.0, 1.0).powf(power)
    })
}

pub(crate) fn hue(call: &mut Call) -> Result<(), Error> {
    let turn = (call.params().number(0)? / 360.0) as f32;
    coloured(call, 1, |[h, s, l]| [within(h + turn, 1.0), s, l])
}

pub(crate) fn saturation(call: &mut Call) -> Result<(), Error> {
    let factor = 1.0 + (call.params().number(0)? / 100.0) as f32;
    coloured(call, 1, |[h, s, l]| [h, (s * factor).min(1.0), l])
}

/// Changes each colour value, as 0 to 1, by `f`; transparency stays.
fn point(call: &Call, at: u32, f: impl Fn(f64) -> f64) -> Result<(), Error> {
    let table: Table =
        std::array::from_fn(|i| (f(i as f64 / 255.0) * 255.0).round().clamp(0.0, 255.0) as u8);
    transform(call, at, |mut pixels| {
        look_up(&mut pixels, &table);
        Ok(pixels)
    })
}

fn look_up(pixels: &mut DynamicImage, table: &Table) {
    let each = |value: &mut u8| *value = table[usize::from(*value)];
    match pixels {
        DynamicImage::ImageLuma8(p) => p.iter_mut().for_each(each),
        DynamicImage::ImageRgb8(p) => p.iter_mut().for_each(each),
        DynamicImage::ImageLumaA8(p) => p.pixels_mut().for_each(|p| each(&mut p.0[0])),
        DynamicImage::ImageRgba8(p) => {
            p.pixels_mut()
                .for_each(|p| p.0[..3].iter_mut().for_each(each));
        }
        _ => {}
    }
}

/// Changes each colour, as hue, saturation and lightness from 0 to 1, by `f`; grey stays grey.
fn coloured(call: &Call, at: u32, f: impl Fn([f32; 3]) -> [f32; 3]) -> Result<(), Error> {
    let change = |[r, g, b]: [u8; 3]| {
        rgb(f(hsl([r, g, b].map(|v| f32::from(v) / 255.0)))).map(|v| byte(v * 255.0))
    };
    transform(call, at, |mut pixels| {
        match &mut pixels {
            DynamicImage::ImageRgb8(p) => p.pixels_mut().for_each(|p| p.0 = change(p.0)),
            DynamicImage::ImageRgba8(p) => p.pixels_mut().for_each(|p| {
                let Rgba([r, g, b, a]) = *p;
                let [r, g, b] = change([r, g, b]);
                *p = Rgba([r, g, b, a]);
            }),
            _ => {}
        }
        Ok(pixels)
    })
}

/// The rest of a division, never negative; `rem_euclid` of a float is a call for each pixel.
fn within(v: f32, whole: f32) -> f32 {
    v - (v / whole).floor() * whole
}

fn hsl([r, g, b]: [f32; 3]) -> [f32; 3] {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let (chroma, light) = (max - min, (max + min) / 2.0);
    if chroma <= 0.0 {
        return [0.0, 0.0, light];
    }
    let sector = if max == r {
        within((g - b) / chroma, 6.0)
    } else if max == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    [
        sector / 6.0,
        chroma / (1.0 - (2.0 * light - 1.0).abs()),
        light,
    ]
}

fn rgb([h, s, l]: [f32; 3]) -> [f32; 3] {
    let chroma = (1.0 - (2.0 * l - 1.0).abs()) * s;
    let sector = within(h * 6.0, 6.0);
    let second = chroma * (1.0 - (within(sector, 2.0) - 1.0).abs());
    let base = l - chroma / 2.0;
    let [r, g, b] = match sector as u32 {
        0 => [chroma, second, 0.0],
        1 => [second, chroma, 0.0],
        2 => [0.0, chroma, second],
        3 => [0.0, second, chroma],
        4 => [second, 0.0, chroma],
        _ => [chroma, 0.0, second],
    };
    [r + base, g + base, b + base]
}
