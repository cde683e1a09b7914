//! Dates and times as texts, as SQLite has them: `2026-11-28`, `2026-11-28 14:05`, `2026-11-28T14:05:09.5`.

use std::fmt::Write as _;

const DAY_MS: i64 = 86_400_000;
/// Years that are counted; what leads beyond is null.
const YEARS: std::ops::RangeInclusive<i64> = 0..=9999;

/// A moment in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment(i64);

/// The days from 1970 to a date of the Gregorian calendar; a day beyond the month's end counts on.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// So many digits at the start, below a bound.
fn digits(text: &str, count: usize, most: i64) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    let value = head
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| head.parse().ok())??;
    (value <= most).then_some((value, rest))
}

impl Moment {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = digits(text.trim(), 4, 9999)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2, 12)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2, 31)?;
        if month == 0 || day == 0 {
            return None;
        }
        let date = days(year, month, day) * DAY_MS;
        match rest.strip_prefix([' ', 'T']) {
            None => rest.is_empty().then_some(Self(date)),
            Some(time) => Some(Self(date + clock(time.trim_start())?)),
        }
    }

    /// Moved by a modifier like `+3 days`, `-1 month`, `start of year`.
    pub(crate) fn moved(self, by: &str) -> Option<Self> {
        let by = by.trim().to_ascii_lowercase();
        let (day, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (year, month, of_month) = civil(day);
        let moved = match by.as_str() {
            "start of day" => day * DAY_MS,
            "start of month" => days(year, month, 1) * DAY_MS,
            "start of year" => days(year, 1, 1) * DAY_MS,
            _ => {
                let (count, unit) = by.split_once(' ')?;
                let count: i64 = count.parse().ok()?;
                if count.abs() > 1_000_000_000_000 {
                    return None;
                }
                match unit.trim().trim_end_matches('s') {
                    "second" => self.0 + count * 1000,
                    "minute" => self.0 + count * 60_000,
                    "hour" => self.0.checked_add(count.checked_mul(3_600_000)?)?,
                    "day" => self.0.checked_add(count.checked_mul(DAY_MS)?)?,
                    "month" => {
                        let months = year * 12 + month - 1 + count;
                        let year = months.div_euclid(12);
                        days(year, months.rem_euclid(12) + 1, of_month) * DAY_MS + ms
                    }
                    "year" if count.abs() < 20_000 => {
                        days(year + count, month, of_month) * DAY_MS + ms
                    }
                    _ => return None,
                }
            }
        };
        let within = YEARS.contains(&civil(moved.div_euclid(DAY_MS)).0);
        within.then_some(Self(moved))
    }

    /// The days since noon of the 24th of November 4714 before Christ.
    pub(crate) fn julian(self) -> f64 {
        (self.0 as f64 + 210_866_760_000_000.0) / DAY_MS as f64
    }

    /// By a format of SQLite's strftime; None for what it does not know.
    pub(crate) fn format(self, format: &str) -> Option<String> {
        let (day, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (year, month, of_month) = civil(day);
        let seconds = ms / 1000;
        let mut text = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            let _ = match chars.next()? {
                'Y' => write!(text, "{year:04}"),
                'm' => write!(text, "{month:02}"),
                'd' => write!(text, "{of_month:02}"),
                'H' => write!(text, "{:02}", seconds / 3600),
                'M' => write!(text, "{:02}", seconds / 60 % 60),
                'S' => write!(text, "{:02}", seconds % 60),
                'j' => write!(text, "{:03}", day - days(year, 1, 1) + 1),
                'w' => write!(text, "{}", (day + 4).rem_euclid(7)),
                's' => write!(text, "{}", self.0.div_euclid(1000)),
                '%' => write!(text, "%"),
                _ => return None,
            };
        }
        Some(text)
    }
}

/// Milliseconds of `14:05`, `14:05:09` or `14:05:09.25`, perhaps with Z behind.
fn clock(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text).trim_end();
    let (hour, rest) = digits(text, 2, 24)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 59)?;
    let minutes = (hour * 60 + minute) * 60_000;
    let Some(rest) = rest.strip_prefix(':') else {
        return rest.is_empty().then_some(minutes);
    };
    let (second, rest) = digits(rest, 2, 59)?;
    let seconds = minutes + second * 1000;
    let Some(fraction) = rest.strip_prefix('.') else {
        return rest.is_empty().then_some(seconds);
    };
    let plain = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let part: f64 = plain.then(|| format!("0.{fraction}").parse().ok())??;
    Some(seconds + (part * 1000.0 + 0.5) as i64)
}
