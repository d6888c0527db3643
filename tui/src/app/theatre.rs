//! What is being played: decoded clips, the running playback, the canvas, sound and loudness.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kinora_media::footage::Footage;
use kinora_protocol::ids::BlobHash;
use ratatui::layout::Rect;

use super::{Effect, Sound};
use crate::options::{Options, Video};
use crate::playback::Playback;
use crate::probe::Capabilities;
use crate::video::{Canvas, Depth, Pace, Picture, resize};

/// Decoded clips kept: the one that plays, the one before, the one after.
const DECODED_MAX: usize = 3;
/// Clips on their way at once.
const LOADING_MAX: usize = 4;
/// Failures remembered.
const FAILED_MAX: usize = 64;
/// One step of loudness in percent.
const VOLUME_STEP: u8 = 10;

/// A picture on the canvas: whose, which of its frames, where, with which stickiness.
type Painted = (Source, usize, Rect, u8);

/// Where a picture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Clip(BlobHash),
    Preview,
}

/// The state of pictures and sound.
#[derive(Clone, Debug)]
pub(crate) struct Theatre {
    pub(crate) canvas: Canvas,
    pub(crate) pace: Pace,
    pub(crate) playback: Option<(BlobHash, Playback)>,
    pub(crate) capabilities: Capabilities,
    pub(crate) video: Video,
    pub(crate) depth: Depth,
    pub(crate) muted: bool,
    pub(crate) volume: u8,
    /// Which way the sound goes, or why there is none; `None` until it was needed.
    pub(crate) sound_state: Option<Result<&'static str, String>>,
    /// Counts the pictures given to the canvas, so that graphics protocols know when to send.
    pub(crate) generation: u64,
    /// What is on the canvas.
    painted: Option<Painted>,
    still: bool,
    tmux: bool,
    decoded: VecDeque<(BlobHash, Arc<Footage>)>,
    loading: BTreeSet<BlobHash>,
    failed: BTreeMap<BlobHash, String>,
}

impl Theatre {
    pub(crate) fn new(options: &Options, depth: Depth) -> Self {
        Self {
            canvas: Canvas::default(),
            pace: Pace::default(),
            playback: None,
            capabilities: Capabilities::default(),
            video: options.video,
            depth,
            muted: !options.sound,
            volume: options.volume.min(100),
            sound_state: None,
            generation: 0,
            painted: None,
            still: options.reduce_motion,
            tmux: options.environment.tmux,
            decoded: VecDeque::new(),
            loading: BTreeSet::new(),
            failed: BTreeMap::new(),
        }
    }

    /// How pictures are drawn: the choice, or what the terminal proved to understand.
    pub(crate) fn renderer(&self) -> Video {
        match self.video {
            Video::Auto if self.depth == Depth::Mono => Video::Ascii,
            Video::Auto if self.capabilities.kitty => Video::Kitty,
            // Sixel takes long to draw: good for a still, not for motion.
            Video::Auto if self.capabilities.sixel && !self.tmux && self.paused() => Video::Sixel,
            Video::Auto => Video::Halfblock,
            chosen => chosen,
        }
    }

    /// Whether a clip stands still.
    pub(crate) fn paused(&self) -> bool {
        self.playback.as_ref().is_some_and(|(_, playback)| playback.paused())
    }

    /// Whether the terminal is known to show pictures this way.
    pub(crate) const fn can(&self, video: Video) -> bool {
        match video {
            Video::Kitty => self.capabilities.kitty,
            Video::Sixel => self.capabilities.sixel,
            _ => true,
        }
    }

    /// Forgets what is on the canvas, so that it is painted anew.
    pub(crate) fn wipe(&mut self) {
        self.canvas.clear();
        self.painted = None;
    }

    /// Colours of cells, as far as the terminal keeps up.
    pub(crate) fn depth(&self) -> Depth {
        match self.depth {
            _ if self.renderer() == Video::Ascii => Depth::Mono,
            Depth::True if self.pace.indexed() => Depth::Indexed,
            depth => depth,
        }
    }

    /// Loudness, 0 … 1.
    pub(crate) fn loudness(&self) -> f32 {
        if self.muted { 0.0 } else { f32::from(self.volume) / 100.0 }
    }

    /// Louder or quieter by one step.
    pub(crate) fn turn(&mut self, up: bool, now: Duration, out: &mut Vec<Effect>) {
        self.volume =
            if up { self.volume + VOLUME_STEP } else { self.volume.saturating_sub(VOLUME_STEP) }.min(100);
        if self.muted {
            self.mute(now, out);
        } else {
            out.push(Effect::Sound(Sound::Volume(self.loudness())));
        }
    }

    /// Sound off or on.
    pub(crate) fn mute(&mut self, now: Duration, out: &mut Vec<Effect>) {
        self.muted = !self.muted;
        out.push(Effect::Sound(Sound::Volume(self.loudness())));
        self.sound(now, out);
    }

    /// Starts the sound of the running clip where the picture is, or stops it.
    fn sound(&self, now: Duration, out: &mut Vec<Effect>) {
        let Some((_, playback)) = &self.playback else { return };
        if self.muted || playback.paused() {
            out.push(Effect::Sound(Sound::Stop));
        } else if !playback.footage().samples.is_empty() {
            let footage = Arc::clone(playback.footage());
            out.push(Effect::Sound(Sound::Play { footage, from: playback.position(now) }));
        }
    }

