//! Who stands where: counts side by side, relations kept over the whole shot, each body playing the scene's action.

use kinora_protocol::shot::{Action, Count, Framing, Relation, Scene, Size};

use super::action::{self, Stage};
use super::{Actor, Dice, Event, Role, STAGE_WIDTH, Sound};

/// Half the subject's height by shot size, in stage pixels.
const fn height(framing: Framing) -> f32 {
    match framing {
        Framing::Wide => 12.0,
        Framing::Medium => 18.5,
        Framing::Close => 27.0,
    }
}

/// Height relative to usual.
const fn scale(size: Size) -> f32 {
    match size {
        Size::Normal => 1.0,
        Size::Small => 0.66,
        Size::Large => 1.4,
    }
}

/// One body relative to the group: shares of the group's half height.
struct Spot {
    role: Role,
    /// To the right (for a chase: ahead).
    along: f32,
    /// Up.
    up: f32,
    scale: f32,
}

/// Bodies of the scene, farthest first.
fn spots(scene: &Scene) -> Vec<Spot> {
    use Role::{Partner, Subject};
    let spot = |role, along, up, scale| Spot { role, along, up, scale };
    let own = scale(scene.size);
    if let Some(partner) = scene.partner {
        return match partner.relation {
            Relation::LeftOf => vec![spot(Partner, 1.15, 0.0, 0.85), spot(Subject, -1.15, 0.0, 0.85 * own)],
            Relation::RightOf => vec![spot(Partner, -1.15, 0.0, 0.85), spot(Subject, 1.15, 0.0, 0.85 * own)],
            Relation::Chases => vec![spot(Partner, 1.35, 0.0, 0.8), spot(Subject, -1.35, 0.0, 0.8 * own)],
            Relation::Behind => vec![spot(Subject, -0.6, 0.5, 0.72 * own), spot(Partner, 0.25, 0.0, 0.9)],
            Relation::InFrontOf => vec![spot(Partner, -0.6, 0.5, 0.72), spot(Subject, 0.25, 0.0, 0.9 * own)],
        };
    }
    match scene.count {
        Count::One => vec![spot(Subject, 0.0, 0.0, own)],
        Count::Two => vec![spot(Subject, 1.0, 0.12, 0.78 * own), spot(Subject, -1.0, 0.0, 0.78 * own)],
        Count::Three => vec![
            spot(Subject, 0.0, 0.22, 0.66 * own),
            spot(Subject, 1.45, 0.1, 0.66 * own),
            spot(Subject, -1.45, 0.0, 0.66 * own),
        ],
    }
}

/// Plays the scene: the cast, farthest first, and what it is heard doing.
pub(super) fn play(scene: &Scene, dice: &mut Dice, frames: usize) -> (Vec<Actor>, Vec<Event>) {
    let facing = if dice.unit() < 0.5 { -1.0 } else { 1.0 };
    let size = height(scene.framing) * dice.range(0.94, 1.06);
    let start = dice.range(18.0, 60.0);
    let spots = spots(scene);
    let alone = spots.len() == 1;
    let reach = spots.iter().map(|s| s.along.abs()).fold(0.0, f32::max) * size;
    // A group that crosses the stage begins with its last body on it, so that all are seen.
    let start = start + 2.0 * reach;
    let middle = STAGE_WIDTH / 2.0 + if alone { dice.range(-14.0, 14.0) } else { dice.range(-4.0, 4.0) };
    let chase = scene.partner.is_some_and(|p| matches!(p.relation, Relation::Chases));
    let (mut cast, mut events) = (Vec::new(), Vec::new());
    // One after another a little later in its own cycle, so that a group is no copy of one.
    let phase = dice.unit();
    for (n, spot) in spots.iter().enumerate() {
        let stage = Stage {
            // A chase is run, whatever else the prompt says.
            action: if chase && matches!(scene.action, Action::Stands) { Action::Runs } else { scene.action },
            speed: scene.speed,
            kind: match spot.role {
                Role::Partner => scene.partner.map_or(scene.subject, |p| p.subject),
                Role::Subject => scene.subject,
            },
            role: spot.role,
            size: size * spot.scale,
            facing,
            frames,
            phase: (phase + 0.31 * n as f32).fract(),
            middle,
            start,
            reach,
            shift: (spot.along * size * if chase { facing } else { 1.0 }, -spot.up * size),
        };
        let act = action::play(&stage);
        let explosion = act.explosion.filter(|_| spot.role == Role::Subject);
        events.extend(act.events.into_iter().filter(|e| e.sound != Sound::Boom || explosion.is_some()));
        events.extend(action::voice(&stage, dice));
        cast.push(Actor { role: spot.role, facing, poses: act.poses, explosion });
    }
    // Hovering and engines are one sound, however many there are.
    let mut seen = Vec::new();
    events.retain(|e| {
        let lasting = matches!(e.sound, Sound::Hum | Sound::Engine);
        let first = !seen.contains(&e.sound);
        if lasting {
            seen.push(e.sound);
        }
        !lasting || first
    });
    (cast, events)
}
