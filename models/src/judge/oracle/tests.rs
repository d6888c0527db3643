//! The oracle against the training framework, against damage, and on real renders.

use safetensors::SafeTensors;

use super::*;
use crate::judge::draw::Take;
use crate::judge::features::{BANDS, PAIRS, SEEN_HEIGHT, SEEN_WIDTH, SPECTRA, frames};
use crate::weights::WeightsError;
use crate::worlds;

/// Largest difference of a logit between both implementations.
const PARITY_MAX: f32 = 1e-3;

#[test]
fn both_implementations_give_the_same_logits() {
    let golden = include_bytes!("../../../weights/oracle-golden.safetensors");
    let golden = SafeTensors::deserialize(golden).unwrap();
    // The same made-up clip as in the training code.
    let seen = (0..PAIRS * 2 * SEEN_HEIGHT * SEEN_WIDTH * 3)
        .map(|at| ((at * 7 + at / 240 * 11 + at / 11_520 * 5) % 251) as u8)
        .collect();
    let heard: Vec<f32> =
        (0..SPECTRA * BANDS).map(|at| ((at * 5 + at / 64 * 3) % 97) as f32 / 97.0 * 2.0 - 1.5).collect();
    let places = [70.0, 40.0, 30.0, 150.0, 80.0, 44.0].repeat(PAIRS / 2);
    let features = Features { seen, heard, places: by_body(&places) };
    let oracle = Oracle::embedded(1).unwrap();
    let shown = oracle.eye.forward(&oracle.pool, &features.pictures()).unwrap();
    let bodies = oracle.look.forward(&oracle.pool, &features.cut_outs(0)).unwrap();
    let told = oracle.ear.forward(&oracle.pool, &features.heard).unwrap();
    let named = |sense: &'static str, axes: Vec<Axis>, logits: Vec<Vec<f32>>| {
        axes.into_iter().zip(logits).map(move |(axis, logits)| (format!("{sense}.{}", axis.name), logits))
    };
    let ours = named("eye", whole().collect(), shown)
        .chain(named("look", SEEN[..2].to_vec(), bodies))
        .chain(named("ear", HEARD.to_vec(), told));
    for (name, logits) in ours {
        let theirs: Vec<f32> = golden
            .tensor(&name)
            .unwrap()
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(logits.len(), theirs.len(), "{name}");
        let worst = logits.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < PARITY_MAX, "{name} differs by {worst}");
    }
}

/// Places of one body, as those of the subject.
fn by_body(places: &[f32]) -> Vec<f32> {
    places.chunks_exact(3).flat_map(|place| [place, &[0.0; 3]].concat()).collect()
}

#[test]
fn real_renders_are_recognised() {
    let oracle = Oracle::embedded(2).unwrap();
    let mut right = [(0u32, 0u32); SEEN.len() + HEARD.len()];
    for clip in 0..40 {
        let take = Take::new(77, clip, clip % 2 == 1);
        let drawn = frames().map(|f| worlds::render(&take.scene, &take.blocking, f).rgb);
        let features = Features::new(drawn, &worlds::sound(&take.scene, &take.blocking), &take.blocking);
        let marks = oracle.verdict(&features).unwrap().against(&take.scene);
        for (count, mark) in right.iter_mut().zip(marks) {
            count.0 += u32::from(mark == Some(true));
            count.1 += u32::from(mark.is_some());
        }
    }
    for name in ["subject", "place", "time", "style", "weather"] {
        let at = SEEN.iter().position(|axis| axis.name == name).unwrap();
        let (hits, all) = right[at];
        assert!(hits * 100 >= all * 80, "{name}: {hits} of {all}");
    }
    let (hits, all) = right[SEEN.len() + 4];
    assert!(hits * 100 >= all * 85, "music: {hits} of {all}");
}

#[test]
fn damaged_weights_are_refused() {
    let mut bytes = WEIGHTS.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(matches!(
        Oracle::load(&bytes, WEIGHTS_HASH, 1),
        Err(JudgeError::Weights(WeightsError::Hash { .. }))
    ));
    assert!(matches!(Oracle::load(WEIGHTS, "no hash", 1), Err(JudgeError::Weights(WeightsError::Stated(_)))));
}

#[test]
fn an_axis_that_does_not_apply_is_not_scored() {
    let verdict = Verdict { seen: [0; SEEN.len()], heard: [0; HEARD.len()] };
    let find = |paired: bool| {
        (0..200).map(|n| Take::new(4, n, false).scene).find(|s| s.partner.is_some() == paired).unwrap()
    };
    let (alone, paired) = (verdict.against(&find(false)), verdict.against(&find(true)));
    let at = |name: &str| SEEN.iter().position(|axis| axis.name == name).unwrap();
    assert_eq!((alone[at("relation")], alone[at("partner")]), (None, None));
    assert!(alone[at("count")].is_some() && paired[at("count")].is_none());
    assert!(paired[at("relation")].is_some() && paired[at("partner")].is_some());
}
