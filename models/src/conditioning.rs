//! Blocking as the model sees it: maps at half the picture's size for every frame, and sound events for every frame.
//!
//! Maps are what a set designer's floor plan is to a painter: where the actors are and how they are turned, where the
//! set is under the camera, where drops fall, what a cameo looks like. Values lie within about −4 … 4.

use kinora_protocol::shot::Scene;

use crate::blocking::{Actor, Blocking, CENTRE, Role, Sound};
use crate::reference::Reference;
use crate::worlds::{self, Frame, HEIGHT, WIDTH, to_stage};

/// Width of a map.
pub const MAP_WIDTH: usize = WIDTH / 2;
/// Height of a map.
pub const MAP_HEIGHT: usize = HEIGHT / 2;
/// What each channel of the maps shows. Own coordinates are those of the nearest actor or fire, the set's are in half
/// stages; what falls are drops, flakes and the pieces of an explosion.
pub const MAP_CHANNELS: [&str; 17] = [
    "subject",
    "partner",
    "own u",
    "own v",
    "gait sine",
    "gait cosine",
    "fire",
    "set x",
    "set y",
    "set zoom",
    "clock sine",
    "clock cosine",
    "falling",
    "reference",
    "reference red",
    "reference green",
    "reference blue",
];
/// Kinds of sounding events: one for each [`Sound`], and the partner's voice.
pub const EVENT_KINDS: usize = Sound::ALL.len() + 1;
/// Sound-event channels: for each kind its level, and in the frame of an onset the part of the frame that is over.
pub const EVENT_CHANNELS: usize = 2 * EVENT_KINDS;
/// How much of an event is left a frame later.
const EVENT_DECAY: f32 = 0.6;
/// Half the side of an actor's box in its own coordinates.
const REACH: f32 = 1.5;

/// A whole actor, or the fire that one went up in, in one frame.
struct Body {
    frame: Frame,
    /// The channel that says what is there: subject, partner or fire.
    channel: usize,
    gait: (f32, f32),
}

/// The channel of fire.
pub(crate) const FIRE: usize = 6;
/// The channel of what falls.
const FALLING: usize = 12;

/// Actors in one piece and fires, nearest first.
fn bodies(blocking: &Blocking, frame: usize) -> Vec<Body> {
    blocking.cast.iter().rev().filter_map(|actor| body(blocking, actor, frame)).collect()
}

fn body(blocking: &Blocking, actor: &Actor, frame: usize) -> Option<Body> {
    let place = worlds::actor_frame(blocking, actor, frame)?;
    if let Some(blast) = worlds::Blast::of(blocking, actor, frame) {
        // In its own coordinates a fire looks the same at any age.
        let frame = blast.fire()?;
        return Some(Body { frame, channel: FIRE, gait: (0.0, 0.0) });
    }
    let channel = if actor.role == Role::Subject { 0 } else { 1 };
    Some(Body { frame: place, channel, gait: actor.poses.get(frame)?.gait.sin_cos() })
}

/// The actor whose box holds a point of the picture, and the point in its own coordinates. Where boxes overlap, the
/// nearest actor whose body may be there; around bodies, the one that the point is most inside of.
fn touch(bodies: &[Body], x: f32, y: f32) -> Option<(&Body, f32, f32)> {
    let mut best: Option<(f32, (&Body, f32, f32))> = None;
    for body in bodies {
        let (u, v) = body.frame.own_at(x, y);
        let far = u.abs().max(v.abs());
        let rank = if far < 0.8 { 0.0 } else { far };
        if far < REACH && best.as_ref().is_none_or(|(r, _)| rank < *r) {
            best = Some((rank, (body, u, v)));
        }
    }
    best.map(|(_, touch)| touch)
}

/// Maps of one frame: `[MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH]`, row by row.
#[must_use]
pub fn maps(scene: &Scene, blocking: &Blocking, looks: Option<&Reference>, frame: usize) -> Vec<f32> {
    const AREA: usize = MAP_WIDTH * MAP_HEIGHT;
    let mut out = vec![0.0f32; MAP_CHANNELS.len() * AREA];
    let frame = frame.min(blocking.frames().saturating_sub(1));
    let Some(camera) = blocking.camera.get(frame) else { return out };
    let time = blocking.time(frame);
    let (clock_sin, clock_cos) = worlds::clock(time).sin_cos();
    let zoom = camera.set_zoom();
    let bodies = bodies(blocking, frame);
    let blasts: Vec<_> =
        blocking.cast.iter().filter_map(|actor| worlds::Blast::of(blocking, actor, frame)).collect();
    for cell in 0..AREA {
        let (px, py) = ((cell % MAP_WIDTH) as f32 * 2.0 + 1.0, (cell / MAP_WIDTH) as f32 * 2.0 + 1.0);
        let (sx, sy) = to_stage(px, py);
        let set_x = (sx - CENTRE.0) / zoom + CENTRE.0 + camera.dx + camera.orbit - blocking.set_shift;
        let set_y = (sy - CENTRE.1) / zoom + CENTRE.1 + camera.dy;
        let mut values = [0.0f32; MAP_CHANNELS.len()];
        if let Some((body, u, v)) = touch(&bodies, px, py) {
            let subject = body.channel == 0;
            values[body.channel] = 1.0;
            (values[2], values[3]) = (u, v);
            (values[4], values[5]) = body.gait;
            if let Some([r, g, b]) = looks.filter(|_| subject).and_then(|l| l.at(u, v)) {
                values[13..].copy_from_slice(&[1.0, 2.0 * r - 1.0, 2.0 * g - 1.0, 2.0 * b - 1.0]);
            }
        }
        (values[7], values[8]) = ((set_x - CENTRE.0) / 64.0, (set_y - CENTRE.1) / 64.0);
        values[9] = zoom * 2.0 - 2.0;
        (values[10], values[11]) = (clock_sin, clock_cos);
        let drops = worlds::falling(scene.weather, blocking, time, sx, sy);
        values[FALLING] = blasts.iter().map(|blast| blast.debris(px, py)).fold(drops, f32::max);
        for (channel, value) in values.into_iter().enumerate() {
            out[channel * AREA + cell] = value;
        }
    }
    out
}

