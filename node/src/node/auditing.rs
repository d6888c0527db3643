//! The call `audit`: makes a clip again from its recipe and says whether it is the same.
//!
//! The same recipe gives the same footage on any number of threads, and the encoder gives the same bytes for the same
//! footage, so an honest clip comes out byte for byte. Pictures that differ only as a mark or another machine's rounding
//! makes them differ still count; the bounds are here. Both clips are decoded by the worker, never by the node.

use std::time::Instant;

use kinora_models::pocket;
use kinora_models::storyboard;
use kinora_protocol::api::{ApiError, AuditOutcome, AuditView, MaterialPaths};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::{
    Again, AuditRequest, Compared, CutRequest, FromWorker, Materials, NextRequest, RenderRequest, ToWorker,
};
use kinora_protocol::lineage::Cut;
use kinora_protocol::recipe::{Given, Recipe};
use kinora_protocol::record::Body;
use kinora_protocol::text::Text;
use serde_bytes::ByteArray;

use tokio::runtime::Handle;

use super::{Core, views};
use crate::clock;
use crate::error::{self, Hint as _};
use crate::studio::materials;

/// Least signal to noise at which pictures count as the same, in hundredths of a dB. Two invisible marks of 40 dB each
/// leave 37; other seeds of the same prompt were 6 to 18 dB apart (specs/lineage.md).
const PSNR_MILLIBELS_MIN: u32 = 3_600;
/// Least correlation at which sounds count as the same, in ten-thousandths.
const CORRELATION_MIN: i32 = 9_800;
/// Longest engine or executor name that is repeated.
const NAME_CHARS_MAX: usize = 40;

impl Core {
    /// Makes a clip again and compares. `paths` are the files it was made from, as far as its recipe names some.
    ///
    /// # Errors
    /// When it cannot be made again here, and why.
    pub(super) async fn audit(&self, rid: Rid, paths: MaterialPaths) -> Result<AuditView, ApiError> {
        let start = Instant::now();
        let Some(checked) = self.publisher.store.get(&rid)? else { return Err(views::absent(self, rid)?) };
        let Body::Clip(clip) = &checked.record().body else {
            return Err(error::request(format!("{rid} is not a clip")));
        };
        let recipe = clip.recipe();
        let again = match (&recipe, Cut::of(clip)) {
            (Some(recipe), _) => Again::Render(self.render_again(recipe, clip.tag, paths).await?),
            (None, Some(cut)) => Again::Cut(self.cut_again(cut).await?),
            (None, None) => {
                let what = if clip.recipe.is_some() { "one that this version cannot read" } else { "none" };
                return Err(error::missing(format!(
                    "a clip is audited by its recipe; this one states {what}"
                ))
                .hint("`kinora verify` checks its signature and its file"));
            }
        };
        let request = AuditRequest { clip: self.clip_file(rid).await?, again };
        let FromWorker::Compared(compared) = self.studio.errand(&ToWorker::Audit(request)).await? else {
            return Err(error::internal("the worker was asked to compare and did something else"));
        };
        let (outcome, sentence) = judge(recipe.as_ref(), &compared);
        Ok(AuditView {
            clip: rid,
            outcome,
            sentence,
            psnr: compared.psnr_millibels.map(|millibels| f64::from(millibels) / 100.0),
            correlation: compared.correlation.map(|parts| f64::from(parts) / 10_000.0),
            elapsed: start.elapsed().as_secs_f64(),
        })
    }

    /// The render that a recipe describes, with the mark that its record names.
    async fn render_again(
        &self,
        recipe: &Recipe,
        tag: ByteArray<8>,
        paths: MaterialPaths,
    ) -> Result<RenderRequest, ApiError> {
        can_run(recipe)?;
        let materials = self.materials_again(&recipe.given, paths).await?;
        let next = recipe.next.iter().map(|shot| NextRequest {
            transition: shot.transition,
            frames: shot.frames,
            shot: shot.shot.clone(),
        });
        Ok(RenderRequest {
            shot: recipe.shot.clone(),
            seed: recipe.seed,
            frames: first_frames(recipe)?,
            steps: Some(recipe.steps),
            guidance_percent: Some(recipe.guidance_percent),
            threads: self.studio.threads(),
            next: next.collect(),
            switches: recipe.switches,
            tag: Some(tag),
            materials,
        })
    }

