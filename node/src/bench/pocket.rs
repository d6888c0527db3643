//! How good Pocket is: against the scenes it was asked for, in scenes like those of its training and in held-out ones.
//!
//! Every score stands beside what the same measurement says of real renders of the same scenes. Nothing here is a total
//! of any public benchmark: those grade other models on other things.

mod cost;
mod score;
mod speed;
mod table;

use kinora_models::judge::draw::Take;
use kinora_models::judge::oracle::Oracle;
use kinora_models::pocket::{Brief, GUIDANCE_PERCENT_DEFAULT, Options, Pocket, STEPS_DEFAULT, WEIGHTS};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::recipe::Switches;
use serde::Serialize;

pub use cost::CostFigures;
pub use score::SplitFigures;
pub use speed::SpeedFigure;
pub use table::lines;

/// Clips of each split when nothing else is asked.
pub const CLIPS_DEFAULT: u32 = 512;
/// Clips of each split for a quick look.
pub const CLIPS_QUICK: u32 = 64;
/// Clips of each line of the table of speed-ups.
pub const CLIPS_SPEED: u32 = 48;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Clips of each split, or of each line of the table of speed-ups.
    pub clips: u32,
    /// Seed of the scenes.
    pub seed: u64,
    /// Threads; 0 takes all processors.
    pub threads: usize,
    /// Other weights than the embedded ones.
    pub weights: Option<Vec<u8>>,
    /// Sampler steps of the scores, instead of the default.
    pub steps: Option<u32>,
    /// Which table.
    pub table: Table,
}

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Scores of both splits.
    Score,
    /// Speed-ups at many steps.
    Speed,
    /// Where the time of a clip goes.
    Cost,
}

/// What was measured; what was not asked for is absent.
#[derive(Clone, Debug, Serialize)]
pub struct PocketFigures {
    /// Hash of Pocket's weights.
    pub weights: String,
    /// Hash of the oracle's weights.
    pub oracle: String,
    /// Seed of the scenes.
    pub seed: u64,
    /// Scenes like those of training, then held-out ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub splits: Vec<SplitFigures>,
    /// Speed-ups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub speed: Vec<SpeedFigure>,
    /// Where the time goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostFigures>,
}

/// Both networks.
struct Bench {
    pocket: Pocket,
    oracle: Oracle,
}

impl Bench {
    /// A clip of a take.
    fn made(&self, take: &Take, options: &Options) -> Result<(kinora_media::Footage, u32), String> {
        let brief = Brief::new(&take.scene, &take.blocking);
        let shot = self.pocket.shoot(&brief, options, &mut |_, _, _, _| {}).map_err(|e| e.to_string())?;
        let footage = self.pocket.develop(&shot, &mut |_| {}).map_err(|e| e.to_string())?;
        Ok((footage, shot.effort.evaluations))
    }
}

/// How a clip is made when nothing is asked.
pub(super) fn usual(seed: u64) -> Options {
    Options {
        seed,
        steps: STEPS_DEFAULT,
        guidance_percent: GUIDANCE_PERCENT_DEFAULT,
        switches: Switches::default(),
    }
}

/// Measures. `note` hears how far it is.
///
/// # Errors
/// Weights that cannot be used, or a clip that fails.
pub fn run(plan: &Plan, note: &mut dyn FnMut(String)) -> Result<PocketFigures, String> {
    let weights = plan.weights.as_deref().unwrap_or(WEIGHTS);
    let hash = BlobHash::of(weights).to_string();
    let bench = |threads: usize| -> Result<Bench, String> {
        Ok(Bench {
            pocket: Pocket::load(weights, &hash, threads).map_err(|e| e.to_string())?,
            oracle: Oracle::embedded(threads).map_err(|e| e.to_string())?,
        })
    };
    let threads = threads(plan.threads);
    let mut figures = PocketFigures {
        weights: hash.clone(),
        oracle: BlobHash::of(kinora_models::judge::oracle::WEIGHTS).to_string(),
        seed: plan.seed,
        splits: Vec::new(),
        speed: Vec::new(),
        cost: None,
    };
    match plan.table {
        Table::Score => {
            // Clips do not depend on threads, and one thread for each clip is quicker than all for one.
            let benches = (0..threads).map(|_| bench(1)).collect::<Result<Vec<_>, String>>()?;
            for held in [false, true] {
                figures.splits.push(score::split(&benches, plan, held, note)?);
            }
        }
        Table::Speed => figures.speed = speed::run(&bench(threads)?, plan, note)?,
        Table::Cost => figures.cost = Some(cost::run(&bench(threads)?, plan, note)?),
    }
    Ok(figures)
}

/// Threads to use where 0 means all.
fn threads(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
}
