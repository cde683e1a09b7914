use super::Splitter;

/// Rows that are looked at.
const SNIFFED_ROWS: usize = 50;
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The separator that cuts the first rows into the most columns, the same number in each.
pub(crate) fn sniff(start: &[u8]) -> u8 {
    let mut best = (SEPARATORS[0], (0, 0));
    for separator in SEPARATORS {
        let found = score(start, separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}

/// The share of rows, in hundredths, that have as many columns as the first, and how many these are.
fn score(start: &[u8], separator: u8) -> (usize, usize) {
    let mut widths = Vec::new();
    for last in [false, true] {
        // What is cut off in the middle of a row counts only when it is all there is.
        if !widths.is_empty() {
            break;
        }
        let done = Splitter::new(separator).split(start, last, &mut |record| {
            if !record.is_blank() {
                widths.push(record.len());
            }
            Ok(widths.len() < SNIFFED_ROWS)
        });
        if done.is_err() {
            return (0, 0);
        }
    }
    let first = widths.first().copied().unwrap_or(1);
    if first < 2 {
        return (0, 0);
    }
    let same = widths.iter().filter(|width| **width == first).count();
    // Nine rows in ten have to agree; then the share counts before the number of columns.
    if same * 10 < widths.len() * 9 {
        (1, first)
    } else {
        (same * 100 / widths.len(), first)
    }
}
