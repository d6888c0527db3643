//! How well fingerprints tell clips apart, and what changes to a clip they survive: on clips that Pocket makes, each of
//! another scene, against each other and against copies that went through ffmpeg.

use std::path::Path;
use std::process::{Command, Stdio};

use kinora_media::Footage;
use kinora_media::fingerprint::{self, Alike, alike, sound};
use kinora_models::blocking;
use kinora_models::judge::draw::Take;
use kinora_models::pocket::{Brief, Pocket};
use kinora_protocol::fingerprint::{Fingerprint, Second};
use serde::Serialize;

use super::pocket::usual;

/// Clips when nothing else is asked.
pub const CLIPS_DEFAULT: u32 = 200;
/// Frames of a clip: four seconds, so that there is sound enough to compare.
const FRAMES: usize = 48;
/// Clips that are attacked.
const ATTACKED_MAX: usize = 50;
/// Size and rate of the clips.
const SIZE: (usize, usize) = (160, 96);
/// Agreements of sounds that are counted.
const SOUND_PERCENTS: [u32; 6] = [75, 80, 85, 88, 90, 95];
/// Name, filter and quality of H.264 (x264, veryfast) of each attack.
const ATTACKS: [(&str, &str, &str); 15] = [
    ("h264 crf 23", "null", "23"),
    ("h264 crf 28", "null", "28"),
    ("h264 crf 35", "null", "35"),
    ("crop 1 %", "crop=158:94", "23"),
    ("crop 2 %", "crop=156:94", "23"),
    ("crop 3 %", "crop=154:92", "23"),
    ("crop 5 %", "crop=152:90", "23"),
    ("crop 7 %", "crop=148:88", "23"),
    ("crop 10 %", "crop=144:86", "23"),
    ("scale .5", "scale=80:48", "23"),
    ("scale 2", "scale=320:192", "23"),
    ("scale 4", "scale=640:384", "23"),
    ("mirror", "hflip", "23"),
    ("mirror, crop 5 %", "hflip,crop=152:90", "23"),
    ("brightness +10 %", "eq=brightness=0.1", "23"),
];

/// One way to change a clip.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttackFigure {
    /// What was done.
    pub attack: &'static str,
    /// Clips that were still known.
    pub known: u32,
    /// Clips that it was done to.
    pub clips: u32,
    /// Seconds that matched, and seconds that were compared.
    pub seconds: (u32, u32),
    /// Bits in which matching seconds differ, the mean.
    pub bits: f64,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FingerprintFigures {
    /// Clips, each of another scene.
    pub clips: usize,
    /// Clips with at least one second that says something.
    pub telling: usize,
    /// Pairs of different clips that were compared by their pictures.
    pub pairs: u64,
    /// Pairs that were taken for copies.
    pub false_copies: u64,
    /// Pairs in which any second matched.
    pub false_seconds: u64,
    /// Pairs of different clips by how much of their sound agrees.
    pub different_sounds: Agreement,
    /// The same of clips and their copies through AAC; empty where ffmpeg is not installed.
    pub copied_sounds: Agreement,
    /// What copies survive; empty where ffmpeg is not installed.
    pub attacks: Vec<AttackFigure>,
}

/// How many pairs of sounds agree in so many percent of the bits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement(Vec<u64>);

impl Default for Agreement {
    fn default() -> Self {
        Self(vec![0; 101])
    }
}

impl Agreement {
    fn add(&mut self, ours: &[u32], theirs: &[u32]) {
        if let Some(percent) = sound::agreement(ours, theirs)
            && let Some(count) = self.0.get_mut(percent as usize)
        {
            *count += 1;
        }
    }

