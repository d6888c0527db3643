//! What a plan promises, exactly: counts, relations, contacts, gravity, restitution, occlusion, camera signs, checks.

use kinora_protocol::shot::{Action, Camera, Colour, Count, Framing, Partner, Relation, Shot, Subject};

use super::*;
use crate::worlds;

fn scene(prompt: &str) -> Scene {
    fill(&Shot::parse(prompt).unwrap().shot, 5)
}

fn with_partner(relation: Relation, action: Action) -> Scene {
    let partner = Some(Partner { relation, subject: Subject::Dog, colour: Colour::White });
    Scene { partner, action, count: Count::One, ..scene("a red fox in a meadow") }
}

fn of(plan: &Blocking, role: Role) -> &Actor {
    plan.cast.iter().find(|a| a.role == role).unwrap()
}

#[test]
fn as_many_stand_there_as_were_asked_for() {
    for (count, n) in [(Count::One, 1), (Count::Two, 2), (Count::Three, 3)] {
        for action in Action::ALL {
            let plan = plan(&Scene { count, action: *action, ..scene("a cat in a room") }, 3, 24);
            assert_eq!(plan.cast.len(), n, "{count} {action}");
            for (i, a) in plan.cast.iter().enumerate() {
                for b in &plan.cast[i + 1..] {
                    let apart = (a.poses[0].x - b.poses[0].x).abs();
                    assert!(apart > a.poses[0].size, "{count} {action}: bodies stand {apart} apart");
                }
            }
        }
    }
}

#[test]
fn a_group_begins_whole_on_the_stage() {
    for action in Action::ALL {
        for count in Count::ALL {
            for seed in 0..20 {
                let plan =
                    plan(&Scene { count: *count, action: *action, ..scene("a bird in a city") }, seed, 12);
                for actor in &plan.cast {
                    let Pose { x, size, .. } = actor.poses[0];
                    let seen = -0.5 * size..=STAGE_WIDTH + 0.5 * size;
                    assert!(seen.contains(&x), "{count} {action} {seed}: one begins at {x}");
                }
            }
        }
    }
}

#[test]
fn relations_hold_in_every_frame_of_every_action() {
    for action in Action::ALL {
        for seed in 0..12 {
            let pair = |relation| plan(&with_partner(relation, *action), seed, 72);
            let (left, right) = (pair(Relation::LeftOf), pair(Relation::RightOf));
            for f in 0..72 {
                let x = |plan: &Blocking, role| of(plan, role).poses[f].x;
                assert!(x(&left, Role::Subject) < x(&left, Role::Partner), "{action} {seed} {f}");
                assert!(x(&right, Role::Subject) > x(&right, Role::Partner), "{action} {seed} {f}");
            }
            let chase = pair(Relation::Chases);
            let facing = chase.cast[0].facing;
            for f in 0..72 {
                let lead = of(&chase, Role::Partner).poses[f].x - of(&chase, Role::Subject).poses[f].x;
                assert!(lead * facing > 0.0, "{action} {seed} {f}: the chased one is ahead");
            }
            assert_eq!(pair(Relation::Behind).cast[0].role, Role::Subject, "painted first, so hidden");
            assert_eq!(pair(Relation::InFrontOf).cast[0].role, Role::Partner);
        }
    }
}

#[test]
fn who_stands_in_front_hides_who_stands_behind() {
    let scene = Scene { framing: Framing::Medium, ..with_partner(Relation::InFrontOf, Action::Stands) };
    let plan = plan(&scene, 2, 12);
    let alone = Blocking { cast: vec![of(&plan, Role::Subject).clone()], ..plan.clone() };
    let (both, one) = (worlds::render(&scene, &plan, 4), worlds::render(&scene, &alone, 4));
    let mut covered = 0;
    for at in 0..both.subject.len() {
        if one.subject[at] > 0.99 {
            covered += 1;
            assert_eq!(both.rgb[at * 3..at * 3 + 3], one.rgb[at * 3..at * 3 + 3], "nothing shines through");
        }
    }
    assert!(covered > 200);
}

