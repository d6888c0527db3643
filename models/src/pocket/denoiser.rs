//! The denoiser: noisy latents of picture and sound, and what is planned → clean latents of both, in one pass.
//!
//! An hourglass. Convolutions on the 24×40 latent grid and on its half; between them a transformer over 6×10 patches of
//! each latent frame with two sound tokens beside them, where picture and sound meet.

use std::f32::consts::PI;

use super::PocketError;
use super::condition::{Condition, Rows};
use super::grade::Grade;
use super::grid::{NOTES, Score};
use super::layers::{Arena, Block, Res, Res1, Sight};
use super::merge::Merge;
use super::plan::{CELL, Maps, Plan};
use super::sequence::{self, PICTURE_TOKENS, SOUND_TOKENS};
use crate::conditioning::EVENT_CHANNELS;
use crate::cpu::{Conv1d, Conv2d, End, Grid, Halve, Linear, Pool, Source, pixel_shuffle};
use crate::weights::Weights;
use kinora_protocol::shot::{Mood, Music, Place, Weather};

/// Numbers of one cell of the picture's latent grid.
pub(super) const LATENTS: usize = 24;
/// Rows and columns of the latent grid.
pub(super) const GRID: (usize, usize) = (24, 40);
/// Cells of a latent frame.
pub(super) const CELLS: usize = GRID.0 * GRID.1;
/// Numbers of one sound token.
pub(super) const SOUND_LATENTS: usize = 96;
/// Channels of the three levels.
const C: [usize; 3] = [48, 96, 256];
/// Transformer blocks.
const DEPTH: usize = 4;
/// Numbers of the scores of one sound token: ambience, music, weather.
const SCORE: usize = 3 * NOTES;
/// Sound: events, two clocks and the scores beside the latents.
const HEARD: usize = SOUND_LATENTS + EVENT_CHANNELS + 2 + SCORE;

/// Latents of a clip: picture `[frames, 24, 40, LATENTS]`, sound `[2 · frames, SOUND_LATENTS]`.
#[derive(Clone, Debug)]
pub(super) struct Latents {
    pub(super) picture: Vec<f32>,
    pub(super) sound: Vec<f32>,
}

/// What is the same in every step of a clip.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) maps: Maps,
    /// `[2 · frames, EVENT_CHANNELS]`.
    pub(super) events: Vec<f32>,
    /// Which latent frames are given and clean.
    pub(super) known: Vec<bool>,
    sight: Sight,
    merge: Merge,
}

impl Task {
    pub(super) fn new(maps: Maps, events: Vec<f32>, known: Vec<bool>) -> Result<Self, PocketError> {
        let frames = maps.frames();
        let sight = sequence::sight(&sequence::tokens(frames))?;
        Ok(Self { maps, events, known, sight, merge: Merge::new(frames)? })
    }
}

/// One evaluation: for which words, at which time of the flow, with frames merged in the transformer or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) rows: &'a Rows,
    pub(super) t: f32,
    pub(super) merge: bool,
}

/// The network.
#[derive(Debug)]
pub(super) struct Denoiser {
    cond: Condition,
    plan: Plan,
    /// What the plan alone shows: the rest of the network corrects it.
    sketch: Linear,
    stem: Conv2d,
    down: [Halve; 2],
    /// Residual layers on the way in (`a`, `b`) and out (`c`, `d`).
    levels: [Vec<Res>; 4],
    place: Vec<f32>,
    /// What places sound like, what moods play, and what weather sounds like.
    scores: [Score; 3],
    score_out: Linear,
    sound_stem: Conv1d,
    sound_in: Vec<Res1>,
    blocks: Vec<Block>,
    sound_back: Vec<Res1>,
    sound_out: Conv1d,
    up: [Linear; 2],
    join: [[Linear; 2]; 2],
    out: Conv2d,
    grade: Grade,
}