    async fn cut_again(&self, cut: Cut) -> Result<CutRequest, ApiError> {
        let clip = self.parent_file(cut.parent).await?;
        Ok(CutRequest { clip, first: cut.first, frames: cut.frames, threads: self.studio.threads() })
    }

    /// The file of a parent, if it may be shown here.
    async fn parent_file(&self, hash: BlobHash) -> Result<Vec<u8>, ApiError> {
        let publisher = &self.publisher;
        let shown = publisher.store.gives(publisher.author(), &hash, clock::now_seconds())?;
        let bytes = if shown { self.publisher.blobs.get(hash).await } else { None };
        bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| {
            error::missing(format!("it was made from a clip whose file {} is not here", hash.short()))
                .hint("`kinora lineage` names its parents, `kinora play` fetches one")
        })
    }

    /// The files that a recipe names by hash: those that were given now, and the parent from the store.
    async fn materials_again(&self, given: &Given, paths: MaterialPaths) -> Result<Materials, ApiError> {
        if paths.parent.is_some() {
            return Err(error::request("the parent is taken from the store, by the recipe's own hash"));
        }
        let (inspectors, runtime) = (self.publisher.inspectors.clone(), Handle::current());
        let read = tokio::task::spawn_blocking(move || {
            materials::gather(&paths, None, &|file| runtime.block_on(inspectors.describe(file.to_vec())))
        });
        let read = read.await;
        let read = read.map_err(|e| error::internal(format!("the files could not be read: {e}")))??;
        let mut found = Materials { part: given.part, ..read.materials };
        if let Some((hash, descent)) = given.parent {
            found.parent = Some((self.parent_file(hash).await?.into(), descent));
            found.crops.clone_from(&given.crops);
        }
        let here = kinora_models::given(&found);
        let pairs = [
            ("an edited blocking", "--blocking FILE", here.blocking == given.blocking),
            ("a first frame", "--first FILE", here.first == given.first),
            ("a last frame", "--last FILE", here.last == given.last),
            ("reference stills", "--reference FILE", here.reference == given.reference),
        ];
        match pairs.iter().find(|(.., same)| !same) {
            None => Ok(found),
            Some((what, flag, _)) => {
                let message = format!("the files given are not those of its recipe: {what}");
                Err(error::missing(message)
                    .hint(format!("its author may give them to you: {flag}, in their order")))
            }
        }
    }
}

/// Whether this build has what the recipe was rendered with.
fn can_run(recipe: &Recipe) -> Result<(), ApiError> {
    let other = |what: &str, theirs: &str, ours: &str| {
        let theirs = Text::line(theirs, NAME_CHARS_MAX);
        error::missing(format!("it was rendered with {what} {theirs}; this build has {ours}"))
            .hint("use the version of kinora that has it")
    };
    if recipe.engine != pocket::ENGINE {
        return Err(other("the engine", &recipe.engine, pocket::ENGINE));
    }
    let ours = pocket::WEIGHTS_HASH.trim();
    if recipe.weights.to_string() != ours {
        return Err(other("the weights", &recipe.weights.to_string(), ours));
    }
    if recipe.executor != kinora_models::engine::EXECUTOR {
        return Err(other("the executor", &recipe.executor, kinora_models::engine::EXECUTOR));
    }
    Ok(())
}

/// Frames of the first shot.
fn first_frames(recipe: &Recipe) -> Result<u32, ApiError> {
    storyboard::first_frames(recipe)
        .ok_or_else(|| error::request("its recipe contradicts itself: the shots are longer than the clip"))
}