    /// Pairs that were compared.
    fn pairs(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Pairs that agree in at least so many percent.
    fn at(&self, percent: u32) -> u64 {
        self.0.iter().skip(percent as usize).sum()
    }
}

/// Measures on this thread. Files go into `folder`, which is made. `note` hears how far it is.
///
/// # Errors
/// A clip that fails, or an ffmpeg that does.
pub fn run(
    folder: &Path,
    clips: u32,
    threads: usize,
    note: &mut dyn FnMut(String),
) -> Result<FingerprintFigures, String> {
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let pocket = Pocket::embedded(threads).map_err(|e| e.to_string())?;
    let mut prints: Vec<Fingerprint> = Vec::new();
    let has_ffmpeg =
        Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let mut copied = Agreement::default();
    let mut attacks: Vec<Tally> = ATTACKS.iter().map(|_| Tally::default()).collect();
    for number in 0..clips {
        if number.is_multiple_of(10) {
            note(format!("clip {number} of {clips} …"));
        }
        let footage = made(&pocket, u64::from(number))?;
        let print = fingerprint::of(&footage).map_err(|e| e.to_string())?;
        if has_ffmpeg && prints.len() < ATTACKED_MAX {
            let copy = sound_through_ffmpeg(folder, &footage)?;
            copied.add(&print.sound, &sound::sound(&copy).map_err(|e| e.to_string())?);
            for (tally, (_, filter, quality)) in attacks.iter_mut().zip(ATTACKS) {
                let copy = through_ffmpeg(folder, &footage, filter, quality)?;
                let copy = fingerprint::of(&copy).map_err(|e| e.to_string())?;
                let known = [print.seconds.clone(), print.altered.clone()].concat();
                tally.add(&copy, &known);
            }
        }
        prints.push(print);
    }
    let mut figures = FingerprintFigures { copied_sounds: copied, ..compared(&prints) };
    if has_ffmpeg {
        figures.attacks = attacks.iter().zip(ATTACKS).map(|(tally, (name, ..))| tally.figure(name)).collect();
    }
    Ok(figures)
}

/// A clip of the scene of this number, from Pocket.
fn made(pocket: &Pocket, number: u64) -> Result<Footage, String> {
    let take = Take::new(1, number, false);
    let plan = blocking::plan(&take.scene, take.seed, FRAMES);
    let brief = Brief::new(&take.scene, &plan);
    let shot = pocket.shoot(&brief, &usual(take.seed), &mut |_, _, _, _| {}).map_err(|e| e.to_string())?;
    pocket.develop(&shot, &mut |_| {}).map_err(|e| e.to_string())
}

/// How an arriving clip compares with what is known of another: as it is, or mirrored.
fn as_arrived(copy: &Fingerprint, known: &[Second]) -> Option<Alike> {
    let mirrored = alike(&copy.mirrored, known)?;
    Some(alike(&copy.seconds, known)?.or_better(mirrored))
}

/// Every clip against every other.
fn compared(prints: &[Fingerprint]) -> FingerprintFigures {
    let mut figures = FingerprintFigures {
        clips: prints.len(),
        telling: prints.iter().filter(|print| !fingerprint::telling(&print.seconds).is_empty()).count(),
        pairs: 0,
        false_copies: 0,
        false_seconds: 0,
        different_sounds: Agreement::default(),
        copied_sounds: Agreement::default(),
        attacks: Vec::new(),
    };
    for (number, ours) in prints.iter().enumerate() {
        for theirs in prints.iter().skip(number + 1) {
            // One as it is kept of a withdrawn clip, the other as it arrives.
            let known = [ours.seconds.clone(), ours.altered.clone()].concat();
            if let Some(found) = as_arrived(theirs, &known) {
                figures.pairs += 1;
                figures.false_copies += u64::from(found.is_copy());
                figures.false_seconds += u64::from(!found.pairs.is_empty());
            }
            figures.different_sounds.add(&ours.sound, &theirs.sound);
        }
    }
    figures
}

/// What one attack came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    clips: u32,
    known: u32,
    matched: u32,
    seconds: u32,
    bits: u32,
}

impl Tally {
    /// Adds a copy and what is known of its clip; one without a telling second is not compared.
    fn add(&mut self, copy: &Fingerprint, known: &[Second]) {
        let Some(found) = as_arrived(copy, known) else { return };
        self.clips += 1;
        self.known += u32::from(found.is_copy());
        self.matched += found.pairs.len() as u32;
        self.seconds += fingerprint::telling(&copy.seconds).len() as u32;
        self.bits += found.pairs.iter().map(|pair| pair.bits).sum::<u32>();
    }

