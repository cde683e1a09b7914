//! Numbers and truth values out of bytes, without a text for each.

use crate::value::Kind;

/// The kind that a text by itself has. What a number would not give back is a text: leading zeros,
/// as in postal codes, and integers beyond 64 bits.
pub(crate) fn kind_of(text: &[u8]) -> Kind {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [] => Kind::Text,
        [b'0', b'0'..=b'9', ..] => Kind::Text,
        [b'0'..=b'9' | b'.', ..] => of_number(text, digits),
        _ if truth(text).is_some() => Kind::Bool,
        _ => Kind::Text,
    }
}

fn of_number(text: &[u8], digits: &[u8]) -> Kind {
    let whole = count(digits);
    if whole == digits.len() {
        return match text {
            b"-0" => Kind::Float,
            _ if int(text).is_some() => Kind::Int,
            _ => Kind::Text,
        };
    }
    let mut at = whole;
    let mut fraction = 0;
    if digits[at] == b'.' {
        fraction = count(&digits[at + 1..]);
        at += 1 + fraction;
    }
    if whole + fraction == 0 {
        return Kind::Text;
    }
    let plain = at == digits.len();
    if !plain {
        match &digits[at..] {
            [b'e' | b'E', b'+' | b'-', power @ ..] | [b'e' | b'E', power @ ..]
                if !power.is_empty() && count(power) == power.len() => {}
            _ => return Kind::Text,
        }
    }
    // Only a long number, or one with an exponent, may be beyond what a float holds.
    if (plain && whole < 300) || float(text).is_some() {
        Kind::Float
    } else {
        Kind::Text
    }
}

fn count(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// An integer of 64 bits.
pub(crate) fn int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// Powers of ten that a float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The nearest finite number. Up to 15 digits without an exponent it is one exact integer by one
/// exact power, rounded once; the rest is the standard library's.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut value, mut count, mut point) = (0u64, 0, None);
    for (i, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 && count < 15 {
            value = value * 10 + u64::from(digit);
            count += 1;
        } else if *byte == b'.' && point.is_none() {
            point = Some(i);
        } else {
            return any_float(text);
        }
    }
    if count == 0 {
        return None;
    }
    let fraction = point.map_or(0, |p| digits.len() - p - 1);
    let value = value as f64 / POWERS[fraction];
    Some(if negative { -value } else { value })
}

fn any_float(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

pub(crate) fn truth(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_standard_librarys() {
        let texts = [
            "0",
            "-0",
            "1",
            "-1",
            "007",
            "-01",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "999999999999999999",
            "1000000000000000000",
            "1.",
            ".5",
            ".",
            "-.",
            "-.5",
            "0.1",
            "123456.789",
            "0.000001",
            "123456789012345.6",
            "0.3",
            "1e5",
            "1E-5",
            "1e+5",
            "1e",
            "1e+",
            "e5",
            "1e999",
            "1e-999",
            "1.5e308",
            "1.5.5",
            "1-1",
            "12a",
            "a",
            "",
            "-",
            "--1",
            "+1",
            "inf",
            "nan",
            "0x10",
            "1_000",
            "00.5",
            "179769313486231570000000000000.5",
            " 1",
            "1 ",
        ];
        for text in texts {
            let bytes = text.as_bytes();
            let known: Option<f64> = text.parse().ok().filter(|f: &f64| f.is_finite());
            match kind_of(bytes) {
                Kind::Int => assert_eq!(int(bytes), text.parse().ok(), "{text}"),
                Kind::Float => {
                    assert_eq!(
                        float(bytes).map(f64::to_bits),
                        known.map(f64::to_bits),
                        "{text}"
                    );
                }
                _ => {
                    let digits = text.trim_start_matches('-');
                    let zeros =
                        digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
                    let odd = zeros
                        || digits.parse::<u128>().is_ok()
                        || text.starts_with(['+', 'i', 'n']);
                    assert!(known.is_none() || odd, "{text}");
                }
            }
        }
        let mut state = 1u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let text = format!(
                "{}.{:0w$}",
                (state >> 40) as i32 - 5_000_000,
                state >> 50,
                w = (state % 7) as usize
            );
            assert_eq!(float(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }
}