    /// Plays `wanted`, stops anything else, and has `next` ready. Returns whether something changed.
    pub(crate) fn cue(
        &mut self,
        wanted: Option<BlobHash>,
        next: Option<BlobHash>,
        now: Duration,
        out: &mut Vec<Effect>,
    ) -> bool {
        let mut changed = false;
        if self.playback.as_ref().is_some_and(|(hash, _)| Some(*hash) != wanted) {
            self.playback = None;
            self.wipe();
            out.push(Effect::Sound(Sound::Stop));
            changed = true;
        }
        if let Some(hash) = wanted {
            if self.playback.is_none() {
                match self.decoded.iter().find(|(h, _)| *h == hash) {
                    Some((_, footage)) => {
                        let mut playback = Playback::new(Arc::clone(footage), now);
                        playback.pause(self.still, now);
                        self.playback = Some((hash, playback));
                        self.sound(now, out);
                        changed = true;
                    }
                    None => self.load(hash, out),
                }
            } else if let Some(next) = next
                && !self.decoded.iter().any(|(h, _)| *h == next)
            {
                self.load(next, out);
            }
        }
        changed
    }

    fn load(&mut self, hash: BlobHash, out: &mut Vec<Effect>) {
        if self.loading.len() < LOADING_MAX && !self.failed.contains_key(&hash) && self.loading.insert(hash) {
            out.push(Effect::Blob(hash));
        }
    }

    /// Forgets that a clip could not be had, so that it is asked for again.
    pub(crate) fn retry(&mut self, hash: &BlobHash) {
        self.failed.remove(hash);
    }

    /// A blob came or did not.
    pub(crate) fn blob(&mut self, hash: BlobHash, result: Result<Vec<u8>, String>, out: &mut Vec<Effect>) {
        if !self.loading.contains(&hash) {
            return;
        }
        match result {
            Ok(bytes) => out.push(Effect::Decode { hash, bytes }),
            Err(why) => self.fail(hash, why),
        }
    }

    fn fail(&mut self, hash: BlobHash, why: String) {
        self.loading.remove(&hash);
        while self.failed.len() >= FAILED_MAX {
            self.failed.pop_first();
        }
        self.failed.insert(hash, why);
    }

    /// A clip was decoded or not.
    pub(crate) fn decoded(&mut self, hash: BlobHash, result: Result<Arc<Footage>, String>) {
        match result {
            Ok(footage) => {
                self.loading.remove(&hash);
                let playing = self.playback.as_ref().map(|(h, _)| *h);
                while self.decoded.len() >= DECODED_MAX {
                    let oldest = self.decoded.iter().position(|(h, _)| Some(*h) != playing).unwrap_or(0);
                    self.decoded.remove(oldest);
                }
                self.decoded.push_back((hash, footage));
            }
            Err(why) => self.fail(hash, why),
        }
    }

    /// Why a clip does not play; `None` while it does or may.
    pub(crate) fn failure(&self, hash: &BlobHash) -> Option<&str> {
        self.failed.get(hash).map(String::as_str)
    }

    /// Whether a clip is on its way.
    pub(crate) fn loading(&self, hash: &BlobHash) -> bool {
        self.loading.contains(hash)
    }

    /// Moves on to the frame that is due; at the end starts over. Returns whether there is something new to draw.
    pub(crate) fn tick(&mut self, now: Duration, heard: Option<Duration>, out: &mut Vec<Effect>) -> bool {
        let every = self.pace.every();
        let Some((_, playback)) = &mut self.playback else { return false };
        let step = playback.advance(now, heard.filter(|_| !self.muted), every);
        if step.ended {
            playback.seek(Duration::ZERO, now);
            self.sound(now, out);
            return true;
        }
        step.moved
    }

    /// Time until the next frame is due.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        self.playback.as_ref()?.1.wait(now, self.pace.every())
    }

    /// Pauses or goes on.
    pub(crate) fn toggle_pause(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if let Some((_, playback)) = &mut self.playback {
            let paused = playback.paused();
            playback.pause(!paused, now);
            self.sound(now, out);
        }
    }

    /// Jumps by seconds.
    pub(crate) fn seek(&mut self, seconds: i64, now: Duration, out: &mut Vec<Effect>) {
        if let Some((_, playback)) = &mut self.playback {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let position = playback.position(now);
            let to = if seconds < 0 { position.saturating_sub(by) } else { position + by };
            playback.seek(to, now);
            self.sound(now, out);
        }
    }

    /// Starts over.
    pub(crate) fn restart(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if let Some((_, playback)) = &mut self.playback {
            playback.pause(false, now);
            playback.seek(Duration::ZERO, now);
            self.sound(now, out);
        }
    }

    /// A frame was written in this time.
    pub(crate) fn wrote(&mut self, took: Duration) {
        if let Some((_, playback)) = &self.playback {
            self.pace.wrote(took, playback.interval());
        }
    }

    /// The picture that belongs on the screen.
    pub(crate) fn picture<'a>(&'a self, preview: Option<Picture<'a>>) -> Option<Picture<'a>> {
        match &self.playback {
            Some((_, playback)) => playback.picture(),
            None => preview,
        }
    }

    /// Paints the current picture into `area`, unless it is there already. `preview` comes with its number.
    pub(crate) fn paint(&mut self, preview: Option<(usize, Picture<'_>)>, area: Rect) {
        let threshold = self.pace.threshold();
        let picture = match &self.playback {
            Some((hash, playback)) => playback.picture().map(|p| (Source::Clip(*hash), playback.index(), p)),
            None => preview.map(|(number, picture)| (Source::Preview, number, picture)),
        };
        let Some((source, number, picture)) = picture.filter(|_| self.renderer() != Video::Off) else {
            return self.wipe();
        };
        let painted = Some((source, number, area, threshold));
        if painted != self.painted {
            let (columns, rows) = resize::fit(picture.width, picture.height, area.width, area.height);
            self.canvas.paint(picture, columns, rows, threshold);
            self.painted = painted;
            self.generation = self.generation.wrapping_add(1);
        }
    }
}
