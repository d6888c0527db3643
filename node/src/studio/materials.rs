//! What a clip is made from beside its prompt: files read when a job is queued, kept until it has ended.
//!
//! Kept as one file per job in a folder of their own and not in the blob store: a recipe names a still by its hash, and
//! whoever then published a record of that hash would have the network ask us for somebody's face. Here nothing serves
//! it. Not in the job's entry either, which is written anew with every change of the job. What a file is, an inspector
//! says; pictures and sound are decoded by the worker alone.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use kinora_models::blocking::Blocking;
use kinora_protocol::api::{ApiError, MaterialPaths, ParentFrom};
use kinora_protocol::ids::Rid;
use kinora_protocol::job::inspect::Media;
use kinora_protocol::job::{self, Materials};
use kinora_protocol::limits::{
    BLOCKING_BYTES_MAX, CLIP_BYTES_MAX, MATERIALS_BYTES_MAX, REFERENCE_STILLS_MAX, STILL_BYTES_MAX,
};
use kinora_protocol::recipe::{Descent, Format, Part};
use kinora_protocol::shot::Scene;
use serde_bytes::ByteBuf;

use crate::error::{self, Hint as _};
use crate::{files, random};

/// What was read for one job.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The files, as the worker gets them.
    pub materials: Materials,
    /// Frames of the edited blocking.
    pub blocking_frames: Option<u32>,
    /// Size and length of the parent.
    pub parent_format: Option<Format>,
    /// The scene of the parent whose subject is placed in another.
    pub placed: Option<Scene>,
    /// Clips that the new clip's record names as its parents.
    pub parents: Vec<Rid>,
}

/// Says what a file is, or why it is of no use. It is parsed by whoever stands behind this, never here.
pub type Look<'a> = &'a dyn Fn(&[u8]) -> Result<Media, String>;

/// Reads the files that a request names. `parent` has the bytes of a parent that is a clip of this node.
///
/// It reads from disk and may take a while: not for the runtime's threads.
///
/// # Errors
/// When a file cannot be read or is not what it is given as; the message names the file and what it is for.
pub fn gather(paths: &MaterialPaths, parent: Option<Vec<u8>>, look: Look<'_>) -> Result<Gathered, ApiError> {
    check(paths)?;
    let mut gathered = Gathered::default();
    if let Some(path) = &paths.blocking {
        let (bytes, plan) = blocking(&absolute(path)?)?;
        gathered.blocking_frames = u32::try_from(plan.frames()).ok();
        gathered.materials.blocking = Some(bytes.into());
    }
    let still = |path: &String, what| still(&absolute(path)?, what, look).map(ByteBuf::from);
    let materials = &mut gathered.materials;
    materials.first = paths.first.as_ref().map(|path| still(path, "first frame")).transpose()?;
    materials.last = paths.last.as_ref().map(|path| still(path, "last frame")).transpose()?;
    materials.reference =
        paths.reference.iter().map(|path| still(path, "reference")).collect::<Result<_, _>>()?;
    materials.part = paths.part;
    if let Some(parent_asked) = &paths.parent {
        let (bytes, format) = match (&parent_asked.from, parent) {
            (ParentFrom::File(path), _) => clip(&absolute(path)?, look)?,
            (ParentFrom::Clip(rid), Some(bytes)) => {
                let format = format_of(&bytes, look).map_err(|why| unusable(rid, "parent", &why))?;
                (bytes, format)
            }
            (ParentFrom::Clip(rid), None) => return Err(error::missing(format!("{rid} is not here"))),
        };
        gathered.parent_format = Some(format);
        gathered.materials.parent = Some((bytes.into(), parent_asked.descent));
    }
    let bytes = size(&gathered.materials);
    if bytes > MATERIALS_BYTES_MAX {
        let message =
            format!("the files have {bytes} bytes together; at most {MATERIALS_BYTES_MAX} are possible");
        return Err(error::request(message).hint("save the stills smaller, or give fewer"));
    }
    Ok(gathered)
}

/// What can be wrong without looking at a file.
fn check(paths: &MaterialPaths) -> Result<(), ApiError> {
    let stills = paths.reference.len();
    if stills > REFERENCE_STILLS_MAX {
        let message =
            format!("{stills} reference stills were given; at most {REFERENCE_STILLS_MAX} are used");
        return Err(error::request(message).hint("choose the best of them"));
    }
    if paths.part == Part::Face && stills == 0 {
        return Err(error::request("a face was announced, but no reference still was given"));
    }
    match paths.parent.as_ref().map(|parent| parent.descent) {
        Some(Descent::Remix { strength_percent }) if !(1..=100).contains(&strength_percent) => {
            let message = format!("a remix has a strength of 1 to 100 percent, not {strength_percent}");
            Err(error::request(message).hint("1 keeps nearly everything of the parent, 100 nothing"))
        }
        Some(Descent::Place) if stills > 0 => {
            Err(error::request("the subject of a clip that is placed in a new scene looks as it does there")
                .hint("leave out the reference stills, or the clip whose subject is placed"))
        }
        Some(Descent::Continue) if paths.first.is_some() => {
            Err(error::request("a clip that goes on where another ends begins with that one's last frame")
                .hint("leave out the first frame, or the clip that it goes on from"))
        }
        _ => Ok(()),
    }
}

