//! What the worlds promise: determinism, camera signs, sound at events, silence without.

use kinora_protocol::shot::{Camera, Music, Place, Scene, Shot, Style};

use super::*;
use crate::blocking::{Sound, fill, plan};

fn scene(prompt: &str) -> Scene {
    fill(&Shot::parse(prompt).unwrap().shot, 5)
}

fn loudness(samples: &[f32]) -> f32 {
    (samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let scene = scene("a purple robot dances in the city at night, rain, neon, happy music");
    let (a, b) = (plan(&scene, 9, 24), plan(&scene, 9, 24));
    assert_eq!(a, b);
    assert_eq!(render(&scene, &a, 7).rgb, render(&scene, &b, 7).rgb);
    assert_eq!(sound(&scene, &a), sound(&scene, &b));
    assert_ne!(plan(&scene, 10, 24), a, "another seed, another plan");
}

/// Shift in pixels that best explains `b` from `a` along x, by the sum of absolute differences of the upper half.
fn best_shift(a: &[u8], b: &[u8]) -> i32 {
    let error = |shift: i32| -> u64 {
        let mut sum = 0u64;
        for y in 0..36usize {
            for x in 30..130i32 {
                let at = |image: &[u8], x: i32| u64::from(image[(y * WIDTH + x as usize) * 3]);
                sum += at(a, x - shift).abs_diff(at(b, x));
            }
        }
        sum
    };
    (-15..=15).min_by_key(|s| error(*s)).unwrap()
}

#[test]
fn pan_left_moves_the_picture_right() {
    for (camera, sign) in [(Camera::PanLeft, 1), (Camera::PanRight, -1)] {
        let scene = Scene { camera, style: Style::Plain, place: Place::City, ..scene("a cat stands") };
        let plan = plan(&scene, 3, 48);
        let shift = best_shift(&render(&scene, &plan, 10).rgb, &render(&scene, &plan, 18).rgb);
        assert_eq!(shift.signum(), sign, "{camera}: content moved by {shift}");
    }
}

#[test]
fn an_event_is_heard_when_it_happens() {
    let scene = Scene { music: Music::Off, place: Place::Room, ..scene("a ball bounces in a room") };
    let plan = plan(&scene, 4, 48);
    let thud = plan.events.iter().find(|e| e.sound == Sound::Thud && e.time > 0.3).unwrap();
    let samples = sound(&scene, &plan);
    let at = (thud.time * 24_000.0) as usize;
    let (before, after) = (loudness(&samples[at - 2_400..at - 200]), loudness(&samples[at..at + 2_400]));
    assert!(after > 4.0 * before, "thud {after} against {before} before");
    // And the ball touches the ground at that moment.
    let frame = (thud.time * 12.0).round() as usize;
    let poses = &plan.subject().unwrap().poses;
    let lowest = poses.iter().map(|p| p.y).fold(f32::MIN, f32::max);
    assert!(lowest - poses[frame].y < 10.0);
}

#[test]
fn sound_stays_within_bounds_in_every_place_and_mood() {
    for place in Place::ALL {
        for mood in kinora_protocol::shot::Mood::ALL {
            let scene =
                Scene { place: *place, mood: *mood, music: Music::On, ..scene("a train explodes, rain") };
            let samples = sound(&scene, &plan(&scene, 1, 36));
            assert_eq!(samples.len(), 36 * 2_000);
            assert!(samples.iter().all(|v| v.is_finite() && v.abs() <= 1.0));
            assert!(loudness(&samples) > 0.005, "{place} {mood} is silent");
        }
    }
}

#[test]
fn the_subject_is_where_the_plan_says() {
    let scene = scene("a red ball stands in the desert");
    let plan = plan(&scene, 8, 12);
    let picture = render(&scene, &plan, 3);
    let (x, y, size) = plan.on_screen(plan.subject().unwrap(), 3).unwrap();
    let ((x, y), size) = (to_picture(x, y), size * SCALE);
    let (mut sum, mut cx, mut cy) = (0.0f32, 0.0, 0.0);
    for (at, m) in picture.subject.iter().enumerate() {
        sum += m;
        cx += m * (at % WIDTH) as f32;
        cy += m * (at / WIDTH) as f32;
    }
    assert!((cx / sum - x).abs() < 3.0 && (cy / sum - y).abs() < 4.0);
    let area = std::f32::consts::PI * size * size * 0.88 * 0.88;
    assert!((sum / area - 1.0).abs() < 0.2, "area {sum} against {area}");
}

#[test]
fn the_split_keeps_every_word_in_training() {
    let mut seen = [const { [false; 16] }; kinora_protocol::shot::AXES];
    let (mut held, mut all) = (0, 0);
    for n in 0..20_000usize {
        let base = scene("a cat runs");
        let pick = |k: usize| n.wrapping_mul(2_654_435_761).rotate_right(7 * k as u32) / 97;
        let scene = Scene {
            subject: kinora_protocol::shot::Subject::ALL[pick(1) % 16],
            colour: kinora_protocol::shot::Colour::ALL[pick(2) % 10],
            place: Place::ALL[pick(3) % 10],
            style: Style::ALL[pick(4) % 8],
            camera: Camera::ALL[pick(5) % 12],
            ..base
        };
        all += 1;
        if split::held_out(&scene) {
            held += 1;
        } else {
            for (axis, index) in scene.indices().into_iter().enumerate().take(12) {
                seen[axis][index] = true;
            }
        }
    }
    let share = held as f32 / all as f32;
    assert!((0.08..0.2).contains(&share), "{share} of the scenes are held out");
    for (axis, words) in [(0, 16), (1, 10), (3, 10), (9, 8), (7, 12)] {
        assert!(seen[axis][..words].iter().all(|s| *s), "axis {axis} lost a word");
    }
}

#[test]
fn captions_are_understood_whole() {
    for seed in 0..40 {
        let scene = fill(&Shot::default(), seed);
        let reading = Shot::parse(&caption::caption(&scene)).unwrap();
        assert!(reading.ignored.is_empty(), "{:?} in {:?}", reading.ignored, caption::caption(&scene));
        let shot = reading.shot;
        assert_eq!(
            (shot.subject, shot.colour, shot.place),
            (Some(scene.subject), Some(scene.colour), Some(scene.place))
        );
    }
}
