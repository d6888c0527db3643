//! Pocket against the training framework, against damage, and against itself.

use std::collections::HashMap;

use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::Stage;
use kinora_protocol::recipe::Descent;
use kinora_protocol::shot::{AXES, Shot};
use safetensors::{Dtype, SafeTensors};

use super::condition::Rows;
use super::denoiser::{Look, Task};
use super::plan::Maps;
use super::*;
use crate::blocking::{Blocking, fill, plan};
use crate::conditioning::{MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH};
use kinora_protocol::shot::Scene;

/// Largest error allowed between both implementations, in f32.
const PARITY_MAX: f32 = 2e-4;

/// The style of the golden picture, as in `pocket/export.py`: cartoon, whose curve has steps.
const GOLDEN_STYLE: usize = 1;

/// The golden file by name: its inputs, and what the training code made of them.
fn golden() -> HashMap<String, Vec<f32>> {
    let bytes = include_bytes!("../../weights/golden.safetensors");
    let file = SafeTensors::deserialize(bytes).unwrap();
    let floats = |tensor: safetensors::tensor::TensorView<'_>| match tensor.dtype() {
        Dtype::F32 => {
            tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
        }
        Dtype::F16 => tensor
            .data()
            .chunks_exact(2)
            .map(|b| half::f16::from_le_bytes(b.try_into().unwrap()).to_f32())
            .collect(),
        Dtype::U8 => tensor.data().iter().map(|b| f32::from(*b)).collect(),
        other => panic!("{other:?}"),
    };
    file.tensors().into_iter().map(|(name, tensor)| (name, floats(tensor))).collect()
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn both_implementations_give_the_same_numbers() {
    let (pocket, golden) = (Pocket::embedded(2).unwrap(), golden());
    let rows: Rows = std::array::from_fn::<_, AXES, _>(|axis| golden["attributes"][axis] as usize);
    let frame = MAP_CHANNELS.len() * MAP_HEIGHT * MAP_WIDTH;
    let maps: Vec<Vec<f32>> = golden["maps"].chunks_exact(frame).map(<[f32]>::to_vec).collect();
    let known = golden["known"].iter().map(|k| *k > 0.5).collect();
    let task = Task::new(Maps::new(&pocket.pool, &maps), golden["events"].clone(), known).unwrap();
    let noisy = Latents { picture: golden["picture.noisy"].clone(), sound: golden["sound.noisy"].clone() };
    let look = Look { rows: &rows, t: golden["time"][0], merge: false };
    let mut arena = Arena::default();
    let clean = pocket.denoiser.forward(&pocket.pool, &mut arena, &task, &noisy, look).unwrap();
    let mut decoded = pocket.pictures.decode(&pocket.pool, &mut arena, &golden["decoder.latent"]).unwrap();
    pocket.tones.apply(GOLDEN_STYLE, &mut decoded);
    // The golden decoder output is [6, …] by pixel shuffle of [frames·colours]; ours lies pixel by pixel.
    for (name, made) in
        [("picture.clean", clean.picture), ("sound.clean", clean.sound), ("decoder.picture", decoded)]
    {
        let error = worst(&made, &golden[name]);
        assert!(error <= PARITY_MAX, "{name}: max abs error {error}");
    }
}

#[test]
fn pictures_and_sound_survive_their_codecs() {
    let pocket = Pocket::embedded(2).unwrap();
    let scene = fill(&Shot::parse("a red ball bounces in the city, no music").unwrap().shot, 3);
    let blocking = plan(&scene, 3, 24);
    let real: Vec<Vec<u8>> = (0..2).map(|f| crate::worlds::render(&scene, &blocking, f).rgb).collect();
    let latents = pocket.pictures.encode([&real[0], &real[1]]);
    let linear = pocket.pictures.linear(&pocket.pool, &mut Arena::default(), &latents).unwrap();
    let back = picture::bytes_of(&linear);
    let error: f64 = real
        .iter()
        .zip(&back)
        .flat_map(|(a, b)| a.iter().zip(b))
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum::<f64>()
        / (2 * WIDTH * HEIGHT * 3) as f64;
    let decibel = 10.0 * (255.0f64.powi(2) / error).log10();
    assert!(decibel > 25.0, "{decibel:.1} dB");
    // Sound: the tokens of what the vocoder made of tokens are near them.
    let sound = crate::worlds::sound(&scene, &blocking);
    let tokens = pocket.sounds.encode(&sound, 24);
    let again = pocket.sounds.encode(&pocket.sounds.decode(&pocket.pool, &tokens).unwrap(), 24);
    let mean = |v: &mut dyn Iterator<Item = f32>| v.sum::<f32>() / tokens.len() as f32;
    let error = mean(&mut tokens.iter().zip(&again).map(|(a, b)| (a - b).powi(2)));
    let power = mean(&mut tokens.iter().map(|a| a * a));
    assert!(error < 0.3 * power, "error {error} of {power}");
}

