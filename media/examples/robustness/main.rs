//! Measures the mark: embeds tags in clips, attacks them with ffmpeg's encoders and filters, and counts what is read.
//!
//! `cargo run --release -p kinora-media --example robustness -- CLIPS…` prints a line for each clip and attack and a
//! table at the end. Options before the clips: `--only a,b` (attacks by name), `--enlarge N` (each pixel becomes N × N,
//! smoothly, before the mark), `--direct` (the mark is not sent through our own encoder first), `--clean` (nothing is
//! embedded: every tag that is read is a false accept), `--quick` (no full search), `--synthetic N` (N scenes drawn here
//! as clips). `ffmpeg` and `ffprobe` must be on the path. Nothing here is used by a node.

#![expect(clippy::print_stdout, reason = "a measurement prints")]
#![expect(clippy::unwrap_used, reason = "a measurement stops at the first surprise")]

mod attacks;
mod clips;

use attacks::{ATTACKS, Attack};
use kinora_media::Footage;
use kinora_media::enlarge::{Filter, enlarge};
use kinora_media::mark::{Budget, Search, detect, embed};

#[derive(Default)]
struct Options {
    only: Vec<String>,
    enlarge: u32,
    direct: bool,
    clean: bool,
    quick: bool,
    synthetic: usize,
    budget: Budget,
    clips: Vec<String>,
}

/// What one attack did to all clips.
#[derive(Default)]
struct Tally {
    read: usize,
    all: usize,
    wrong: usize,
    seconds: f64,
}

fn options() -> Options {
    let mut o = Options { enlarge: 1, ..Options::default() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap();
        match arg.as_str() {
            "--only" => o.only = value().split(',').map(str::to_owned).collect(),
            "--enlarge" => o.enlarge = value().parse().unwrap(),
            "--direct" => o.direct = true,
            "--clean" => o.clean = true,
            "--quick" => o.quick = true,
            "--synthetic" => o.synthetic = value().parse().unwrap(),
            "--psnr" => o.budget.psnr_min = value().parse().unwrap(),
            "--ssim" => o.budget.ssim_min = value().parse().unwrap(),
            "--first" => o.budget.psnr_first = value().parse().unwrap(),
            "--margin" => o.budget.margin = value().parse().unwrap(),
            _ => o.clips.push(arg),
        }
    }
    o
}

fn main() {
    let o = options();
    let attacks: Vec<&Attack> =
        ATTACKS.iter().filter(|a| o.only.is_empty() || o.only.iter().any(|name| name == a.name)).collect();
    let mut tallies: Vec<Tally> = attacks.iter().map(|_| Tally::default()).collect();
    let (mut psnr, mut ssim, mut slow) = (Vec::new(), Vec::new(), 0.0f64);
    let names = o.clips.iter().cloned().chain((0..o.synthetic).map(|i| format!("synthetic {i}")));
    for (index, name) in names.enumerate() {
        let mut footage = match name.strip_prefix("synthetic ") {
            Some(number) => clips::synthetic(number.parse().unwrap()),
            None => clips::load(&name),
        };
        if o.enlarge > 1 {
            footage = enlarge(&footage, o.enlarge, Filter::Smooth).unwrap();
        }
        // Any tag will do; this one differs from clip to clip.
        let tag = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        if !o.clean {
            let start = clips::busy_seconds();
            let done = embed(&mut footage, tag, &o.budget).unwrap();
            let took = clips::busy_seconds() - start;
            println!(
                "{name}: {}x{}, {:.1} s, psnr {:.2}, ssim {:.5}, margin {:.1} dB, embedding {took:.2} s",
                footage.width,
                footage.height,
                footage.seconds(),
                done.psnr,
                done.ssim,
                done.margin
            );
            psnr.push(f64::from(done.psnr));
            ssim.push(f64::from(done.ssim));
        }
        let sent = if o.direct || o.clean { footage } else { attacks::own(&footage) };
        for (attack, tally) in attacks.iter().zip(&mut tallies) {
            let attacked = attack.run(&sent);
            let took = judge(&o, &attacked, tag, attack.name, tally);
            slow = slow.max(took / attacked.seconds().max(0.1));
        }
    }
    table(&attacks, &tallies);
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    println!(
        "mean psnr {:.2}, mean ssim {:.5}, slowest search {slow:.2} s a second of clip",
        mean(&psnr),
        mean(&ssim)
    );
}

/// Looks for the tag and counts; returns the seconds it took.
fn judge(o: &Options, footage: &Footage, tag: [u8; 8], attack: &str, tally: &mut Tally) -> f64 {
    let start = clips::busy_seconds();
    let found = detect(footage, &if o.quick { Search::Whole } else { Search::Full });
    let took = clips::busy_seconds() - start;
    tally.all += 1;
    tally.seconds += took;
    match found {
        Some(f) if f.tag == tag && !o.clean => {
            tally.read += 1;
            println!(
                "  {attack}: read, score {:.3}, scale {:.3}, flip {}, {took:.2} s",
                f.score, f.scale, f.flip
            );
        }
        Some(f) => {
            tally.wrong += 1;
            println!("  {attack}: WRONG {:02x?}, score {:.3}", f.tag, f.score);
        }
        None => println!("  {attack}: {}, {took:.2} s", if o.clean { "no mark" } else { "lost" }),
    }
    took
}

fn table(attacks: &[&Attack], tallies: &[Tally]) {
    println!("\n| attack | read | of | wrong | mean seconds of search |\n|---|---|---|---|---|");
    for (attack, tally) in attacks.iter().zip(tallies) {
        let mean = tally.seconds / tally.all.max(1) as f64;
        println!("| {} | {} | {} | {} | {mean:.2} |", attack.name, tally.read, tally.all, tally.wrong);
    }
}
