//! The files that a clip is made from, as the command line names them; looked through before anything is queued.

use std::path::{Path, PathBuf};

use clap::Args;
use kinora_protocol::api::{ApiError, MakeParent, MaterialPaths, ParentFrom};
use kinora_protocol::lineage::{Terms, terms};
use kinora_protocol::recipe::{Descent, Part, STRENGTH_PERCENT_DEFAULT};
use tokio::runtime::Handle;

use super::context::Context;
use super::play;
use super::session::Network;
use crate::error::{self, CommandError, Hint as _};
use crate::inspector::pool::Inspectors;
use crate::studio::ask;
use crate::studio::materials::{self, Look};

/// Arguments that name files.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What it is made from")]
pub struct Given {
    /// A blocking from `kinora plan`, edited: who stands where, the camera, the sounds. It decides the length.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "further", "storyboard"])]
    pub blocking: Option<PathBuf>,
    /// The picture it begins with: PNG or JPEG.
    #[arg(long, value_name = "FILE", conflicts_with = "continue")]
    pub first: Option<PathBuf>,
    /// The picture it ends with: PNG or JPEG.
    #[arg(long, value_name = "FILE")]
    pub last: Option<PathBuf>,
    /// A still of whom or what the subject looks like, PNG or JPEG; may be repeated, up to four. It stays on this
    /// machine.
    #[arg(long, value_name = "FILE")]
    pub reference: Vec<PathBuf>,
    /// The reference stills show a face, not the whole figure.
    #[arg(long, requires = "reference")]
    pub face: bool,
    /// A clip to remix: the new prompt over its pictures. With --continue, the clip to go on from.
    #[arg(long, value_name = "FILE|CLIP")]
    pub from: Option<String>,
    /// How much a remix changes, in percent: 1 keeps nearly everything, 100 nothing [default: 60].
    #[arg(
        long, value_name = "PERCENT", requires = "from", conflicts_with = "continue",
        value_parser = clap::value_parser!(u32).range(1..=100)
    )]
    pub strength: Option<u32>,
    /// Go on where the clip of --from ends.
    #[arg(long = "continue", id = "continue", requires = "from")]
    pub goes_on: bool,
    /// Place the subject of the clip of --from in the scene of the prompt; who it is need not be said.
    #[arg(long, requires = "from", conflicts_with_all = ["continue", "strength", "reference"])]
    pub place: bool,
}

impl Given {
    /// The files as the API wants them, each looked through: what cannot be used is said now and not after a wait.
    ///
    /// # Errors
    /// When a file cannot be read or used; the message names it.
    pub async fn files(&self, inspectors: &Inspectors) -> Result<MaterialPaths, CommandError> {
        let one = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
        let paths = MaterialPaths {
            blocking: one(&self.blocking)?,
            first: one(&self.first)?,
            last: one(&self.last)?,
            reference: self.reference.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?,
            part: if self.face { Part::Face } else { Part::Figure },
            parent: match self.from.as_deref().map(Path::new) {
                Some(path) if path.is_file() => {
                    Some(MakeParent { from: ParentFrom::File(absolute(path)?), descent: self.descent() })
                }
                // What looks like a path is a file that is not there, and not a bad id.
                Some(path) if path.to_string_lossy().contains(['/', '.']) => {
                    let hint = "--from takes a file, or the id of a clip that `kinora feed` lists";
                    let message = format!("there is no file {}", path.display());
                    return Err(error::missing(message).hint(hint).into());
                }
                _ => None,
            },
        };
        if paths.is_empty() {
            return Ok(paths);
        }
        let (inspectors, runtime) = (inspectors.clone(), Handle::current());
        let task = tokio::task::spawn_blocking(move || {
            let look = |file: &[u8]| runtime.block_on(inspectors.whole(file.to_vec()));
            look_through(&paths, &look).map(|()| paths)
        });
        Ok(task.await.map_err(|e| error::internal(format!("the files could not be read: {e}")))??)
    }