#[test]
fn damaged_weights_are_refused() {
    let mut bytes = WEIGHTS.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for damaged in [&bytes[..], &WEIGHTS[..WEIGHTS.len() - 1], &[], b"not weights"] {
        assert!(matches!(
            Pocket::load(damaged, WEIGHTS_HASH, 1),
            Err(PocketError::Weights(WeightsError::Hash { .. }))
        ));
    }
    assert!(matches!(
        Pocket::load(WEIGHTS, "no hash", 1),
        Err(PocketError::Weights(WeightsError::Stated(_)))
    ));
    // Another file whose hash is right is refused by what is in it.
    let other = include_bytes!("../../weights/golden.safetensors");
    let hash = BlobHash::of(other).to_string();
    let refused = Pocket::load(other, &hash, 1).unwrap_err();
    assert!(matches!(refused, PocketError::Weights(WeightsError::File(_))), "{refused}");
}

fn boat() -> (Scene, Blocking) {
    let scene = fill(&Shot::parse("a green boat floats at the beach").unwrap().shot, 1);
    let blocking = plan(&scene, 1, 13);
    (scene, blocking)
}

fn options(steps: u32) -> Options {
    Options { seed: 1, steps, guidance_percent: 100, switches: Switches::default() }
}

#[test]
fn the_same_recipe_gives_the_same_footage_whatever_the_threads() {
    let (scene, blocking) = boat();
    let mut stages = Vec::new();
    let mut render = |threads| {
        let pocket = Pocket::embedded(threads).unwrap();
        let brief = Brief::new(&scene, &blocking);
        pocket.render(&brief, &options(2), &mut |s, _, _, _| stages.push(s)).unwrap()
    };
    let (one, two, three) = (render(1), render(2), render(3));
    assert!(one == two && two == three, "renders of one recipe differ");
    one.check().unwrap();
    assert_eq!((one.frames.len(), one.samples.len()), (13, 26_000));
    assert!(stages.contains(&Stage::Denoise) && stages.contains(&Stage::Decode));
}

#[test]
fn a_given_first_frame_is_shown_and_a_weak_remix_stays_near_its_parent() {
    let pocket = Pocket::embedded(2).unwrap();
    let (scene, blocking) = boat();
    let still = Picture { width: 16, height: 10, rgb: [250u8, 20, 20].repeat(160) };
    let plain = Brief::new(&scene, &blocking);
    let red = |footage: &Footage, frame: usize| {
        let pixels = footage.frames[frame].chunks_exact(3);
        pixels.filter(|p| p[0] > 180 && p[1] < 90 && p[2] < 90).count() * 10 > 9 * WIDTH * HEIGHT
    };
    let render = |brief: &Brief<'_>| pocket.render(brief, &options(2), &mut |_, _, _, _| {}).unwrap();
    let led = render(&Brief { first: Some(&still), ..plain });
    assert!(red(&led, 0) && !red(&led, 12), "the first frame is the given one, the last is not");
    let parent = Footage { frames: vec![[250u8, 20, 20].repeat(WIDTH * HEIGHT); 13], ..render(&plain) };
    let near = render(&Brief { parent: Some((&parent, Descent::Remix { strength_percent: 1 })), ..plain });
    let far = render(&Brief { parent: Some((&parent, Descent::Remix { strength_percent: 100 })), ..plain });
    let distance = |footage: &Footage| -> u64 {
        let pairs = footage.frames.iter().zip(&parent.frames).flat_map(|(a, b)| a.iter().zip(b));
        pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
    };
    assert!(distance(&near) < distance(&far));
    assert!(far == render(&plain), "at full strength nothing of the parent is left");
    let on = render(&Brief { parent: Some((&parent, Descent::Continue)), ..plain });
    assert!(red(&on, 0) && red(&on, 1), "it begins where the parent ends");
}

#[test]
fn switches_save_evaluations() {
    let pocket = Pocket::embedded(2).unwrap();
    let (scene, blocking) = boat();
    let brief = Brief::new(&scene, &blocking);
    let effort = |switches| {
        let options = Options { switches, ..options(30) };
        pocket.shoot(&brief, &options, &mut |_, _, _, _| {}).unwrap().effort
    };
    let off = effort(Switches::default());
    assert_eq!((off.evaluations, off.skipped), (30, 0));
    let cached = effort(Switches { cache: true, ..Switches::default() });
    assert_eq!(cached.evaluations + cached.skipped, 30);
    assert!(cached.skipped > 0);
    let merged = effort(Switches { merge: true, ..Switches::default() });
    assert_eq!(merged.evaluations, 30, "merging makes evaluations cheaper, not fewer");
}

#[test]
fn options_out_of_range_are_named() {
    let pocket = Pocket::embedded(1).unwrap();
    let (scene, blocking) = boat();
    for wrong in [options(0), Options { guidance_percent: 10_000, ..options(1) }] {
        let refused = pocket.render(&Brief::new(&scene, &blocking), &wrong, &mut |_, _, _, _| {});
        assert!(matches!(refused, Err(PocketError::Range { .. })));
    }
}