#[test]
fn a_bounce_obeys_gravity_and_loses_what_restitution_says() {
    let scene = Scene { speed: Speed::Normal, ..scene("a ball bounces in a room") };
    let plan = plan(&scene, 4, 72);
    let thuds: Vec<f32> = plan.events.iter().filter(|e| e.sound == Sound::Thud).map(|e| e.time).collect();
    let keep = action::restitution(Subject::Ball);
    for w in thuds.windows(3) {
        assert!(((w[2] - w[1]) / (w[1] - w[0]) - keep).abs() < 1e-3, "flights shrink by {keep}: {w:?}");
    }
    // Between two contacts the second difference of height is gravity, the same in every flight.
    let y: Vec<f32> = plan.cast[0].poses.iter().map(|p| p.y).collect();
    let gravity = 8.0 * action::BOUNCE_HEIGHT;
    let mut checked = 0;
    for f in 1..y.len() - 1 {
        let (from, to) = (plan.time(f - 1), plan.time(f + 1));
        if thuds.iter().all(|t| *t < from || *t > to) {
            let pull = (y[f + 1] - 2.0 * y[f] + y[f - 1]) * (FPS * FPS) as f32;
            assert!((pull - gravity).abs() < 0.02 * gravity, "frame {f}: {pull} against {gravity}");
            checked += 1;
        }
    }
    assert!(checked > 30);
    // At a contact the body is on the ground.
    let ground = y.iter().copied().fold(f32::MIN, f32::max);
    for t in &thuds {
        let f = (t * FPS as f32).round() as usize;
        if let Some(y) = y.get(f) {
            assert!(ground - y < 10.0, "contact at {t}: {} above the ground", ground - y);
        }
    }
}

#[test]
fn a_living_thing_jumps_as_high_again() {
    let plan = plan(&Scene { speed: Speed::Normal, ..scene("a cat jumps in a room") }, 4, 72);
    let thuds: Vec<f32> = plan.events.iter().filter(|e| e.sound == Sound::Thud).map(|e| e.time).collect();
    assert!(thuds.windows(2).all(|w| (w[1] - w[0] - 1.0).abs() < 1e-3), "{thuds:?}");
}

#[test]
fn every_camera_word_moves_the_camera_its_way() {
    let ends = |camera| {
        let plan = plan(&Scene { camera, ..scene("a car in the city") }, 1, 48);
        (plan.camera[0], plan.camera[47])
    };
    let (a, b) = ends(Camera::PanLeft);
    assert!(b.dx < a.dx);
    let (a, b) = ends(Camera::TiltUp);
    assert!(b.dy < a.dy);
    let (a, b) = ends(Camera::ZoomIn);
    assert!(b.zoom > a.zoom && b.near == a.near);
    let (a, b) = ends(Camera::DollyOut);
    assert!(b.near < a.near && b.zoom == a.zoom);
    assert!(b.actor_zoom() / a.actor_zoom() < b.set_zoom() / a.set_zoom(), "near things change more");
    let (a, b) = ends(Camera::OrbitRight);
    assert!(b.orbit > a.orbit && b.dx == a.dx);
    let (a, b) = ends(Camera::Static);
    assert_eq!(a, b);
}

#[test]
fn a_plan_survives_json_and_a_broken_one_is_named() {
    let plan = plan(&scene("three birds fly over the beach, handheld"), 6, 36);
    let json = serde_json::to_vec(&plan).unwrap();
    assert_eq!(Blocking::from_json(&json).unwrap(), plan);
    let broken = |change: fn(&mut Blocking)| {
        let mut plan = plan.clone();
        change(&mut plan);
        plan.check().unwrap_err()
    };
    assert_eq!(broken(|p| p.fps = 24), BlockingFault::Rate(24));
    assert_eq!(broken(|p| p.cast.clear()), BlockingFault::Cast(0));
    assert_eq!(
        broken(|p| {
            p.cast[1].poses.pop();
        }),
        BlockingFault::Track { actor: 1, found: 35, frames: 36 }
    );
    assert_eq!(broken(|p| p.cast[0].facing = 0.5), BlockingFault::Facing { actor: 0, value: 0.5 });
    let fault = broken(|p| p.cast[2].poses[7].x = f32::NAN);
    assert!(fault.to_string().starts_with("actor 2, frame 7: x is NaN"), "{fault}");
    assert!(matches!(Blocking::from_json(b"{}"), Err(BlockingFault::Malformed(_))));
}

#[test]
fn plans_of_every_scene_pass_their_own_check() {
    for seed in 0..300 {
        let mut scene = fill(&Shot::default(), seed);
        scene.camera = Camera::ALL[seed as usize % Camera::ALL.len()];
        scene.action = Action::ALL[seed as usize % Action::ALL.len()];
        scene.count = Count::ALL[seed as usize % 3];
        plan(&scene, seed, 72).check().unwrap();
    }
}
