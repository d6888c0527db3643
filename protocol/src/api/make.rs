//! What a render may be asked for: prompt and numbers, further shots, and files that it is made from.
//!
//! Files are named by absolute paths on the node's machine. The node reads them when it takes the job and keeps what
//! it read, so that nothing that happens to the files later changes the clip. None of them is ever published.

use serde::{Deserialize, Serialize};

use crate::ids::Rid;
use crate::recipe::{Descent, Part, Switches, Transition};

/// What to render.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeRequest {
    /// The prompt.
    pub prompt: String,
    /// Seed; drawn when absent.
    pub seed: Option<u64>,
    /// Length in milliseconds. When absent: that of the blocking, of the parent of a remix, or the engine's default.
    pub millis: Option<u32>,
    /// Sampler steps; the engine's default when absent.
    pub steps: Option<u32>,
    /// Guidance in hundredths; the engine's default when absent.
    pub guidance_percent: Option<u32>,
    /// Keep as a draft instead of publishing when done.
    pub draft: bool,
    /// The shots after the first, at most [`STORYBOARD_SHOTS_MAX`](crate::limits::STORYBOARD_SHOTS_MAX) − 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<MakeShot>,
    /// Speed-ups of the sampler.
    #[serde(default, skip_serializing_if = "Switches::are_off")]
    pub switches: Switches,
    /// Who is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cameo: Option<Box<super::MakeCameo>>,
    /// What it is made from beside the prompt.
    #[serde(default, skip_serializing_if = "MaterialPaths::is_empty")]
    pub materials: MaterialPaths,
    /// Its licence, an SPDX expression; the usual one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether the author of the clip that it is made from permitted it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub permitted: bool,
    /// What its author says of it beside that it is made by a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// A part of a clip, to be published as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeCut {
    /// A clip whose file is here. The new clip's record names it as its parent.
    pub clip: Rid,
    /// Where the part begins, in milliseconds from the start; its frame is the first one.
    #[serde(default)]
    pub from_millis: u32,
    /// Where it ends; the end of the clip when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_millis: Option<u32>,
    /// Title shown in feeds; that of the parent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its licence, an SPDX expression; the usual one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether the author of the clip permitted it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub permitted: bool,
}

/// A later shot of a storyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeShot {
    /// The prompt.
    pub prompt: String,
    /// Length in milliseconds; the engine's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u32>,
    /// How it follows the shot before.
    #[serde(default)]
    pub transition: Transition,
}

/// Absolute paths of files on the node's machine, and what is made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaterialPaths {
    /// An edited blocking: JSON, as `kinora plan --json` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<String>,
    /// The first frame: PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The last frame: PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Stills of whom or what the subject looks like, at most
    /// [`REFERENCE_STILLS_MAX`](crate::limits::REFERENCE_STILLS_MAX): PNG or JPEG.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference: Vec<String>,
    /// Which part of the subject they show.
    pub part: Part,
    /// A clip, and what the new one has from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<MakeParent>,
}

impl MaterialPaths {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The clip that a new one descends from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeParent {
    /// Where it is.
    pub from: ParentFrom,
    /// What the new clip has from it.
    pub descent: Descent,
}

/// Where a parent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParentFrom {
    /// A clip whose file is here. The new clip's record names it as its parent.
    Clip(Rid),
    /// Absolute path of an AV1 + Opus MP4. The record names a parent if a known clip has exactly these bytes.
    File(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_an_older_client_is_read_and_nothing_new_is_written_when_nothing_is_asked() {
        let old = r#"{"prompt":"a fox","seed":null,"millis":null,"steps":null,"guidance_percent":null,"draft":false}"#;
        let request: MakeRequest = serde_json::from_str(old).unwrap();
        assert_eq!(request, MakeRequest { prompt: "a fox".to_owned(), ..MakeRequest::default() });
        assert_eq!(serde_json::to_string(&request).unwrap(), old);
    }

    #[test]
    fn a_shot_needs_a_prompt_and_nothing_else() {
        let shot: MakeShot = serde_json::from_str(r#"{"prompt":"a cat"}"#).unwrap();
        assert_eq!((shot.millis, shot.transition), (None, Transition::Cut));
        assert!(serde_json::from_str::<MakeShot>(r#"{"millis":1000}"#).is_err());
    }
}
