use inos_sdk::Error;

/// Reads a colour like #rgb, #rrggbb or #rrggbbaa.
pub(crate) fn parse_colour(param: &str, text: &str) -> Result<[u8; 4], Error> {
    let wrong = || {
        Error::invalid(format!(
            "{param}: {text:?} is no colour; write it like #ff8000, or #ff800080 for half of it"
        ))
    };
    let digits = text.trim().strip_prefix('#').ok_or_else(wrong)?;
    let digits: Option<Vec<u8>> = digits
        .chars()
        .map(|c| Some(c.to_digit(16)? as u8))
        .collect();
    let byte = |high: u8, low: u8| high << 4 | low;
    match digits.ok_or_else(wrong)?[..] {
        [r, g, b] => Ok([r, g, b, 15].map(|v| byte(v, v))),
        [a, b, c, d, e, f] => Ok([byte(a, b), byte(c, d), byte(e, f), 255]),
        [a, b, c, d, e, f, g, h] => Ok([byte(a, b), byte(c, d), byte(e, f), byte(g, h)]),
        _ => Err(wrong()),
    }
}

/// A value as a byte, rounded; what is outside becomes 0 or 255. `round` would be a call for each
/// value, since wasm rounds halves to even numbers only.
pub(crate) fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}
