//! Vectors of prompts and of text: what is understood, and what may be drawn.

use kinora_protocol::shot::{PromptFault, Shot};
use kinora_protocol::text::Text;
use serde_json::{Value, json};

use super::Fallible;

pub(super) fn shots() -> Fallible<Value> {
    let long = "fox ".repeat(501);
    let prompts = [
        "a red fox runs along a beach at sunset, slow pan left, calm music",
        "At night, downtown: the violet spaceship takes off. Watercolor, hand-held, no music!",
        "CLOSE-UP of a Kitten dancing in the living room",
        "a dog on yellow sand",
        "a big shiny blue little car drives",
        "the car is green",
        "a black and white cat",
        "a red dragon flies",
        "a boat, no rain, without fog",
        "a cat and a dog run",
        "a red fox chases a white dog",
        "two tiny birds, seen from below; the camera orbits",
        "a blue car in front of a big green tree",
        "a cat is chased by a dog",
        "behind a tree stands a cat",
        "a cat on the right & a dog",
        "a fox behind the house",
        "cat, orange, beach",
        "a beach without a big dog or boats",
        "a buterfly in the froest",
        "the dog may pan. left alone",
        "ein roter Fuchs 🦊 läuft",
        "the fox’s den",
        "🦊🦊",
        "fo\u{200b}x, nai\u{308}ve",
        "\u{1b}[31mfox\u{1b}[0m",
        "",
        " ,. \n",
        long.as_str(),
    ];
    prompts
        .iter()
        .map(|prompt| {
            Ok(match Shot::parse(prompt) {
                Ok(reading) => json!({
                    "prompt": prompt,
                    "shot": serde_json::to_value(&reading.shot)?,
                    "understood": serde_json::to_value(&reading.understood)?,
                    "ignored": reading.ignored,
                }),
                Err(PromptFault::Empty) => json!({ "prompt": prompt, "fault": "empty" }),
                Err(PromptFault::TooLong { .. }) => json!({ "prompt": prompt, "fault": "too_long" }),
            })
        })
        .collect()
}

pub(super) fn texts() -> Value {
    let zalgo = format!("x{}", "\u{301}".repeat(9));
    let cases = [
        ("plain", 80),
        ("a\u{1b}[2J\u{1b}]0;title\u{7}b\u{9b}31mc", 80),
        ("one\r\ntwo\tthree\u{85}four\u{2028}five", 80),
        ("left\u{202e}right\u{2066}\u{200b}\u{feff}\u{ad}end", 80),
        ("abcdef", 3),
        ("abc", 3),
        ("trailing   ", 80),
        ("e\u{301} and \u{1100}\u{1161}", 80),
        ("e\u{200b}\u{301}", 80),
        ("\u{301}leads", 80),
        (zalgo.as_str(), 80),
        ("private \u{e000} and \u{10fffd} and tag \u{e0041}", 80),
        ("", 80),
        ("family 👩\u{200d}👧", 80),
    ];
    cases
        .iter()
        .map(|(raw, max)| {
            json!({
                "raw": raw,
                "chars_max": max,
                "line": Text::line(raw, *max).as_str(),
                "block": Text::block(raw, *max).as_str(),
            })
        })
        .collect()
}