    const fn descent(&self) -> Descent {
        match (self.goes_on, self.place, self.strength) {
            (true, ..) => Descent::Continue,
            (false, true, _) => Descent::Place,
            (false, false, Some(strength_percent)) => Descent::Remix { strength_percent },
            (false, false, None) => Descent::Remix { strength_percent: STRENGTH_PERCENT_DEFAULT },
        }
    }

    /// The clip that `--from` names when it is no file, fetched first if need be.
    ///
    /// # Errors
    /// When it is unknown, or its file cannot be had.
    pub async fn clip(
        &self,
        context: &mut Context,
        network: Network,
    ) -> Result<Option<MakeParent>, CommandError> {
        let Some(from) = self.from.as_deref().filter(|from| !Path::new(from).is_file()) else {
            return Ok(None);
        };
        let clip = context.clip(from, network).await?;
        let view = play::ready(context, clip).await?;
        if terms(view.licence.as_str()) == Terms::NonCommercial {
            context.output.note(format!("its licence, {}, permits remixes that earn no money", view.licence));
        }
        Ok(Some(MakeParent { from: ParentFrom::Clip(clip), descent: self.descent() }))
    }
}

/// The path of a file that is there, as the node will name it.
///
/// # Errors
/// When it is not there, or its name is not UTF-8.
pub fn absolute(path: &Path) -> Result<String, ApiError> {
    let full = std::fs::canonicalize(path).map_err(|e| error::file("read", path, &e))?;
    let text = full.to_str().map(str::to_owned);
    text.ok_or_else(|| error::request(format!("{} is not named in UTF-8", path.display())))
}

/// Reads what the node will read, and has all of it decoded: the node looks at heads only.
fn look_through(paths: &MaterialPaths, look: Look<'_>) -> Result<(), ApiError> {
    let gathered = materials::gather(paths, None, look)?;
    gathered.blocking_frames.map_or(Ok(()), ask::check_blocking)
}

/// One word of a closed list, as the protocol writes it.
///
/// # Errors
/// Naming the words that there are.
pub fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::Blame;

    use super::*;

    #[tokio::test]
    async fn a_still_that_is_cut_short_is_found_here_although_its_head_is_whole() {
        let (folder, here) = (tempfile::tempdir().unwrap(), Inspectors::here());
        let frames = vec![vec![90; 64 * 64 * 3]];
        let footage = kinora_media::Footage {
            width: 64,
            height: 64,
            fps: 1,
            frames,
            ..kinora_media::Footage::default()
        };
        let png = kinora_media::poster(&footage).unwrap();
        let (whole, cut) = (folder.path().join("whole.png"), folder.path().join("cut.png"));
        std::fs::write(&whole, &png).unwrap();
        std::fs::write(&cut, &png[..png.len() - 20]).unwrap();
        let given = |path: &Path| Given { first: Some(path.to_owned()), ..Given::default() };
        let paths = given(&whole).files(&here).await.unwrap();
        assert!(paths.first.unwrap().ends_with("whole.png"));
        let error = given(&cut).files(&here).await.unwrap_err();
        assert!(error.exit() == 2 && error.to_string().contains("cut.png"), "{error}");
        let none = given(&folder.path().join("none.png")).files(&here).await.unwrap_err();
        assert_eq!(none.exit(), error::exit_code(Blame::Missing));
    }

    #[test]
    fn a_clip_is_remixed_unless_it_goes_on_or_its_subject_is_placed() {
        let remix = |strength| Descent::Remix { strength_percent: strength };
        assert_eq!(Given::default().descent(), remix(60));
        assert_eq!(Given { strength: Some(5), ..Given::default() }.descent(), remix(5));
        assert_eq!(Given { goes_on: true, ..Given::default() }.descent(), Descent::Continue);
        assert_eq!(Given { place: true, ..Given::default() }.descent(), Descent::Place);
    }
}