    fn figure(self, attack: &'static str) -> AttackFigure {
        AttackFigure {
            attack,
            known: self.known,
            clips: self.clips,
            seconds: (self.matched, self.seconds),
            bits: f64::from(self.bits) / f64::from(self.matched.max(1)),
        }
    }
}

/// Runs ffmpeg with these arguments; what it writes to its output.
fn ffmpeg(with: impl FnOnce(&mut Command) -> &mut Command) -> Result<Vec<u8>, String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-threads", "1"]);
    run_program(with(&mut command))
}

fn run_program(command: &mut Command) -> Result<Vec<u8>, String> {
    let done = command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&done.stderr);
    done.status.success().then_some(done.stdout).ok_or_else(|| format!("ffmpeg: {said}"))
}

/// The pictures after a filter and x264.
fn through_ffmpeg(folder: &Path, footage: &Footage, filter: &str, quality: &str) -> Result<Footage, String> {
    let (raw, coded) = (folder.join("frames.rgb"), folder.join("coded.mkv"));
    std::fs::write(&raw, footage.frames.concat()).map_err(|e| e.to_string())?;
    let size = format!("{}x{}", SIZE.0, SIZE.1);
    let rate = footage.fps.to_string();
    let input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-r", &rate, "-i"];
    let output = ["-vf", filter, "-c:v", "libx264", "-preset", "veryfast", "-crf", quality];
    ffmpeg(|c| c.args(input).arg(&raw).args(output).arg(&coded))?;
    let probe = ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"];
    let sides = run_program(Command::new("ffprobe").args(probe).args(["-of", "csv=p=0"]).arg(&coded))?;
    let sides = String::from_utf8_lossy(&sides);
    let mut sides = sides.trim().split(',').map(|side| side.parse::<u32>().map_err(|e| e.to_string()));
    let (Some(width), Some(height)) = (sides.next(), sides.next()) else {
        return Err("ffprobe names no size".to_owned());
    };
    let (width, height) = (width?, height?);
    let plain = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    let frames = ffmpeg(|c| c.arg("-i").arg(&coded).args(plain))?;
    let frames = frames.chunks_exact((width * height * 3) as usize).map(<[u8]>::to_vec).collect();
    Ok(Footage { width, height, fps: footage.fps, frames, ..Footage::default() })
}

/// The sound after AAC of 64 kbit/s.
fn sound_through_ffmpeg(folder: &Path, footage: &Footage) -> Result<Footage, String> {
    let (raw, coded) = (folder.join("sound.f32"), folder.join("coded.m4a"));
    let samples: Vec<u8> = footage.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(&raw, samples).map_err(|e| e.to_string())?;
    let (rate, channels) = (footage.sample_rate.to_string(), footage.channels.to_string());
    let form = ["-f", "f32le", "-ar", &rate, "-ac", &channels];
    ffmpeg(|c| c.args(form).arg("-i").arg(&raw).args(["-c:a", "aac", "-b:a", "64k"]).arg(&coded))?;
    let plain = ffmpeg(|c| c.arg("-i").arg(&coded).args(form).arg("-"))?;
    let samples = plain.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Footage { samples, ..footage.clone() })
}

/// What is said of them.
#[must_use]
pub fn lines(figures: &FingerprintFigures) -> Vec<String> {
    let mut lines = vec![format!(
        "print     {} of {} clips have something to compare; of {} pairs of different ones {} were taken for copies, {} had a second in common",
        figures.telling, figures.clips, figures.pairs, figures.false_copies, figures.false_seconds
    )];
    lines.extend(SOUND_PERCENTS.iter().map(|percent| {
        let (different, copied) = (&figures.different_sounds, &figures.copied_sounds);
        format!(
            "  sound   at {percent} %: {} of {} pairs of different clips, {} of {} copies",
            different.at(*percent),
            different.pairs(),
            copied.at(*percent),
            copied.pairs()
        )
    }));
    if figures.attacks.is_empty() {
        lines.push("  no copies: ffmpeg is not installed".to_owned());
    }
    for attack in &figures.attacks {
        lines.push(format!(
            "  {:<18}{} of {} known, {} of {} seconds, {:.1} bits",
            attack.attack, attack.known, attack.clips, attack.seconds.0, attack.seconds.1, attack.bits
        ));
    }
    lines
}
