//! Sixel graphics: six pixels per character, a fixed palette of 6×6×6 colours, ordered dither, run lengths.
//!
//! A fixed palette needs no search per frame and keeps still parts still.

use std::io::{self, Write};

use super::{Picture, resize};

/// Levels per channel.
const LEVELS: u16 = 6;
/// Largest side of a sixel picture in pixels: a bound on what one frame costs.
pub(crate) const SIDE_MAX: u32 = 960;

/// Bayer matrix of 4×4, 0 … 15.
const BAYER: [[u16; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// Palette index of a colour at a place.
fn index(pixel: &[u8], x: usize, y: usize) -> u8 {
    let dither = BAYER.get(y % 4).and_then(|r| r.get(x % 4)).copied().unwrap_or(0);
    let level = |v: u8| {
        // value · 5 + threshold, in 255ths: rounds up where the matrix is low.
        let scaled = u16::from(v) * (LEVELS - 1);
        let up = scaled % 255 > (dither * 2 + 1) * 255 / 32;
        scaled / 255 + u16::from(up)
    };
    let sum = pixel.iter().fold(0u16, |sum, v| sum * LEVELS + level(*v));
    u8::try_from(sum).unwrap_or(0)
}

/// Shows a picture of `width × height` pixels at the cursor.
pub(crate) fn show(out: &mut dyn Write, picture: Picture<'_>, width: u32, height: u32) -> io::Result<()> {
    let (width, height) = (width.clamp(1, SIDE_MAX), height.clamp(1, SIDE_MAX));
    let rgb = resize::resize(picture, width, height);
    let columns = width as usize;
    let pixels: Vec<u8> =
        rgb.chunks_exact(3).enumerate().map(|(at, pixel)| index(pixel, at % columns, at / columns)).collect();
    write!(out, "\x1bP7;1q\"1;1;{width};{height}")?;
    for n in 0..LEVELS.pow(3) {
        let percent = |v: u16| v * 100 / (LEVELS - 1);
        let (r, g, b) = (n / 36, n / 6 % 6, n % 6);
        write!(out, "#{n};2;{};{};{}", percent(r), percent(g), percent(b))?;
    }
    let mut line = Vec::new();
    for band in pixels.chunks(columns * 6) {
        line.clear();
        for colour in used(band) {
            if !line.is_empty() {
                line.push(b'$');
            }
            write!(line, "#{colour}")?;
            colour_row(&mut line, band, columns, colour)?;
        }
        line.push(b'-');
        out.write_all(&line)?;
    }
    out.write_all(b"\x1b\\")
}

/// Colours that occur in a band.
fn used(band: &[u8]) -> Vec<u8> {
    let mut seen = [false; 256];
    for colour in band {
        if let Some(flag) = seen.get_mut(usize::from(*colour)) {
            *flag = true;
        }
    }
    (0..=u8::MAX).zip(seen).filter(|(_, s)| *s).map(|(c, _)| c).collect()
}

/// One colour's sixels of a band, with run lengths.
fn colour_row(line: &mut Vec<u8>, band: &[u8], columns: usize, colour: u8) -> io::Result<()> {
    let mut run: (u8, usize) = (0, 0);
    let mut flush = |run: (u8, usize)| -> io::Result<()> {
        match run.1 {
            0 => {}
            1..=3 => line.extend(std::iter::repeat_n(run.0 + 63, run.1)),
            n => write!(line, "!{n}{}", char::from(run.0 + 63))?,
        }
        Ok(())
    };
    for x in 0..columns {
        let bits = band.iter().skip(x).step_by(columns).enumerate().filter(|(_, c)| **c == colour);
        let sixel = bits.fold(0u8, |bits, (row, _)| bits | (1 << row));
        if sixel == run.0 {
            run.1 += 1;
        } else {
            flush(run)?;
            run = (sixel, 1);
        }
    }
    // Trailing empty sixels need not be sent.
    if run.0 != 0 { flush(run) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_is_one_run_per_band() {
        let mut out = Vec::new();
        show(&mut out, Picture::new(2, 2, &[255, 0, 0].repeat(4)).unwrap(), 20, 12).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\x1bP7;1q\"1;1;20;12#0;2;0;0;0"));
        assert!(text.ends_with("#180!20~-#180!20~-\x1b\\"), "{}", &text[text.len() - 40..]);
    }

    #[test]
    fn dither_keeps_the_mean() {
        let mean: f64 = (0..16).map(|i| f64::from(index(&[0, 0, 128], i % 4, i / 4) % 6)).sum::<f64>() / 16.0;
        assert!((mean - 2.5).abs() < 0.15, "{mean}");
    }
}
