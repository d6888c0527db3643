//! What a subject does, as poses and sound events: gaits, gravity, wings, water, engines.

use std::f32::consts::{PI, TAU};

use kinora_protocol::shot::{Action, Scene, Subject};

use super::{Dice, Event, FPS, GROUND, Pose, STAGE_WIDTH, Sound, pace};

/// What an action is planned for.
pub(super) struct Stage<'a> {
    pub(super) scene: &'a Scene,
    /// Half the subject's height in stage pixels.
    pub(super) size: f32,
    /// +1 right, −1 left.
    pub(super) facing: f32,
    pub(super) frames: usize,
    pub(super) seconds: f32,
}

/// A planned action.
pub(super) struct Act {
    pub(super) poses: Vec<Pose>,
    pub(super) events: Vec<Event>,
    pub(super) explosion: Option<f32>,
}

impl Stage<'_> {
    /// Centre height of a subject that stands on the ground.
    fn standing(&self) -> f32 {
        GROUND - self.size * 0.92
    }

    /// Poses from a function of time.
    fn poses(&self, mut pose: impl FnMut(f32) -> Pose) -> Vec<Pose> {
        (0..self.frames).map(|f| pose(f as f32 / FPS as f32)).collect()
    }

    /// Position of something that crosses the stage at `speed` pixels a second and comes in again on the other side.
    fn crossing(&self, start: f32, speed: f32, t: f32) -> f32 {
        let margin = self.size * 1.3;
        let span = STAGE_WIDTH + 2.0 * margin;
        let along = (start + speed * t).rem_euclid(span) - margin;
        if self.facing > 0.0 { along } else { STAGE_WIDTH - along }
    }

    /// Events every `every` seconds from `first`.
    fn every(&self, sound: Sound, first: f32, every: f32) -> Vec<Event> {
        let count = (self.seconds / every.max(0.05)) as usize + 1;
        (0..count).map(|i| Event { time: first + i as f32 * every, sound }).collect()
    }
}

/// Plays the scene's action.
#[expect(clippy::too_many_lines, reason = "one arm for each action; a table of them reads best in one place")]
pub(super) fn play(stage: &Stage<'_>, dice: &mut Dice) -> Act {
    let k = pace(stage.scene.speed);
    let phase = dice.unit();
    let middle = STAGE_WIDTH / 2.0 + dice.range(-14.0, 14.0);
    let start = dice.range(18.0, 60.0);
    let size = stage.size;
    let base = Pose { x: middle, y: stage.standing(), size, turn: 0.0, squash: 1.0, gait: 0.0 };
    let quiet = |poses| Act { poses, events: Vec::new(), explosion: None };
    match stage.scene.action {
        Action::Stands => quiet(stage.poses(|t| Pose {
            squash: 1.0 - 0.03 * (t * k * 3.0 + phase * TAU).sin().abs(),
            gait: 0.4 * (t * k * 2.0 + phase * TAU).sin(),
            ..base
        })),
        Action::Runs => {
            let gait = 13.0 * k;
            let poses = stage.poses(|t| Pose {
                x: stage.crossing(start, 31.0 * k, t),
                y: base.y - 0.13 * size * (gait * t).sin().abs(),
                gait: gait * t,
                ..base
            });
            // A foot touches down each time the body is lowest: twice in a cycle of the gait.
            Act { poses, events: stage.every(Sound::Step, 0.0, PI / gait), explosion: None }
        }
        Action::Bounces => bounce(stage, base, k, phase),
        Action::Flies => {
            let gait = 15.0 * k;
            let poses = stage.poses(|t| Pose {
                x: stage.crossing(start, 24.0 * k, t),
                y: 30.0 + 5.0 * (t * k * 2.6 + phase * TAU).sin(),
                turn: 0.16 * stage.facing * (t * k * 2.6 + phase * TAU).cos(),
                gait: gait * t,
                ..base
            });
            Act { poses, events: stage.every(Sound::Flap, phase * 0.2, TAU / gait), explosion: None }
        }
        Action::Swims => {
            let poses = stage.poses(|t| Pose {
                x: stage.crossing(start, 19.0 * k, t),
                y: 47.0 + 4.0 * (t * k * 3.4 + phase * TAU).sin(),
                turn: 0.22 * (t * k * 4.2 + phase * TAU).sin(),
                gait: 8.0 * k * t,
                ..base
            });
            Act { poses, events: stage.every(Sound::Splash, phase * 0.4, 0.64 / k), explosion: None }
        }
        Action::Spins => {
            let rate = 4.4 * k;
            let poses = stage.poses(|t| Pose { turn: rate * t + phase * TAU, y: 42.0, ..base });
            Act { poses, events: stage.every(Sound::Whoosh, phase * 0.6, TAU / rate), explosion: None }
        }
        Action::Floats => {
            let poses = stage.poses(|t| Pose {
                x: base.x + 6.0 * (t * k * 1.3 + phase * TAU).cos(),
                y: 37.0 + 7.0 * (t * k * 1.9 + phase * TAU).sin(),
                turn: 0.12 * (t * k * 1.6 + phase * TAU).sin(),
                gait: 3.0 * k * t,
                ..base
            });
            Act { poses, events: vec![Event { time: 0.0, sound: Sound::Hum }], explosion: None }
        }
        Action::Drives => {
            let poses = stage.poses(|t| Pose {
                x: stage.crossing(start, 36.0 * k, t),
                y: base.y + size * 0.22 + 0.5 * (t * 31.0).sin(),
                gait: 12.0 * k * t,
                ..base
            });
            Act { poses, events: vec![Event { time: 0.0, sound: Sound::Engine }], explosion: None }
        }
        Action::Explodes => explode(stage, base, k, phase),
        Action::Dances => {
            let beat = 2.0 * k;
            let poses = stage.poses(|t| Pose {
                x: base.x + 5.0 * (t * beat * PI).sin(),
                y: base.y - 0.12 * size * (t * beat * TAU).sin().abs(),
                turn: 0.22 * (t * beat * PI).sin(),
                squash: 1.0 - 0.1 * (t * beat * TAU).cos().max(0.0),
                gait: t * beat * TAU,
                ..base
            });
            Act { poses, events: stage.every(Sound::Step, 0.0, 0.5 / beat), explosion: None }
        }
    }
}