/// A path that means the same to whoever asks and to this node.
fn absolute(path: &str) -> Result<PathBuf, ApiError> {
    let path = PathBuf::from(path);
    if path.is_absolute() {
        return Ok(path);
    }
    Err(error::request(format!("{} is not an absolute path", path.display())).hint("start it with a slash"))
}

fn unusable(name: &impl std::fmt::Display, what: &str, why: &impl std::fmt::Display) -> ApiError {
    error::request(format!("{name} cannot be used as {what}: {why}"))
}

/// Reads an edited blocking.
///
/// # Errors
/// When it cannot be read or rendered; the message names the file and the first thing that is wrong.
pub fn blocking(path: &Path) -> Result<(Vec<u8>, Blocking), ApiError> {
    let bytes = files::read(path, BLOCKING_BYTES_MAX as u64)?;
    let plan = Blocking::from_json(&bytes).map_err(|fault| {
        unusable(&path.display(), "blocking", &fault)
            .hint("`kinora plan PROMPT --json` writes one that can be edited")
    })?;
    Ok((bytes, plan))
}

fn still(path: &Path, what: &'static str, look: Look<'_>) -> Result<Vec<u8>, ApiError> {
    let bytes = files::read(path, STILL_BYTES_MAX as u64)?;
    match look(&bytes) {
        Ok(Media::Still { .. } | Media::Poster { .. }) => Ok(bytes),
        Ok(Media::Clip(_)) => Err(unusable(&path.display(), what, &"it is a clip, not a still")),
        Err(why) => Err(unusable(&path.display(), what, &why)),
    }
}

fn clip(path: &Path, look: Look<'_>) -> Result<(Vec<u8>, Format), ApiError> {
    let bytes = files::read(path, CLIP_BYTES_MAX)?;
    let format = format_of(&bytes, look).map_err(|why| {
        unusable(&path.display(), "parent", &why)
            .hint("Kinora takes AV1 and Opus in MP4, as `kinora export` writes it")
    })?;
    Ok((bytes, format))
}

fn format_of(bytes: &[u8], look: Look<'_>) -> Result<Format, String> {
    match look(bytes)? {
        Media::Clip(facts) => Ok(facts.format),
        Media::Still { .. } | Media::Poster { .. } => Err("it is a still, not a clip".to_owned()),
    }
}

fn size(materials: &Materials) -> usize {
    let Materials { blocking, first, last, reference, part: _, parent, crops: _ } = materials;
    let parent = parent.as_ref().map(|(bytes, _)| bytes);
    let all = [blocking, first, last].into_iter().flatten().chain(reference).chain(parent);
    all.map(|bytes| bytes.len()).sum()
}

/// The folder in which the materials of waiting jobs lie.
#[derive(Clone, Debug)]
pub struct Drawer {
    folder: PathBuf,
}

impl Drawer {
    /// A drawer in a folder, which is made when something is first put into it.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Puts materials on disk and gives the name under which they lie.
    ///
    /// # Errors
    /// When they are not on disk afterwards.
    pub fn keep(&self, materials: &Materials) -> Result<String, ApiError> {
        let name = format!("{:016x}", u64::from_le_bytes(random::bytes()?));
        let path = self.folder.join(&name);
        let bytes =
            job::encode(materials).map_err(|e| error::internal(format!("materials do not fit: {e}")))?;
        let written = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .and_then(|()| crate::home::write_atomically(&path, &bytes));
        written.map_err(|e| error::file("keep the materials of the job in", &path, &e))?;
        Ok(name)
    }

    /// Materials that were kept.
    ///
    /// # Errors
    /// When they are gone or damaged.
    pub fn get(&self, name: &str) -> Result<Materials, ApiError> {
        let path = self.folder.join(name);
        let frame = std::fs::read(&path)
            .map_err(|e| error::file("read what the clip was to be made from,", &path, &e))?;
        let body = frame.get(4..).unwrap_or_default();
        job::decode(body).map_err(|e| error::system(format!("{} is damaged: {e}", path.display())))
    }

    /// Takes materials off the disk.
    pub fn remove(&self, name: &str) {
        if let Err(error) = std::fs::remove_file(self.folder.join(name)) {
            tracing::warn!(%error, name, "the materials of a job could not be removed");
        }
    }

    /// Takes everything off the disk that no job waits for: a node that was killed left it.
    pub fn sweep(&self, wanted: &BTreeSet<&str>) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_none_or(|name| !wanted.contains(name)) {
                self.remove(&name.to_string_lossy());
            }
        }
    }
}

#[cfg(test)]
#[path = "materials_tests.rs"]
mod tests;