/// Sound events of every frame, `[frames, EVENT_CHANNELS]`: first the level of each kind (1 in the frame of the onset,
/// then fading), then for each kind the part of the frame before the onset, 0 … 1, in that frame alone.
#[must_use]
pub fn events(blocking: &Blocking) -> Vec<f32> {
    let frames = blocking.frames();
    let mut out = vec![0.0f32; frames * EVENT_CHANNELS];
    for event in &blocking.events {
        let kind = match (event.sound, event.role) {
            (Sound::Voice, Role::Partner) => EVENT_KINDS - 1,
            (sound, _) => Sound::ALL.iter().position(|s| *s == sound).unwrap_or(0),
        };
        let at = event.time.max(0.0) * blocking.fps as f32;
        let onset = at as usize;
        // Engines and hovering last; everything else fades.
        let decay = if matches!(event.sound, Sound::Engine | Sound::Hum) { 1.0 } else { EVENT_DECAY };
        if onset < frames {
            out[onset * EVENT_CHANNELS + EVENT_KINDS + kind] = at.fract();
        }
        let mut value = 1.0f32;
        for frame in onset..frames {
            let cell = &mut out[frame * EVENT_CHANNELS + kind];
            *cell = cell.max(value);
            value *= decay;
            if value < 0.02 {
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use kinora_protocol::shot::Shot;

    use super::*;
    use crate::blocking::{Event, fill, plan};
    use crate::worlds::to_picture;

    fn staged(prompt: &str) -> (Scene, Blocking) {
        let scene = fill(&Shot::parse(prompt).unwrap().shot, 2);
        let blocking = plan(&scene, 2, 24);
        (scene, blocking)
    }

    #[test]
    fn an_event_says_in_which_frame_it_is_and_how_late_in_it() {
        let (_, blocking) = staged("a cat stands in a room");
        let bark = Event { time: 5.75 / 12.0, sound: Sound::Voice, role: Role::Partner };
        let told = events(&Blocking { events: vec![bark], ..blocking });
        let row = |frame: usize| &told[frame * EVENT_CHANNELS..][..EVENT_CHANNELS];
        let partner = EVENT_KINDS - 1;
        assert!(row(4).iter().all(|v| *v == 0.0), "nothing before it");
        assert_eq!(row(5)[partner], 1.0);
        assert!((row(5)[EVENT_KINDS + partner] - 0.75).abs() < 1e-4);
        assert!((row(6)[partner] - EVENT_DECAY).abs() < 1e-6);
        assert_eq!(row(6)[EVENT_KINDS + partner], 0.0, "the part of a frame is said in its own frame alone");
    }

    #[test]
    fn maps_show_each_actor_where_the_plan_has_it() {
        let (scene, blocking) = staged("a red fox to the left of a white dog in a meadow");
        let told = maps(&scene, &blocking, None, 3);
        let value = |channel: usize, x: f32, y: f32| {
            let (column, row) = ((x / 2.0) as usize, (y / 2.0) as usize);
            told[channel * MAP_WIDTH * MAP_HEIGHT + row * MAP_WIDTH + column]
        };
        for actor in &blocking.cast {
            let (sx, sy, size) = blocking.on_screen(actor, 3).unwrap();
            let (x, y) = to_picture(sx, sy);
            let (own, other) = if actor.role == Role::Subject { (0, 1) } else { (1, 0) };
            assert_eq!((value(own, x, y), value(other, x, y)), (1.0, 0.0));
            assert!(
                value(2, x, y).abs() < 0.2 && value(3, x, y).abs() < 0.2,
                "the origin is the body's middle"
            );
            let up = value(3, x, y - size * worlds::SCALE / 2.0);
            assert!((up - 0.5).abs() < 0.15, "v grows upwards: {up}");
        }
    }
}