/// Bounces under gravity; each contact is a thud and a squash.
fn bounce(stage: &Stage<'_>, base: Pose, k: f32, phase: f32) -> Act {
    let period = 1.0 / k;
    let height = 30.0;
    let poses = stage.poses(|t| {
        let q = (t / period + phase).rem_euclid(1.0);
        let contact = (-(q.min(1.0 - q) / 0.06).powi(2)).exp();
        Pose {
            x: base.x + 8.0 * (t * k).sin(),
            // A parabola from contact to contact, as gravity alone draws it.
            y: base.y - height * 4.0 * q * (1.0 - q),
            squash: 1.0 - 0.35 * contact,
            gait: 5.0 * k * t,
            ..base
        }
    });
    Act { poses, events: stage.every(Sound::Thud, (1.0 - phase) * period, period), explosion: None }
}

/// Trembles, then bursts.
fn explode(stage: &Stage<'_>, base: Pose, k: f32, phase: f32) -> Act {
    let time = ((1.1 + 0.5 * phase) / k.max(0.75)).min(stage.seconds * 0.6);
    let poses = stage.poses(|t| {
        let tremble = if t > time - 0.6 && t < time { (t * 50.0).sin() * 1.6 } else { 0.0 };
        Pose { x: base.x + tremble, y: base.y - 4.0, ..base }
    });
    Act { poses, events: vec![Event { time, sound: Sound::Boom }], explosion: Some(time) }
}

/// When the subject is heard, if it has a voice.
pub(super) fn voice(subject: Subject, dice: &mut Dice) -> Vec<Event> {
    let first = dice.range(0.2, 0.7);
    let times: &[f32] = match subject {
        Subject::Dog => &[0.0, 0.32, 1.7],
        Subject::Bird => &[0.0, 0.16, 0.32, 1.5, 1.66],
        Subject::Robot => &[0.0, 0.15, 0.3],
        Subject::Cat | Subject::Fox | Subject::Horse => &[0.0, 1.9],
        Subject::Train | Subject::Boat => &[0.4],
        _ => &[],
    };
    times.iter().map(|t| Event { time: first + t, sound: Sound::Voice }).collect()
}
