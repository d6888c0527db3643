//! Pocket against the training framework, against damage, and against itself.

use std::collections::HashMap;

use super::*;
use crate::blocking::{fill, plan};
use kinora_protocol::shot::Shot;

/// Largest error allowed between both implementations, in f32.
const PARITY_MAX: f32 = 1e-4;

fn golden() -> HashMap<String, Tensor> {
    let bytes = include_bytes!("../../weights/golden.safetensors");
    candle_core::safetensors::load_buffer(bytes, &Device::Cpu).unwrap()
}

fn worst(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
}

#[test]
fn both_implementations_give_the_same_numbers() {
    let (pocket, golden) = (Pocket::embedded().unwrap(), golden());
    let attributes: Vec<u32> = golden["attributes"].to_dtype(DType::U32).unwrap().to_vec1().unwrap();
    let t = golden["time"].to_vec1::<f32>().unwrap()[0];
    let picture = pocket.picture.forward(&golden["picture.noisy"], &golden["maps"], &attributes, t).unwrap();
    let sound = pocket.sound.forward(&golden["sound.noisy"], &golden["events"], &attributes, t).unwrap();
    let decoded = pocket.decoder.forward(&golden["decoder.latent"]).unwrap();
    for (name, made) in [("picture.clean", picture), ("sound.clean", sound), ("decoder.picture", decoded)] {
        let error = worst(&made, &golden[name]);
        assert!(error <= PARITY_MAX, "{name}: max abs error {error}");
    }
}

#[test]
fn damaged_weights_are_refused() {
    let mut bytes = WEIGHTS.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for damaged in [&bytes[..], &WEIGHTS[..WEIGHTS.len() - 1], &[], b"not weights"] {
        assert!(matches!(Pocket::load(damaged, WEIGHTS_HASH), Err(PocketError::Hash { .. })));
    }
    assert!(matches!(Pocket::load(WEIGHTS, "no hash"), Err(PocketError::Stated(_))));
}

#[test]
fn the_same_recipe_gives_the_same_footage() {
    let pocket = Pocket::embedded().unwrap();
    let scene = fill(&Shot::parse("a green boat floats at the beach").unwrap().shot, 1);
    let blocking = plan(&scene, 1, 6);
    let options = Options { seed: 1, steps: 2, guidance_percent: 100 };
    let mut stages = Vec::new();
    let mut render = || pocket.render(&scene, &blocking, &options, &mut |s, _, _, _| stages.push(s)).unwrap();
    let (one, two) = (render(), render());
    assert!(one == two, "two renders of one recipe differ");
    one.check().unwrap();
    assert_eq!((one.frames.len(), one.samples.len()), (6, 12_000));
    assert!(stages.contains(&Stage::Denoise) && stages.contains(&Stage::Decode));
}

#[test]
fn options_out_of_range_are_named() {
    let pocket = Pocket::embedded().unwrap();
    let scene = fill(&Shot::default(), 1);
    let blocking = plan(&scene, 1, 1);
    for options in [
        Options { seed: 1, steps: 0, guidance_percent: 100 },
        Options { seed: 1, steps: 1, guidance_percent: 10_000 },
    ] {
        let refused = pocket.render(&scene, &blocking, &options, &mut |_, _, _, _| {});
        assert!(matches!(refused, Err(PocketError::Range { .. })));
    }
}
