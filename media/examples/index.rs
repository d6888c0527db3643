//! How fast and how large the index of fingerprints is: a million drawn hashes, queries 20 bits away and queries that
//! are not in it. `cargo run --release -p kinora-media --example index`

#![expect(clippy::print_stdout, reason = "a measurement prints")]
#![expect(clippy::unwrap_used, reason = "a measurement stops at the first surprise")]

use std::time::Instant;

use kinora_media::fingerprint::index::Index;
use kinora_media::fingerprint::pdq::Hash;

const HASHES: usize = 1_000_000;
const QUERIES: usize = 1_000;

/// xorshift64 (G. Marsaglia 2003).
fn draw(state: &mut u64) -> Hash {
    Hash(std::array::from_fn(|_| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 32) as u8
    }))
}

fn main() {
    let mut state = 0x1234_5678_9abc_def1;
    let hashes: Vec<Hash> = (0..HASHES).map(|_| draw(&mut state)).collect();
    let start = Instant::now();
    let index = Index::new(hashes.clone()).unwrap();
    println!("built in {:.2} s, {:.0} MB", start.elapsed().as_secs_f64(), index.bytes() as f64 / 1e6);
    for known in [true, false] {
        let mut times = Vec::new();
        for i in 0..QUERIES {
            let mut query = if known { hashes[i * 977] } else { draw(&mut state) };
            for bit in (0..20).map(|k| (k * 37 + i) % 256) {
                query.0[bit / 8] ^= 1 << (bit % 8);
            }
            let start = Instant::now();
            let found = index.near(&query);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert_eq!(found.len(), usize::from(known));
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{}: median {:.2} ms, 99 % {:.2} ms, worst {:.2} ms",
            if known { "seen" } else { "not seen" },
            times[QUERIES / 2],
            times[QUERIES * 99 / 100],
            times[QUERIES - 1]
        );
    }
}
