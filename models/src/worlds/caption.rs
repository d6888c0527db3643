//! Exact captions of scenes, in words that the prompt parser understands.

use kinora_protocol::shot::{Camera, Framing, Music, Scene, Speed, Style, Time, Weather};

/// A caption that says every axis of the scene that is not at its default.
#[must_use]
pub fn caption(scene: &Scene) -> String {
    let mut out = format!("a {} {} {} {}", scene.colour, scene.subject, scene.action, place(scene));
    if !matches!(scene.time, Time::Day) {
        out += &format!(" at {}", scene.time);
    }
    let mut tail = |wanted: bool, word: &str| {
        if wanted {
            out += &format!(", {word}");
        }
    };
    tail(!matches!(scene.weather, Weather::Clear), scene.weather.as_str());
    tail(!matches!(scene.framing, Framing::Medium), scene.framing.as_str());
    tail(!matches!(scene.camera, Camera::Static), scene.camera.as_str());
    tail(!matches!(scene.speed, Speed::Normal), scene.speed.as_str());
    tail(!matches!(scene.style, Style::Plain), scene.style.as_str());
    let mood = if matches!(scene.music, Music::On) { "music" } else { "mood" };
    tail(true, &format!("{} {mood}", scene.mood));
    tail(matches!(scene.music, Music::Off), "no music");
    out
}

fn place(scene: &Scene) -> String {
    match scene.place.as_str() {
        "underwater" => "underwater".to_owned(),
        "space" => "in space".to_owned(),
        place => format!("in the {place}"),
    }
}
