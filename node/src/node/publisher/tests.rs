//! What was rendered fits its record.

use kinora_protocol::ids::BlobHash;
use kinora_protocol::limits::{PROMPT_BYTES_MAX, REFERENCE_STILLS_MAX, STORYBOARD_SHOTS_MAX};
use kinora_protocol::recipe::{Crop, Descent, Given, NextShot, Part, Recipe, Switches, Transition};
use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Partner, Place, Relation, Scene, Shot,
    ShotPartner, Size, Speed, Style, Subject, Time, Weather,
};

use super::*;

/// The word of an axis that takes the most room.
macro_rules! longest {
    ($axis:ty) => {
        *<$axis>::ALL.iter().max_by_key(|word| word.as_str().len()).unwrap()
    };
}

fn scene() -> Scene {
    Scene {
        subject: longest!(Subject),
        colour: longest!(Colour),
        action: longest!(Action),
        place: longest!(Place),
        time: longest!(Time),
        weather: longest!(Weather),
        framing: longest!(Framing),
        camera: longest!(Camera),
        speed: longest!(Speed),
        style: longest!(Style),
        mood: longest!(Mood),
        music: longest!(Music),
        angle: longest!(Angle),
        size: longest!(Size),
        count: longest!(Count),
        partner: Some(Partner {
            relation: longest!(Relation),
            subject: longest!(Subject),
            colour: longest!(Colour),
        }),
    }
}

/// A shot that sets every axis.
fn shot(scene: &Scene) -> Shot {
    let partner = scene.partner.map(|p| ShotPartner {
        relation: p.relation,
        subject: p.subject,
        colour: Some(p.colour),
    });
    Shot {
        subject: Some(scene.subject),
        colour: Some(scene.colour),
        action: Some(scene.action),
        place: Some(scene.place),
        time: Some(scene.time),
        weather: Some(scene.weather),
        framing: Some(scene.framing),
        camera: Some(scene.camera),
        speed: Some(scene.speed),
        style: Some(scene.style),
        mood: Some(scene.mood),
        music: Some(scene.music),
        angle: Some(scene.angle),
        size: Some(scene.size),
        count: Some(scene.count),
        partner,
    }
}

/// A recipe of so many shots with everything in it, and its prompts in a record.
fn prompt_signed(shots: usize, prompts: [String; 3]) -> String {
    let hash = BlobHash([0xff; 32]);
    let format = Format { width: 1_920, height: 1_920, fps: 60, frames: 1_800 };
    let (shot, scene) = (shot(&scene()), scene());
    let next =
        NextShot { transition: Transition::Dissolve, frames: 72, shot: shot.clone(), scene: scene.clone() };
    let crop = Crop { frame: 1_799, left: 1_000, top: 1_000, width: 1_920, height: 1_920, mirrored: true };
    let recipe = Recipe {
        engine: "pocket-v100".to_owned(),
        weights: hash,
        executor: "cpu".to_owned(),
        seed: u64::MAX,
        steps: u32::MAX,
        guidance_percent: u32::MAX,
        format,
        shot,
        scene,
        next: vec![next; shots - 1],
        switches: Switches { leap: true, merge: true, cache: true },
        given: Given {
            blocking: Some(hash),
            first: Some(hash),
            last: Some(hash),
            reference: vec![hash; REFERENCE_STILLS_MAX],
            part: Part::Face,
            parent: Some((hash, Descent::Remix { strength_percent: 100 })),
            crops: vec![crop; REFERENCE_STILLS_MAX],
        },
    };
    let made = Made { blob: hash, size: 1 << 25, poster: Some((hash, 60_000)), format };
    let clip = Clip {
        recipe: Some(recipe_value(&recipe).unwrap()),
        labels: vec![SYNTHETIC.to_owned()],
        parents: vec![Rid([0xff; 32])],
        licence: "CC-BY-NC-SA-4.0".to_owned(),
        ..clip(&"狐".repeat(TITLE_CHARS_MAX), [7; 8].into(), &made)
    };
    let folder = tempfile::tempdir().unwrap();
    let home = crate::home::Home::open(folder.path()).unwrap();
    let keys = Keystore::open_or_create(&home, None, 7).unwrap();
    let signed = sign_with_prompt(clip, prompts, |clip| {
        let signed = keys.author().sign(1 << 31, Body::Clip(Box::new(clip)));
        signed.map(|checked| checked.bytes().to_vec()).map_err(|fault| error::request(fault.to_string()))
    });
    let mut cache = CertificateCache::default();
    let checked = check(&signed.unwrap(), kinora_protocol::NETWORK, &mut cache).unwrap();
    let Body::Clip(clip) = &checked.record().body else { panic!("no clip") };
    assert_eq!(clip.recipe(), Some(recipe));
    clip.prompt.clone()
}

#[test]
fn what_was_rendered_fits_its_record_and_prompts_are_the_first_to_go() {
    let prompts = |all: usize| ["x".repeat(all), "first".to_owned(), String::new()];
    assert_eq!(prompt_signed(1, prompts(PROMPT_BYTES_MAX)).len(), PROMPT_BYTES_MAX);
    assert_eq!(prompt_signed(STORYBOARD_SHOTS_MAX, prompts(1_000)).len(), 1_000);
    assert_eq!(prompt_signed(STORYBOARD_SHOTS_MAX, prompts(PROMPT_BYTES_MAX)), "first");
}
