//! Plays one clip inline, below the cursor, with sound: for `kinora play` and `kinora make`.

use std::io::{IsTerminal as _, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use crossterm::terminal;
use kinora_media::footage::Footage;

use crate::TuiError;
use crate::options::{Environment, Video};
use crate::playback::{Playback, Step};
use crate::sound::Speaker;
use crate::video::resize::{fit, resize};

/// How a clip is played.
#[derive(Clone, Debug)]
pub struct PlayOptions {
    /// How the pictures are drawn.
    pub video: Video,
    /// Whether it is heard.
    pub sound: bool,
    /// Loudness in percent, 0 … 100.
    pub volume: u8,
    /// No colours: characters by brightness.
    pub no_color: bool,
    /// How often it is played; at least once.
    pub times: u32,
    /// The environment.
    pub environment: Environment,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Frames that reached the terminal.
    pub shown: u64,
    /// Frames left out because the terminal or the machine was slow.
    pub dropped: u64,
    /// Whether a key stopped it.
    pub stopped: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// Which way the sound went; `None` when there was none.
    pub sound: Option<&'static str>,
    /// Why there was no sound although it was wanted.
    pub silent_because: Option<String>,
}

/// How long the last of the sound may take after the last frame.
const TAIL_MAX: Duration = Duration::from_millis(500);
/// Widest picture, in columns; a clip of Pocket is 128 pixels wide.
const COLUMNS_MAX: u16 = 128;

/// Plays `footage` below the cursor until its end, `q`, `Esc` or Ctrl-C. Leaves the last frame and the cursor below it.
///
/// # Errors
/// The terminal could not be written or switched to raw mode, or the footage breaks its rules.
pub fn play(footage: &Arc<Footage>, options: &PlayOptions, out: &mut dyn Write) -> Result<Played, TuiError> {
    footage.check().map_err(|fault| TuiError::Footage(fault.to_string()))?;
    let (columns, rows) = terminal::size()?;
    // One line stays for the cursor.
    let (columns, rows) =
        fit(footage.width, footage.height, columns.min(COLUMNS_MAX), rows.saturating_sub(1).max(1));
    let ascii = options.no_color || options.environment.no_color || options.video == Video::Ascii;
    let show = options.video != Video::Off && columns > 0 && rows > 0;
    let raw = RawMode::enter();
    if show {
        write!(out, "\x1b[?25l{}", "\r\n".repeat(usize::from(rows)))?;
    }
    let mut speaker =
        (options.sound && !footage.samples.is_empty()).then(|| Speaker::new(&options.environment));
    if let Some(speaker) = &mut speaker {
        speaker.volume(f32::from(options.volume.min(100)) / 100.0);
        speaker.play(Arc::clone(footage), Duration::ZERO);
    }
    let start = Instant::now();
    let mut playback = Playback::new(Arc::clone(footage), Duration::ZERO);
    let (mut left, mut stopped) = (options.times.max(1), false);
    loop {
        if show && let Some(picture) = playback.picture() {
            let small = resize(picture, u32::from(columns), u32::from(rows).saturating_mul(2));
            out.write_all(cells(&small, columns, rows, ascii).as_bytes())?;
            out.flush()?;
        }
        let step = loop {
            let wait = playback.wait(start.elapsed(), 1).unwrap_or_default();
            if raw.wait(Instant::now() + wait)? {
                stopped = true;
                break Step::default();
            }
            let step = playback.advance(start.elapsed(), speaker.as_ref().and_then(Speaker::heard), 1);
            if step.moved || step.ended {
                break step;
            }
        };
        left = left.saturating_sub(u32::from(step.ended));
        if stopped || left == 0 {
            break;
        }
        if step.ended {
            playback.seek(Duration::ZERO, start.elapsed());
            if let Some(speaker) = &mut speaker {
                speaker.play(Arc::clone(footage), Duration::ZERO);
            }
        }
    }
    if show {
        out.write_all(b"\x1b[0m\x1b[?25h")?;
        out.flush()?;
    }
    if let Some(speaker) = speaker.as_ref().filter(|_| !stopped) {
        speaker.finish(TAIL_MAX);
    }
    let silent = footage.samples.is_empty().then(|| "the clip has no sound".to_owned());
    let (sound, reason) = match speaker.as_ref().and_then(Speaker::state) {
        Some(Ok(way)) => (Some(way), None),
        Some(Err(reason)) => (None, Some(reason)),
        None => (None, silent.filter(|_| options.sound)),
    };
    let (shown, dropped) = playback.counts();
    let seconds = start.elapsed().as_secs_f64();
    Ok(Played { shown, dropped, stopped, seconds, sound, silent_because: reason })
}

/// One picture as text: up to its first line, then two pixels in each cell.
fn cells(rgb: &[u8], columns: u16, rows: u16, ascii: bool) -> String {
    /// From dark to bright.
    const SHADES: &[u8] = b" .:-=+*#%@";
    let pixel = |x: usize, y: usize| -> [u8; 3] {
        let at = y.saturating_mul(usize::from(columns)).saturating_add(x).saturating_mul(3);
        rgb.get(at..).and_then(|rest| rest.first_chunk::<3>()).copied().unwrap_or_default()
    };
    let mut text = format!("\x1b[{rows}A");
    for row in 0..usize::from(rows) {
        text.push('\r');
        let mut before = None;
        for x in 0..usize::from(columns) {
            let (top, bottom) =
                (pixel(x, row.saturating_mul(2)), pixel(x, row.saturating_mul(2).saturating_add(1)));
            if ascii {
                let sum: usize = top.iter().chain(&bottom).map(|v| usize::from(*v)).sum();
                let shade = sum.saturating_mul(SHADES.len()) / (6 * 256);
                text.push(SHADES.get(shade).map_or(' ', |b| char::from(*b)));
                continue;
            }
            if before != Some((top, bottom)) {
                let ([a, b, c], [d, e, f]) = (top, bottom);
                text.push_str(&format!("\x1b[48;2;{a};{b};{c};38;2;{d};{e};{f}m"));
                before = Some((top, bottom));
            }
            text.push('▄');
        }
        text.push_str(if ascii { "\r\n" } else { "\x1b[0m\r\n" });
    }
    text
}

/// Raw mode while a clip plays; given back when dropped. Without a terminal for keys there is none.
struct RawMode(bool);

impl RawMode {
    fn enter() -> Self {
        Self(std::io::stdin().is_terminal() && terminal::enable_raw_mode().is_ok())
    }

    /// Waits until then; tells whether a key asked to stop.
    fn wait(&self, until: Instant) -> std::io::Result<bool> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if !self.0 {
                std::thread::sleep(left);
                return Ok(false);
            }
            if !event::poll(left)? {
                return Ok(false);
            }
            if let Event::Key(key) = event::read()? {
                let interrupt =
                    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
                if interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                    return Ok(true);
                }
            }
        }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if self.0 {
            // Nothing more can be done about a terminal that went away.
            drop(terminal::disable_raw_mode());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_becomes_cells_of_two_pixels() {
        let rgb = [255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 0];
        let text = cells(&rgb, 2, 1, false);
        assert_eq!(text.matches('▄').count(), 2);
        assert!(text.contains("48;2;255;0;0;38;2;0;255;0m"), "{text:?}");
        let plain = cells(&[255; 12], 2, 1, true);
        assert_eq!(plain, "\x1b[1A\r@@\r\n");
    }
}
