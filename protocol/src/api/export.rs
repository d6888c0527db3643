//! Taking a clip out of the network.

use serde::{Deserialize, Serialize};

use crate::badge::{Corner, Size, Variant};
use crate::ids::Rid;

/// A clip to be written to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// Which.
    pub clip: Rid,
    /// Absolute path of the file, which is replaced if it is there.
    pub path: String,
    /// Byte for byte as it was published, without a visible label. Refused for a clip that shows somebody.
    #[serde(default)]
    pub original: bool,
    /// What the label says; what the clip's record suggests when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Variant>,
    /// Where the label stands.
    #[serde(default)]
    pub corner: Corner,
    /// How large it is.
    #[serde(default)]
    pub size: Size,
    /// How many times as long each side of the picture becomes; 0 and 1 leave it.
    #[serde(default)]
    pub enlarge: u32,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Bytes.
    pub bytes: u64,
    /// The label in its pictures; nothing was generated in a clip without one, or it was taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Variant>,
}
