//! The mutator: a seeded source of numbers, and the ways in which an input is broken.

/// SplitMix64: enough to break things in a way that can be repeated.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`; zero when there is none.
    fn roll(&mut self, sides: usize) -> usize {
        (self.next() % sides.max(1) as u64) as usize
    }
}

/// Bytes that mean something to a parser: heads of CBOR at their edges, bytes of text and JSON, escapes.
const TELLING: &[u8] = &[
    0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x20, 0x37, 0x38, 0x3b, 0x40, 0x57, 0x58, 0x5b, 0x5f,
    0x60, 0x61, 0x77, 0x78, 0x7b, 0x7f, 0x80, 0x97, 0x98, 0x9b, 0x9f, 0xa0, 0xa1, 0xb8, 0xbb, 0xbf, 0xc0,
    0xd8, 0xe2, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfb, 0xff, b'"', b'{', b'[', b'\\', b'+', 0x1b, 0x0a,
    0x7f,
];

/// Pieces longer than a byte: whole values, lengths that lie, characters that hide.
const PIECES: &[&[u8]] = &[
    b"\xf9\x3c\x00",
    b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x5b\x80\x00\x00\x00\x00\x00\x00\x00",
    b"\x9b\x00\x00\x00\xff\xff\xff\xff\xff",
    b"\xd8\x2a\x58\x25\x00\x01\x55\x12\x20",
    b"\xa1\x61\x61",
    b"\x80\x00",
    b"\xff\xff\xff\xff\x0f",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{301}\u{302}\u{323}".as_bytes(),
    "\u{1100}\u{1161}\u{11a8}".as_bytes(),
    "\u{1f98a}".as_bytes(),
    b"\x1b[2J",
    b"red fox ",
    b" no ",
    b", ",
];

/// The next input: mostly something of the corpus that is broken in a few places, now and then plain noise.
pub(crate) fn next(dice: &mut Dice, corpus: &[Vec<u8>], seeds: &[Vec<u8>]) -> Vec<u8> {
    if dice.roll(32) == 0 {
        let length = dice.roll(120);
        return (0..length).map(|_| dice.next() as u8).collect();
    }
    let from = if corpus.is_empty() || dice.roll(8) == 0 { seeds } else { corpus };
    let mut input = pick(dice, from);
    for _ in 0..=dice.roll(4) {
        change(dice, &mut input, from);
    }
    input.truncate(24_000);
    input
}

fn pick(dice: &mut Dice, from: &[Vec<u8>]) -> Vec<u8> {
    from.get(dice.roll(from.len())).cloned().unwrap_or_default()
}

/// Breaks an input in one place.
fn change(dice: &mut Dice, input: &mut Vec<u8>, from: &[Vec<u8>]) {
    let at = dice.roll(input.len() + 1);
    match dice.roll(10) {
        0 | 1 => {
            let bit = dice.roll(8);
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        2 => {
            let telling = TELLING[dice.roll(TELLING.len())];
            if let Some(byte) = input.get_mut(at) {
                *byte = telling;
            }
        }
        3 => input.insert(at, TELLING[dice.roll(TELLING.len())]),
        4 => {
            let piece = PIECES[dice.roll(PIECES.len())];
            drop(input.splice(at..at, piece.iter().copied()));
        }
        5 => {
            let end = (at + 1 + dice.roll(8)).min(input.len());
            if at < end {
                input.drain(at..end);
            }
        }
        6 => input.truncate(at),
        7 => {
            // A stretch once more, or many times.
            let end = (at + 1 + dice.roll(40)).min(input.len());
            let part = input.get(at..end).unwrap_or_default().repeat(1 + dice.roll(3) * dice.roll(40));
            drop(input.splice(at..at, part));
        }
        8 => {
            // The head of one and the tail of another.
            let other = pick(dice, from);
            let start = dice.roll(other.len() + 1);
            input.truncate(at);
            input.extend(other.get(start..).unwrap_or_default());
        }
        _ => {
            // One number more or less: lengths and counts at their edges.
            let up = dice.roll(2) == 0;
            if let Some(byte) = input.get_mut(at) {
                *byte = if up { byte.wrapping_add(1) } else { byte.wrapping_sub(1) };
            }
        }
    }
}