/// What a comparison means.
fn judge(recipe: Option<&Recipe>, compared: &Compared) -> (AuditOutcome, String) {
    let Compared { same_file, same_format, same_frames, same_samples, psnr_millibels, correlation, .. } =
        *compared;
    if compared.recipe.as_ref() != recipe {
        let what = "its recipe is not what the engine makes of these words and this seed";
        return (AuditOutcome::Different, format!("not reproduced: {what}"));
    }
    if same_file {
        return (AuditOutcome::SameFile, "reproduced: the same file, byte for byte".to_owned());
    }
    if same_frames && same_samples {
        let what = "the same pictures and sound, bit for bit, in a file that was signed since";
        return (AuditOutcome::SameFootage, format!("reproduced: {what}"));
    }
    if !same_format {
        let what = "it has another size, length or sound than its recipe makes";
        return (AuditOutcome::Different, format!("not reproduced: {what}"));
    }
    let pictures = psnr_millibels.map_or_else(
        || "the same pictures".to_owned(),
        |millibels| format!("pictures at {:.1} dB", f64::from(millibels) / 100.0),
    );
    let sound = match correlation {
        _ if same_samples => "the same sound".to_owned(),
        None => "silence against sound".to_owned(),
        Some(parts) => format!("sound correlated {:.3}", f64::from(parts) / 10_000.0),
    };
    let near = psnr_millibels.is_none_or(|found| found >= PSNR_MILLIBELS_MIN);
    let heard = same_samples || correlation.is_some_and(|found| found >= CORRELATION_MIN);
    let bounds = format!(
        "{:.0} dB and {:.2} are needed",
        f64::from(PSNR_MILLIBELS_MIN) / 100.0,
        f64::from(CORRELATION_MIN) / 10_000.0
    );
    if near && heard {
        (AuditOutcome::Alike, format!("reproduced: {pictures}, {sound} ({bounds})"))
    } else {
        (AuditOutcome::Different, format!("not reproduced: {pictures}, {sound} ({bounds})"))
    }
}

#[cfg(test)]
mod tests {
    use kinora_protocol::recipe::{NextShot, Transition};

    use super::*;

    fn recipe() -> Recipe {
        crate::studio::queue::tests::rendered().recipe.unwrap()
    }

    fn compared() -> Compared {
        Compared {
            recipe: Some(recipe()),
            same_file: false,
            same_format: true,
            same_frames: false,
            same_samples: false,
            psnr_millibels: Some(3_600),
            correlation: Some(9_800),
        }
    }

    #[test]
    fn a_comparison_is_judged_from_the_file_down_to_the_bounds() {
        let judged = |compared: &Compared| judge(Some(&recipe()), compared).0;
        let base = compared();
        let cases = [
            (Compared { same_file: true, ..base.clone() }, AuditOutcome::SameFile),
            (Compared { same_frames: true, same_samples: true, ..base.clone() }, AuditOutcome::SameFootage),
            (base.clone(), AuditOutcome::Alike),
            (Compared { psnr_millibels: Some(3_599), ..base.clone() }, AuditOutcome::Different),
            (Compared { correlation: Some(9_799), ..base.clone() }, AuditOutcome::Different),
            (Compared { correlation: None, ..base.clone() }, AuditOutcome::Different),
            (Compared { correlation: None, same_samples: true, ..base.clone() }, AuditOutcome::Alike),
            (Compared { psnr_millibels: None, same_frames: true, ..base.clone() }, AuditOutcome::Alike),
            (Compared { same_format: false, psnr_millibels: None, ..base.clone() }, AuditOutcome::Different),
            (Compared { same_file: true, recipe: None, ..base }, AuditOutcome::Different),
        ];
        for (compared, outcome) in cases {
            assert_eq!(judged(&compared), outcome, "{compared:?}");
        }
    }

    #[test]
    fn what_this_build_does_not_have_is_named() {
        let ours = Recipe {
            engine: pocket::ENGINE.to_owned(),
            weights: BlobHash::of(pocket::WEIGHTS),
            executor: kinora_models::engine::EXECUTOR.to_owned(),
            ..recipe()
        };
        assert!(can_run(&ours).is_ok());
        let refused = |recipe: Recipe| can_run(&recipe).unwrap_err().message;
        assert!(refused(Recipe { engine: "sora".to_owned(), ..ours.clone() }).contains("sora"));
        assert!(refused(Recipe { weights: BlobHash([7; 32]), ..ours.clone() }).contains("0707"));
        assert!(refused(Recipe { executor: "abacus".to_owned(), ..ours }).contains("abacus"));
    }

    #[test]
    fn the_first_shot_is_what_the_others_leave() {
        let base = recipe();
        let next = |transition, frames| NextShot {
            transition,
            frames,
            shot: base.shot.clone(),
            scene: base.scene.clone(),
        };
        let mut story =
            Recipe { next: vec![next(Transition::Cut, 12), next(Transition::Dissolve, 24)], ..base.clone() };
        story.format.frames = 12 + 12 + 24 - 6;
        assert_eq!(first_frames(&story).unwrap(), 12);
        story.format.frames = 20;
        assert!(first_frames(&story).is_err());
    }
}
