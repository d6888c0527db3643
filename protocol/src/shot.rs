//! A shot: what a prompt asks for, in the closed vocabulary of [`vocabulary`].
//!
//! [`Shot::parse`] reads free prose, says word by word what it understood, inferred and ignored, and never
//! rewrites silently. Axes the prompt leaves open stay `None`; the planner fills them by seed and the filled shot
//! goes into the recipe.

mod lexicon;
mod parser;
pub mod vocabulary;

pub use parser::{PromptFault, READING_ENTRIES_MAX};
use serde::{Deserialize, Serialize};
pub use vocabulary::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Place, Relation, Size, Speed, Style, Subject,
    Time, Weather,
};

/// What is asked of one shot. `None` leaves the choice to the planner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shot {
    /// Who or what the shot is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The subject's main colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// What the subject does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// Weather.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weather: Option<Weather>,
    /// Shot size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framing: Option<Framing>,
    /// Camera move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<Camera>,
    /// Speed of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Look of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// Mood of picture and music.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mood: Option<Mood>,
    /// Whether music plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music: Option<Music>,
    /// From which height the camera looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub angle: Option<Angle>,
    /// How large the subject is for its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// How many of the subject there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// Who else is in the shot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<ShotPartner>,
}

/// The second subject that a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShotPartner {
    /// What the subject has to do with it: "subject `relation` partner".
    pub relation: Relation,
    /// Who or what it is.
    pub subject: Subject,
    /// Its main colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
}

/// One phrase of the prompt and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// The words as they stand in the prompt, sanitised for display.
    pub phrase: String,
    /// The axis they set, for example `camera`.
    pub axis: String,
    /// The word of that axis, for example `pan left`.
    pub value: String,
}

/// A prompt after parsing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The shot that was understood.
    pub shot: Shot,
    /// Which phrases set which axis, in prompt order.
    pub understood: Vec<Understood>,
    /// Words that changed nothing, in prompt order (articles and other function words are left out).
    pub ignored: Vec<String>,
}

/// A shot with every axis decided: what the planner makes of a [`Shot`] and what an engine renders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Who or what the shot is of.
    pub subject: Subject,
    /// The subject's main colour.
    pub colour: Colour,
    /// What the subject does.
    pub action: Action,
    /// Where it is set.
    pub place: Place,
    /// Time of day.
    pub time: Time,
    /// Weather.
    pub weather: Weather,
    /// Shot size.
    pub framing: Framing,
    /// Camera move.
    pub camera: Camera,
    /// Speed of the action.
    pub speed: Speed,
    /// Look of the picture.
    pub style: Style,
    /// Mood of picture and music.
    pub mood: Mood,
    /// Whether music plays.
    pub music: Music,
    /// From which height the camera looks.
    pub angle: Angle,
    /// How large the subject is for its kind.
    pub size: Size,
    /// How many of the subject there are; one when it has a partner.
    pub count: Count,
    /// Who else is in the shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Partner>,
}

/// The second subject of a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// What the subject has to do with it: "subject `relation` partner".
    pub relation: Relation,
    /// Who or what it is.
    pub subject: Subject,
    /// Its main colour.
    pub colour: Colour,
}

/// Number of axes in a [`Scene`].
pub const AXES: usize = 18;

impl Scene {
    /// Words in the table of each axis, in the order of [`Self::indices`].
    pub const WORDS: [usize; AXES] = [
        Subject::ALL.len(),
        Colour::ALL.len(),
        Action::ALL.len(),
        Place::ALL.len(),
        Time::ALL.len(),
        Weather::ALL.len(),
        Framing::ALL.len(),
        Camera::ALL.len(),
        Speed::ALL.len(),
        Style::ALL.len(),
        Mood::ALL.len(),
        Music::ALL.len(),
        Angle::ALL.len(),
        Size::ALL.len(),
        Count::ALL.len(),
        Relation::ALL.len(),
        Subject::ALL.len(),
        Colour::ALL.len(),
    ];

    /// Index of each axis' word in its table, in the order of the fields. Without a partner its three axes have the
    /// index after the last word: "not said".
    #[must_use]
    pub const fn indices(&self) -> [usize; AXES] {
        let [relation, other, other_colour] = match self.partner {
            Some(p) => [p.relation.index(), p.subject.index(), p.colour.index()],
            None => [Relation::ALL.len(), Subject::ALL.len(), Colour::ALL.len()],
        };
        [
            self.subject.index(),
            self.colour.index(),
            self.action.index(),
            self.place.index(),
            self.time.index(),
            self.weather.index(),
            self.framing.index(),
            self.camera.index(),
            self.speed.index(),
            self.style.index(),
            self.mood.index(),
            self.music.index(),
            self.angle.index(),
            self.size.index(),
            self.count.index(),
            relation,
            other,
            other_colour,
        ]
    }
}
