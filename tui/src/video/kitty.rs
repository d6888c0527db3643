//! The kitty graphics protocol: whole RGB frames as base64, one image id, replaced frame by frame.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Picture;

/// Image id of our frames.
const IMAGE: u32 = 0x006b_696e;
/// Most base64 bytes in one escape sequence; the protocol's limit.
const CHUNK_BYTES: usize = 4_096;

/// Shows a picture in `columns × rows` cells at the cursor, which does not move.
pub(crate) fn show(out: &mut dyn Write, picture: Picture<'_>, columns: u16, rows: u16) -> io::Result<()> {
    let data = STANDARD.encode(picture.rgb);
    let mut chunks = data.as_bytes().chunks(CHUNK_BYTES).peekable();
    let mut first = true;
    while let Some(chunk) = chunks.next() {
        let more = u8::from(chunks.peek().is_some());
        if first {
            // a=T: transmit and show; f=24: RGB; C=1: leave the cursor; q=2: no replies; p=1: replace the placement.
            write!(
                out,
                "\x1b_Ga=T,f=24,s={},v={},c={columns},r={rows},i={IMAGE},p=1,C=1,q=2,m={more};",
                picture.width, picture.height
            )?;
        } else {
            write!(out, "\x1b_Gm={more},q=2;")?;
        }
        out.write_all(chunk)?;
        out.write_all(b"\x1b\\")?;
        first = false;
    }
    Ok(())
}

/// Removes our image and frees its memory in the terminal.
pub(crate) fn remove(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\x1b_Ga=d,d=I,i={IMAGE},q=2\x1b\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_chunked_and_decode_to_the_same_pixels() {
        let rgb: Vec<u8> = (0..128 * 80 * 3).map(|i| (i % 251) as u8).collect();
        let mut out = Vec::new();
        show(&mut out, Picture::new(128, 80, &rgb).unwrap(), 64, 20).unwrap();
        let text = String::from_utf8(out).unwrap();
        let parts: Vec<&str> = text.split("\x1b\\").filter(|p| !p.is_empty()).collect();
        assert_eq!(parts.len(), 10);
        assert!(parts[0].starts_with("\x1b_Ga=T,f=24,s=128,v=80,c=64,r=20,"));
        let mut data = String::new();
        for (index, part) in parts.iter().enumerate() {
            let (head, body) = part.split_once(';').unwrap();
            assert!(body.len() <= CHUNK_BYTES);
            assert_eq!(head.contains("m=1"), index + 1 < parts.len());
            data.push_str(body);
        }
        assert_eq!(STANDARD.decode(data).unwrap(), rgb);
    }
}
