//! What a subject does, as poses and sound events: gaits, gravity, wings, water, engines.

use std::f32::consts::{PI, TAU};

use kinora_protocol::shot::{Action, Speed, Subject};

use super::{Dice, Event, FPS, GROUND, Pose, Role, STAGE_WIDTH, Sound, pace};

/// What an action is planned for: one body in its group.
pub(super) struct Stage {
    pub(super) action: Action,
    pub(super) speed: Speed,
    pub(super) kind: Subject,
    pub(super) role: Role,
    /// Half the body's height in stage pixels.
    pub(super) size: f32,
    /// +1 right, −1 left.
    pub(super) facing: f32,
    pub(super) frames: usize,
    /// Where in its own cycle the body begins, 0 … 1.
    pub(super) phase: f32,
    /// Where the group's middle stands, in stage pixels from the left.
    pub(super) middle: f32,
    /// Where a group that crosses the stage begins.
    pub(super) start: f32,
    /// Half the group's width, so that a group leaves the stage whole.
    pub(super) reach: f32,
    /// The body's place in the group, in stage pixels.
    pub(super) shift: (f32, f32),
}

/// A planned action.
pub(super) struct Act {
    pub(super) poses: Vec<Pose>,
    pub(super) events: Vec<Event>,
    pub(super) explosion: Option<f32>,
}

impl Stage {
    /// Centre height of a subject that stands on the ground.
    fn standing(&self) -> f32 {
        GROUND - self.size * 0.92
    }

    /// Poses from a function of time, moved to the body's place in the group.
    fn poses(&self, mut pose: impl FnMut(f32) -> Pose) -> Vec<Pose> {
        (0..self.frames)
            .map(|f| pose(f as f32 / FPS as f32))
            .map(|p| Pose { x: p.x + self.shift.0, y: p.y + self.shift.1, ..p })
            .collect()
    }

    fn seconds(&self) -> f32 {
        self.frames as f32 / FPS as f32
    }

    fn event(&self, time: f32, sound: Sound) -> Event {
        Event { time, sound, role: self.role }
    }

    /// Position of something that crosses the stage at `speed` pixels a second and comes in again on the other side.
    fn crossing(&self, start: f32, speed: f32, t: f32) -> f32 {
        let margin = self.size * 1.3 + self.reach;
        let span = STAGE_WIDTH + 2.0 * margin;
        let along = (start + speed * t).rem_euclid(span) - margin;
        if self.facing > 0.0 { along } else { STAGE_WIDTH - along }
    }

    /// Events every `every` seconds from `first`.
    fn every(&self, sound: Sound, first: f32, every: f32) -> Vec<Event> {
        let count = (self.seconds() / every.max(0.05)) as usize + 1;
        (0..count).map(|i| self.event(first + i as f32 * every, sound)).collect()
    }
}

/// Plays the scene's action.
#[expect(clippy::too_many_lines, reason = "one arm for each action; a table of them reads best in one place")]
pub(super) fn play(stage: &Stage) -> Act {
    let k = pace(stage.speed);
    let (phase, start, size) = (stage.phase, stage.start, stage.size);
    let base = Pose { x: stage.middle, y: stage.standing(), size, turn: 0.0, squash: 1.0, gait: 0.0 };
    let quiet = |poses| Act { poses, events: Vec::new(), explosion: None };
    match stage.action {
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
            Act { poses, events: vec![stage.event(0.0, Sound::Hum)], explosion: None }
        }
        Action::Drives => {
            let poses = stage.poses(|t| Pose {
                x: stage.crossing(start, 36.0 * k, t),
                y: base.y + size * 0.22 + 0.5 * (t * 31.0).sin(),
                gait: 12.0 * k * t,
                ..base
            });
            Act { poses, events: vec![stage.event(0.0, Sound::Engine)], explosion: None }
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

/// Height of the first bounce in stage pixels.
pub(super) const BOUNCE_HEIGHT: f32 = 30.0;
/// A bounce lower than this, in stage pixels, is rest.
const REST_HEIGHT: f32 = 1.0;

/// Share of the speed that is left after a contact: dead things lose some, living ones jump again.
pub(super) const fn restitution(kind: Subject) -> f32 {
    match kind {
        Subject::Ball | Subject::Balloon => 0.94,
        Subject::Car | Subject::Boat | Subject::Train | Subject::Rocket | Subject::Tree => 0.9,
        _ => 1.0,
    }
}

/// Bounces under gravity: between contacts a parabola, at a contact a thud and a squash, after it less speed.
fn bounce(stage: &Stage, base: Pose, k: f32, phase: f32) -> Act {
    let keep = restitution(stage.kind);
    // Flights as (start, length, height); the first began before the shot.
    let mut flights = Vec::new();
    let (mut from, mut length, mut height) = (-phase / k, 1.0 / k, BOUNCE_HEIGHT);
    while from < stage.seconds() && height > REST_HEIGHT {
        flights.push((from, length, height));
        from += length;
        length *= keep;
        height *= keep * keep;
    }
    let poses = stage.poses(|t| {
        let (up, contact) = flights
            .iter()
            .find(|(from, length, _)| (*from..from + length).contains(&t))
            .map_or((0.0, 0.0), |(from, length, height)| {
                let q = (t - from) / length;
                // As gravity alone draws it: 4 h q (1 − q).
                (height * 4.0 * q * (1.0 - q), (-(q.min(1.0 - q) / 0.06).powi(2)).exp())
            });
        Pose {
            x: base.x + 8.0 * (t * k).sin(),
            y: base.y - up,
            squash: 1.0 - 0.35 * contact,
            gait: 5.0 * k * t,
            ..base
        }
    });
    let events = flights.iter().map(|(from, length, _)| stage.event(from + length, Sound::Thud)).collect();
    Act { poses, events, explosion: None }
}

/// Trembles, then bursts.
fn explode(stage: &Stage, base: Pose, k: f32, phase: f32) -> Act {
    let time = ((1.1 + 0.5 * phase) / k.max(0.75)).min(stage.seconds() * 0.6);
    let poses = stage.poses(|t| {
        let tremble = if t > time - 0.6 && t < time { (t * 50.0).sin() * 1.6 } else { 0.0 };
        Pose { x: base.x + tremble, y: base.y - 4.0, ..base }
    });
    Act { poses, events: vec![stage.event(time, Sound::Boom)], explosion: Some(time) }
}

/// When the subject is heard, if it has a voice.
pub(super) fn voice(stage: &Stage, dice: &mut Dice) -> Vec<Event> {
    let first = dice.range(0.2, 0.7);
    let times: &[f32] = match stage.kind {
        Subject::Dog => &[0.0, 0.32, 1.7],
        Subject::Bird => &[0.0, 0.16, 0.32, 1.5, 1.66],
        Subject::Robot => &[0.0, 0.15, 0.3],
        Subject::Cat | Subject::Fox | Subject::Horse => &[0.0, 1.9],
        Subject::Train | Subject::Boat => &[0.4],
        _ => &[],
    };
    times.iter().map(|t| stage.event(first + t, Sound::Voice)).collect()
}
