//! The tables of `specs/shot.md` say what the code does.

use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Place, Relation, Size, Speed, Style, Subject,
    Time, Weather,
};

use crate::architecture::root;

#[test]
fn the_vocabulary_table_is_the_code() {
    let spec = std::fs::read_to_string(root().join("specs/shot.md")).unwrap();
    macro_rules! rows { ($($axis:ident = $name:literal),+) => { $({
        let words: Vec<&str> = $axis::ALL.iter().map(|w| w.as_str()).collect();
        let row = format!("| {} | {} |", $name, words.join(", "));
        assert!(spec.contains(&row), "specs/shot.md lacks the row {row}");
    })+ } }
    rows!(
        Subject = "subject",
        Colour = "colour",
        Action = "action",
        Place = "place",
        Time = "time",
        Weather = "weather",
        Framing = "framing",
        Camera = "camera",
        Speed = "speed",
        Style = "style",
        Mood = "mood",
        Music = "music",
        Angle = "angle",
        Size = "size",
        Count = "count",
        Relation = "relation"
    );
}
