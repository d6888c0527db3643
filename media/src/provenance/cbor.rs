//! Whether CBOR keeps its word: every length and count fits into the bytes that are there.
//!
//! The C2PA library reserves what a length says before it looks for the bytes; four bytes can cost gigabytes that way. Nothing is
//! decoded here, and nothing is reserved but a stack of bounded depth (RFC 8949 §3).

/// Deepest nesting of arrays, maps and tags.
const DEPTH_MAX: usize = 32;

/// What an open array, map, tag or string of pieces still waits for; `None` until a break.
type Open = Option<u64>;

/// Whether `bytes` begin with one whole item.
pub(super) fn is_bounded(bytes: &[u8]) -> bool {
    let (mut rest, mut open) = (bytes, Vec::new());
    loop {
        let Some((after, opened)) = item(rest, open.last()) else { return false };
        rest = after;
        match opened {
            Opened::Nothing => {}
            Opened::Break => drop(open.pop()),
            Opened::Inner(waits) => {
                open.push(waits);
                if open.len() > DEPTH_MAX {
                    return false;
                }
                if waits != Some(0) {
                    continue;
                }
                open.pop();
            }
        }
        // An item is over, and with it whatever waited for it alone.
        loop {
            match open.last_mut() {
                None => return true,
                Some(None) => break,
                Some(Some(left)) => {
                    *left = left.saturating_sub(1);
                    if *left > 0 {
                        break;
                    }
                    open.pop();
                }
            }
        }
    }
}

/// What the head of an item opens.
enum Opened {
    Nothing,
    Inner(Open),
    Break,
}

/// Reads one head, and the bytes of a string. `None` when something does not fit or a break ends nothing.
fn item<'a>(bytes: &'a [u8], inside: Option<&Open>) -> Option<(&'a [u8], Opened)> {
    let (&head, rest) = bytes.split_first()?;
    let (major, info) = (head >> 5, head & 31);
    let wide = match info {
        0..=23 => 0,
        24..=27 => 1usize << (info - 24),
        31 => {
            return match major {
                2..=5 => Some((rest, Opened::Inner(None))),
                7 if inside == Some(&None) => Some((rest, Opened::Break)),
                _ => None,
            };
        }
        _ => return None,
    };
    let (number, rest) = (rest.get(..wide)?, rest.get(wide..)?);
    let value = if wide == 0 {
        u64::from(info)
    } else {
        number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let fits = |each: u64| value.checked_mul(each).filter(|bytes| *bytes <= rest.len() as u64);
    match major {
        2 | 3 => Some((rest.get(usize::try_from(value).ok()?..)?, Opened::Nothing)),
        4 => Some((rest, Opened::Inner(Some(fits(1)?)))),
        5 => Some((rest, Opened::Inner(Some(fits(2)?)))),
        6 => Some((rest, Opened::Inner(Some(1)))),
        _ => Some((rest, Opened::Nothing)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_bounded;

    #[test]
    fn whole_items_pass() {
        let nested = [[0x81; 32].as_slice(), &[0x00]].concat();
        let whole: [&[u8]; 10] = [
            b"\x00",
            b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x63abc",
            b"\x80",
            b"\xa2\x61a\x01\x61b\x82\x02\x03",
            b"\xc1\x1a\x00\x00\x00\x00",
            b"\x9f\x01\xa0\xff",
            b"\x5f\x41a\x41b\xff",
            b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
            &nested,
        ];
        whole.iter().for_each(|bytes| assert!(is_bounded(bytes), "{bytes:02x?}"));
    }

    #[test]
    fn lengths_that_lie_do_not() {
        let deep = [[0x81; 33].as_slice(), &[0x00]].concat();
        let broken: [&[u8]; 12] = [
            b"",
            b"\x63ab",
            b"\x7a\x6e\x6f\x74\x41llowed",
            b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x9a\x7f\xff\xff\xff\x00",
            b"\xbb\x80\x00\x00\x00\x00\x00\x00\x00",
            b"\xa1\x00",
            b"\x82\x00",
            b"\x9f\x01",
            b"\xff",
            b"\x1c",
            &deep,
        ];
        broken.iter().for_each(|bytes| assert!(!is_bounded(bytes), "{bytes:02x?}"));
    }
}
