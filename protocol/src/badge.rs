//! What the visible label says, "AI" in the pixels of a clip that leaves the network, and where it stands.

use serde::{Deserialize, Serialize};

/// What the label says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// All of it was made by AI: "AI" on a full ground.
    #[default]
    Full,
    /// Some of it was: "AI +" within a dotted frame.
    Partial,
    /// A likeness of a real person or event: "AI !" within a whole frame.
    Likeness,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corner {
    /// Top left.
    TopLeft,
    /// Top right.
    #[default]
    TopRight,
    /// Bottom left.
    BottomLeft,
    /// Bottom right.
    BottomRight,
}

impl Corner {
    /// Every corner, the usual one first.
    pub const ALL: [Self; 4] = [Self::TopRight, Self::TopLeft, Self::BottomRight, Self::BottomLeft];
}

/// How large it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// A twelfth of the shorter side.
    Small,
    /// An eighth of the shorter side, and never less than the letters need.
    #[default]
    Medium,
    /// A fifth of the shorter side.
    Large,
}

/// How the label is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Badge {
    /// What it says.
    pub variant: Variant,
    /// Where.
    pub corner: Corner,
    /// How large.
    pub size: Size,
}
