//! Writes `specs/vectors/mark.json` to standard output: tags with their checksum, coded bits and cells.
//! `cargo run -p kinora-media --example mark_vectors > specs/vectors/mark.json`

#![expect(clippy::print_stdout, reason = "an example that writes a file through the shell")]

use kinora_media::mark::tile;

fn rows(cells: &[i8]) -> String {
    let row = |row: &[i8]| {
        let text: String = row.iter().map(|cell| ['-', '0', '+'][(cell + 1) as usize]).collect();
        format!("      \"{text}\"")
    };
    cells.chunks(24).map(row).collect::<Vec<_>>().join(",\n")
}

fn main() {
    let tags = [[0u8; 8], *b"\x13\x57\x9b\xdf\x02\x46\x8a\xce", [255; 8]];
    let sync = rows(&tile(tags[0]).sync);
    let marks = tags.map(|tag| {
        let tile = tile(tag);
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let bits: String = tile.coded.iter().map(|bit| if *bit { '1' } else { '0' }).collect();
        format!(
            "    {{\n      \"tag\": \"{hex}\",\n      \"crc32\": \"{:08x}\",\n      \"coded\": \"{bits}\",\n      \"cells\": [\n{}\n      ]\n    }}",
            tile.checksum,
            rows(&tile.cells)
        )
    });
    println!("{{\n  \"sync\": [\n{sync}\n  ],\n  \"marks\": [\n{}\n  ]\n}}", marks.join(",\n"));
}