impl Denoiser {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, PocketError> {
        let res =
            |name: &str, width| (0..2).map(|n| Res::load(&w.at(name).at(n), width)).collect::<Result<_, _>>();
        let res1 = |name: &str| (0..2).map(|n| Res1::load(&w.at(name).at(n), C[2])).collect::<Result<_, _>>();
        Ok(Self {
            cond: Condition::load(&w.at("cond"))?,
            plan: Plan::load(&w.at("plan"), C[0])?,
            sketch: w.at("sketch").linear(C[0], LATENTS)?,
            stem: w.at("stem").conv(LATENTS + 1, C[0])?,
            down: [w.at("down1").halve(C[0], C[1])?, w.at("down2").halve(C[1], C[2])?],
            levels: [res("a", C[0])?, res("b", C[1])?, res("c", C[1])?, res("d", C[0])?],
            place: w.floats("place", &[PICTURE_TOKENS, C[2]])?,
            scores: [
                Score::load(&w.at("ambience"), Place::ALL.len() + 1)?,
                Score::load(&w.at("music"), Mood::ALL.len() + 1)?,
                Score::load(&w.at("falling"), Weather::ALL.len() + 1)?,
            ],
            score_out: w.at("score_out").linear_without_bias(SCORE, SOUND_LATENTS)?,
            sound_stem: w.at("sound_stem").conv1d(HEARD, C[2], 3)?,
            sound_in: res1("sound_in")?,
            blocks: (0..DEPTH).map(|n| Block::load(&w.at("blocks").at(n), C[2])).collect::<Result<_, _>>()?,
            sound_back: res1("sound_back")?,
            sound_out: w.at("sound_out").conv1d(C[2], SOUND_LATENTS, 3)?,
            up: [
                w.at("up1").linear_to_shuffle(C[1], C[0], false)?,
                w.at("up2").linear_to_shuffle(C[2], C[1], false)?,
            ],
            join: [w.at("join1").linear_of_two(C[0], C[0])?, w.at("join2").linear_of_two(C[1], C[1])?],
            out: w.at("out").conv(C[0], LATENTS)?,
            grade: Grade::load(&w.at("grade"), LATENTS)?,
        })
    }

    /// Clean latents.
    pub(super) fn forward(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        task: &Task,
        noisy: &Latents,
        look: Look<'_>,
    ) -> Result<Latents, PocketError> {
        let frames = task.maps.frames();
        let grid = |level: usize| Grid { frames, height: GRID.0 >> level, width: GRID.1 >> level };
        let e = self.cond.forward(pool, look.rows, look.t)?;
        let (mut fine, mut picture) = self.enter(pool, arena, (task, noisy), look, &e)?;
        self.through(pool, arena, 0, (grid(0), &mut fine), &e)?;
        let mut half = arena.take(grid(1).positions() * C[1]);
        self.down[0].forward(pool, grid(0), &fine, &mut half, End::STORE)?;
        self.through(pool, arena, 1, (grid(1), &mut half), &e)?;
        let mut coarse = arena.take(grid(2).positions() * C[2]);
        self.down[1].forward(pool, grid(1), &half, &mut coarse, End::STORE)?;
        let score = self.score(look.rows, noisy.sound.len() / SOUND_LATENTS);
        let sound = self.middle(pool, arena, (task, noisy), (&mut coarse, &e, &score), look)?;
        let mut h = self.rise(pool, arena, 1, (grid(2), coarse), half)?;
        self.through(pool, arena, 2, (grid(1), &mut h), &e)?;
        let mut h = self.rise(pool, arena, 0, (grid(1), h), fine)?;
        self.through(pool, arena, 3, (grid(0), &mut h), &e)?;
        self.out.forward(pool, grid(0), (&h, Source::Plain), &mut picture, End::ADD)?;
        arena.give(h);
        self.grade.forward(pool, &e, &mut picture)?;
        Ok(Latents { picture, sound })
    }

    fn through(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        level: usize,
        (grid, x): (Grid, &mut [f32]),
        e: &[f32],
    ) -> Result<(), PocketError> {
        self.levels[level].iter().try_for_each(|res| res.forward(pool, arena, (grid, &mut *x), e))
    }

    /// Latents, the mark of known frames, and the plan, on the finest level; and the sketch of the picture.
    fn enter(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        (task, noisy): (&Task, &Latents),
        look: Look<'_>,
        e: &[f32],
    ) -> Result<(Vec<f32>, Vec<f32>), PocketError> {
        let frames = task.maps.frames();
        let grid = Grid { frames, height: GRID.0, width: GRID.1 };
        let mut planned = arena.take(grid.positions() * C[0]);
        let mut seen = arena.take(grid.positions() * CELL);
        self.plan.forward(pool, (&task.maps, look.rows, e), &mut seen, &mut planned)?;
        arena.give(seen);
        let mut sketched = vec![0.0; noisy.picture.len()];
        self.sketch.forward(pool, &planned, &mut sketched, End::STORE)?;
        let mut marked = arena.take(grid.positions() * (LATENTS + 1));
        for (at, (to, from)) in
            marked.chunks_exact_mut(LATENTS + 1).zip(noisy.picture.chunks_exact(LATENTS)).enumerate()
        {
            to[..LATENTS].copy_from_slice(from);
            to[LATENTS] = if task.known[at / CELLS] { 1.0 } else { 0.0 };
        }
        self.stem.forward(pool, grid, (&marked, Source::Plain), &mut planned, End::ADD)?;
        arena.give(marked);
        Ok((planned, sketched))
    }

