//! The closed vocabulary of prompt control: one enum per axis, each word a film term.
//!
//! A word's stable name (`as_str`) is what recipes, the API and the conditioning tables use; its position in
//! `ALL` is the index of its row in the Pocket model's embedding tables, so words are only ever appended.

use serde::{Deserialize, Serialize};

/// Declares one axis: an enum, its words in table order, and the conversions between them.
macro_rules! axis {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* #[doc = $word] $variant),+ }

        impl $name {
            /// Every word of this axis, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name of the word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Position in [`Self::ALL`], which is the row in an embedding table.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

axis! {
    /// Who or what the shot is of.
    Subject {
        Ball => "ball", Cat => "cat", Dog => "dog", Fox => "fox", Car => "car", Boat => "boat", Bird => "bird",
        Fish => "fish", Rocket => "rocket", Robot => "robot", Person => "person", Tree => "tree",
        Horse => "horse", Train => "train", Balloon => "balloon", Butterfly => "butterfly",
    }
}

axis! {
    /// The subject's main colour.
    Colour {
        Red => "red", Orange => "orange", Yellow => "yellow", Green => "green", Blue => "blue",
        Purple => "purple", White => "white", Black => "black", Pink => "pink", Brown => "brown",
    }
}

axis! {
    /// What the subject does.
    Action {
        Stands => "stands", Runs => "runs", Bounces => "bounces", Flies => "flies", Swims => "swims",
        Spins => "spins", Floats => "floats", Drives => "drives", Explodes => "explodes", Dances => "dances",
    }
}

axis! {
    /// Where the shot is set.
    Place {
        Beach => "beach", Forest => "forest", City => "city", Space => "space", Underwater => "underwater",
        Desert => "desert", Snow => "snow", Room => "room", Meadow => "meadow", Mountains => "mountains",
    }
}

axis! {
    /// Time of day.
    Time { Day => "day", Sunset => "sunset", Night => "night" }
}

axis! {
    /// Weather.
    Weather { Clear => "clear", Rain => "rain", Snowfall => "snowfall", Fog => "fog" }
}

axis! {
    /// How large the subject stands in the frame.
    Framing { Wide => "wide shot", Medium => "medium shot", Close => "close-up" }
}

axis! {
    /// From which height the camera looks.
    Angle { EyeLevel => "eye level", Low => "low angle", High => "high angle" }
}

axis! {
    /// How large the subject is for its kind.
    Size { Normal => "normal size", Small => "small", Large => "large" }
}

axis! {
    /// How many of the subject there are.
    Count { One => "one", Two => "two", Three => "three" }
}

axis! {
    /// Where the subject is, or what it does, with respect to its partner.
    Relation {
        LeftOf => "left of", RightOf => "right of", Chases => "chases", Behind => "behind",
        InFrontOf => "in front of",
    }
}

axis! {
    /// What the camera does over the shot.
    Camera {
        Static => "static", PanLeft => "pan left", PanRight => "pan right", TiltUp => "tilt up",
        TiltDown => "tilt down", ZoomIn => "zoom in", ZoomOut => "zoom out", Handheld => "handheld",
        DollyIn => "dolly in", DollyOut => "dolly out", OrbitLeft => "orbit left", OrbitRight => "orbit right",
    }
}

axis! {
    /// Speed of the action.
    Speed { Normal => "normal speed", Slow => "slow motion", Fast => "fast motion" }
}

axis! {
    /// The look of the picture.
    Style {
        Plain => "plain", Cartoon => "cartoon", Watercolour => "watercolour", Pixel => "pixel art",
        Noir => "noir", Neon => "neon", Sketch => "sketch", Vintage => "vintage",
    }
}

axis! {
    /// Mood: it grades the picture and chooses the music.
    Mood {
        Calm => "calm", Happy => "happy", Dramatic => "dramatic", Tense => "tense", Sad => "sad",
        Mysterious => "mysterious",
    }
}

axis! {
    /// Whether music plays.
    Music { On => "music", Off => "no music" }
}
