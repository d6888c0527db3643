//! The files a render is made from, read and checked. They may come from anywhere, so this runs in the worker alone.

use kinora_media::DecodeLimits;
use kinora_media::footage::Footage;
use kinora_media::still;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{self, Picture};
use kinora_protocol::limits::{BLOCKING_BYTES_MAX, REFERENCE_STILLS_MAX};
use kinora_protocol::recipe::{Descent, Given, Part};

use crate::blocking::{Blocking, BlockingFault};
use crate::placing::{self, PlacingFault};
use crate::reference::ReferenceFault;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MaterialFault {
    /// The blocking.
    #[error(transparent)]
    Blocking(#[from] BlockingFault),
    /// The blocking is too large to be one.
    #[error("the blocking has {0} bytes; at most {BLOCKING_BYTES_MAX} are read")]
    BlockingSize(usize),
    /// A still.
    #[error("{which} cannot be used: {fault}")]
    Still {
        /// Which one, in words.
        which: String,
        /// What is wrong with it.
        fault: kinora_media::StillFault,
    },
    /// The stills of a reference together.
    #[error(transparent)]
    Reference(#[from] ReferenceFault),
    /// The parent clip.
    #[error("the parent clip cannot be used: {0}")]
    Parent(kinora_media::ClipFault),
    /// The stills of the parent's subject.
    #[error(transparent)]
    Placing(#[from] PlacingFault),
    /// How strongly the parent is changed.
    #[error("the strength of a remix is 1 to 100 percent, not {0}")]
    Strength(u32),
}

/// What the files hold.
#[derive(Debug, Default)]
pub(crate) struct Materials {
    pub(crate) blocking: Option<Blocking>,
    pub(crate) first: Option<Picture>,
    pub(crate) last: Option<Picture>,
    pub(crate) reference: Option<(Vec<Picture>, Part)>,
    pub(crate) parent: Option<(Footage, Descent)>,
}

fn read_still(which: impl Into<String>, bytes: &[u8]) -> Result<Picture, MaterialFault> {
    still::decode(bytes).map_err(|fault| MaterialFault::Still { which: which.into(), fault })
}

impl Materials {
    /// Reads every file.
    pub(crate) fn read(files: &job::Materials) -> Result<Self, MaterialFault> {
        let blocking = match &files.blocking {
            Some(json) if json.len() > BLOCKING_BYTES_MAX => {
                return Err(MaterialFault::BlockingSize(json.len()));
            }
            Some(json) => Some(Blocking::from_json(json)?),
            None => None,
        };
        if files.reference.len() > REFERENCE_STILLS_MAX {
            return Err(ReferenceFault::Count(files.reference.len()).into());
        }
        let stills = files.reference.iter().enumerate();
        let stills: Vec<Picture> = stills
            .map(|(n, s)| read_still(format!("reference still {}", n + 1), s))
            .collect::<Result<_, _>>()?;
        let parent = match &files.parent {
            Some((_, Descent::Remix { strength_percent: s })) if !(1..=100).contains(s) => {
                return Err(MaterialFault::Strength(*s));
            }
            Some((clip, how)) => Some((
                kinora_media::decode(clip, &DecodeLimits::default()).map_err(MaterialFault::Parent)?,
                *how,
            )),
            None => None,
        };
        let mut reference = (!stills.is_empty()).then_some((stills, files.part));
        let parent = match parent {
            Some((footage, Descent::Place)) if reference.is_none() => {
                reference = Some((placing::stills(&footage, &files.crops)?, Part::Figure));
                None
            }
            Some((_, Descent::Place)) => return Err(PlacingFault::Otherwise.into()),
            _ if !files.crops.is_empty() => return Err(PlacingFault::Otherwise.into()),
            other => other,
        };
        Ok(Self {
            blocking,
            first: files.first.as_ref().map(|s| read_still("the first frame", s)).transpose()?,
            last: files.last.as_ref().map(|s| read_still("the last frame", s)).transpose()?,
            reference,
            parent,
        })
    }
}

/// The files by hash, as a recipe names them.
#[must_use]
pub fn given(files: &job::Materials) -> Given {
    let hash = |bytes: &serde_bytes::ByteBuf| BlobHash::of(bytes);
    Given {
        blocking: files.blocking.as_ref().map(hash),
        first: files.first.as_ref().map(hash),
        last: files.last.as_ref().map(hash),
        reference: files.reference.iter().map(hash).collect(),
        part: files.part,
        parent: files.parent.as_ref().map(|(clip, how)| (hash(clip), *how)),
        crops: files.crops.clone(),
    }
}
