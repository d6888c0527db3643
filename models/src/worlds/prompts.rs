//! The prompts of the contact sheet in the model card: 24 of them, six of which are combinations that training never saw.

/// Eighteen prompts of combinations that training may see, then six that the rule of [`super::split`] keeps from it.
pub const SHEET: [&str; 24] = [
    "a red fox runs along a beach at sunset, slow pan left, calm music",
    "a blue car drives through the city at night, neon, tense music",
    "three yellow birds fly over the mountains, happy music",
    "a green fish swims underwater, cartoon",
    "a purple rocket flies in space, dramatic music",
    "a white cat stands in a room, rain, noir, sad music",
    "an orange balloon floats over a meadow, dolly out",
    "a brown horse runs in the desert at sunset, vintage",
    "two black dogs run in the snow, snowfall",
    "a pink butterfly flies in a meadow, close-up",
    "a purple robot dances in the city at night",
    "a big green ball bounces in a room, slow motion",
    "a white boat floats at the beach, fog, mysterious music",
    "a green train drives in the mountains, pan right",
    "a blue person dances on the beach, pixel art",
    "a red tree stands in the desert, sketch",
    "a red fox chases a white dog in a meadow",
    "a yellow car explodes in the desert, low angle",
    "a blue cat runs in the forest, orbit left",
    "a pink dog bounces on the beach, zoom in",
    "an orange bird flies over the city, watercolour",
    "a purple fish swims underwater, high angle",
    "a yellow horse stands behind a green tree in the snow",
    "a white train drives through the forest at sunset, pan left",
];

#[cfg(test)]
mod tests {
    use kinora_protocol::shot::Shot;

    use super::*;
    use crate::blocking::fill;
    use crate::worlds::split::held_out;

    #[test]
    fn six_prompts_of_the_sheet_are_held_out_and_all_are_understood_whole() {
        for (n, prompt) in SHEET.into_iter().enumerate() {
            let reading = Shot::parse(prompt).unwrap();
            assert!(reading.ignored.is_empty(), "{prompt}: {:?}", reading.ignored);
            assert_eq!(held_out(&fill(&reading.shot, n as u64 + 1)), n >= 18, "{prompt}");
        }
    }
}