    /// The transformer; changes the patches in place and gives the clean sound.
    fn middle(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        (task, noisy): (&Task, &Latents),
        (coarse, e, score): (&mut [f32], &[f32], &[f32]),
        look: Look<'_>,
    ) -> Result<Vec<f32>, PocketError> {
        let heard = self.listen(pool, (task, noisy), (score, e))?;
        let frames = task.maps.frames();
        let (patches, pair) = (PICTURE_TOKENS * C[2], SOUND_TOKENS * C[2]);
        let mut x = arena.take(frames * (patches + pair));
        for (frame, x) in x.chunks_exact_mut(patches + pair).enumerate() {
            let (picture, sound) = x.split_at_mut(patches);
            let seen = &coarse[frame * patches..][..patches];
            picture.iter_mut().zip(seen.iter().zip(&self.place)).for_each(|(x, (s, p))| *x = s + p);
            sound.copy_from_slice(&heard[frame * pair..][..pair]);
        }
        let merge = look.merge.then_some(&task.merge);
        for block in &self.blocks {
            block.forward(pool, arena, &mut x, (e, &task.sight, merge))?;
        }
        let mut heard = heard;
        for (frame, x) in x.chunks_exact(patches + pair).enumerate() {
            let (picture, sound) = x.split_at(patches);
            coarse[frame * patches..][..patches].copy_from_slice(picture);
            heard[frame * pair..][..pair].copy_from_slice(sound);
        }
        arena.give(x);
        self.sound_back.iter().try_for_each(|res| res.forward(pool, &mut heard, e))?;
        let mut sound = vec![0.0; noisy.sound.len()];
        self.sound_out.forward(pool, &heard, &mut sound, End::STORE)?;
        self.score_out.forward(pool, score, &mut sound, End::ADD)?;
        Ok(sound)
    }

    /// What sounds whatever happens, `[tokens, SCORE]`. Without music it is the row of "not said" that plays.
    fn score(&self, rows: &Rows, tokens: usize) -> Vec<f32> {
        let mood = if rows[11] == Music::On.index() { rows[10] } else { Mood::ALL.len() };
        let rows = [rows[3], mood, rows[5]];
        let token = |n| self.scores.iter().zip(rows).flat_map(move |(score, row)| score.at(row, n));
        (0..tokens).flat_map(token).copied().collect()
    }

    /// Sound tokens before they meet the picture.
    fn listen(
        &self,
        pool: &Pool,
        (task, noisy): (&Task, &Latents),
        (score, e): (&[f32], &[f32]),
    ) -> Result<Vec<f32>, PocketError> {
        let tokens = noisy.sound.len() / SOUND_LATENTS;
        let mut input = Vec::with_capacity(tokens * HEARD);
        for (n, (latents, events)) in
            noisy.sound.chunks_exact(SOUND_LATENTS).zip(task.events.chunks_exact(EVENT_CHANNELS)).enumerate()
        {
            // Ambience and music follow the clock from the start of the clip: seconds, and the phase of a half second.
            let seconds = n as f32 / 12.0;
            input.extend_from_slice(latents);
            input.extend_from_slice(events);
            input.extend([seconds / 4.0, (seconds * 4.0 * PI).sin()]);
            input.extend_from_slice(&score[n * SCORE..][..SCORE]);
        }
        let mut h = vec![0.0; tokens * C[2]];
        self.sound_stem.forward(pool, &input, &mut h, End::STORE)?;
        self.sound_in.iter().try_for_each(|res| res.forward(pool, &mut h, e))?;
        Ok(h)
    }

    /// One level up: pixels from channels, joined with what went past.
    fn rise(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        level: usize,
        (grid, coarse): (Grid, Vec<f32>),
        past: Vec<f32>,
    ) -> Result<Vec<f32>, PocketError> {
        let (up, [risen_in, past_in]) = (&self.up[level], &self.join[level]);
        let mut wide = arena.take(grid.positions() * up.outputs());
        up.forward(pool, &coarse, &mut wide, End::STORE)?;
        let mut risen = arena.take(wide.len());
        pixel_shuffle(pool, grid, (&wide, 2), &mut risen)?;
        let mut h = arena.take(wide.len());
        risen_in.forward(pool, &risen, &mut h, End::STORE)?;
        past_in.forward(pool, &past, &mut h, End::ADD)?;
        [wide, risen, coarse, past].into_iter().for_each(|used| arena.give(used));
        Ok(h)
    }
}
