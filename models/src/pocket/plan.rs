//! Maps of the blocking → features on the latent grid, by coordinate networks.
//!
//! One paints actors and fires: it sees a point in the actor's own coordinates and is told who the actor is. Two paint the set: they
//! see the point in set coordinates; one is told only where and when it is, the other the whole condition. All are small
//! networks whose hidden layers are scaled and shifted by what they are told, so they are made anew for each identity.
//! What is too fine for them is kept in learned grids: the backdrop of each place, the body of each subject.

use std::f32::consts::{PI, TAU};

use super::PocketError;
use super::condition::{COND, NOTHING, Rows};
use super::grid::{FEATURES as KEPT, Grid};
use super::painter::{PAINTED, Painter};
use crate::conditioning::{FIRE, MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH};
use crate::cpu::{End, Linear, Pool};
use crate::weights::Weights;
use kinora_protocol::shot::{Action, Colour, Place, Subject, Time, Weather};

/// Width of the hidden layers, and of those of the painter that is told where it is.
const WIDTH: usize = 48;
const SCENERY_WIDTH: usize = 64;
/// Numbers that tell who an actor is, or where and when a set is.
const IDENTITY: usize = 48;
/// Maps that are seen as they are: subject, partner, fire, what falls, and the four of the reference.
const RAW: [usize; 8] = [0, 1, FIRE, 12, 13, 14, 15, 16];
/// Maps of what has coordinates of its own: subject, partner, fire.
const OWNERS: [usize; 3] = [0, 1, FIRE];
/// The row of fire among the subjects, after that of "not said".
const FIRE_ROW: usize = Subject::ALL.len() + 1;
/// Features of one point.
const FEATURES: usize = 2 * PAINTED + RAW.len();
/// Points of one cell of the latent grid: two frames of two rows of two.
const POINTS: usize = 8;
/// Features of one cell.
pub(super) const CELL: usize = POINTS * FEATURES;
/// Rates of the waves of an actor's own coordinates (they reach ±1.5).
const OWN_RATES: [f32; 3] = [PI / 1.5, PI / 1.5 * 2.0, PI / 1.5 * 4.0];
/// Rates of the waves of set coordinates (in 64 stage pixels): periods of 256 … 8 stage pixels.
const SET_RATES: [f32; 6] = [TAU / 4.0, TAU / 2.0, TAU, TAU * 2.0, TAU * 4.0, TAU * 8.0];
/// What the maps tell the actors' painter: own coordinates, their waves, gait.
const OWN: usize = 2 + 4 * OWN_RATES.len() + 2;
/// What the maps tell the set's painters: set coordinates, their waves, zoom, clock, place on the screen.
const SET: usize = 2 + 4 * SET_RATES.len() + 3 + 2;
/// The box and cells of a place's backdrop, in half stages: what cameras see of a set.
const BACKDROP: ([f32; 4], [usize; 2]) = ([-1.6, -0.85, 1.6, 0.75], [96, 192]);
/// The box and cells of a subject's body, in its own coordinates.
const BODY: ([f32; 4], [usize; 2]) = ([-1.5, -1.5, 1.5, 1.5], [40, 40]);

/// The maps of one latent frame in the form that the painters want.
#[derive(Debug)]
struct Points {
    /// `[points, SET]`.
    set: Vec<f32>,
    /// For each of [`OWNERS`]: which points show it, and `[those, OWN]`.
    actors: [(Vec<u32>, Vec<f32>); OWNERS.len()],
    /// `[points, RAW]`.
    raw: Vec<f32>,
}

/// Who an actor is, or where a set is: the sum of a row of each table, held above zero.
fn identity(tables: &[Vec<f32>; 3], rows: [usize; 3]) -> Vec<f32> {
    let row = |table: usize| &tables[table][rows[table] * IDENTITY..][..IDENTITY];
    row(0).iter().zip(row(1)).zip(row(2)).map(|((a, b), c)| (a + b + c).max(0.0)).collect()
}

/// The maps of a clip, once for all steps.
#[derive(Debug)]
pub(super) struct Maps(Vec<Points>);

/// Sines, then cosines, of `x` at each rate.
fn waves(x: f32, rates: &[f32]) -> impl Iterator<Item = f32> {
    rates.iter().map(move |r| (x * r).sin()).chain(rates.iter().map(move |r| (x * r).cos()))
}

/// Where point `index` of a latent frame lies: picture (0 or 1), row and column of the maps. Points of a cell are
/// neighbours in memory.
const fn place(index: usize) -> (usize, usize, usize) {
    let (cell, point) = (index / POINTS, index % POINTS);
    let (row, column) = (cell / (MAP_WIDTH / 2), cell % (MAP_WIDTH / 2));
    (point / 4, 2 * row + point / 2 % 2, 2 * column + point % 2)
}

impl Points {
    /// From the maps `[MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH]` of two frames.
    fn new(pair: [&[f32]; 2]) -> Self {
        const AREA: usize = MAP_WIDTH * MAP_HEIGHT;
        let count = 2 * AREA;
        let mut points = Self {
            set: Vec::with_capacity(count * SET),
            actors: [const { (Vec::new(), Vec::new()) }; OWNERS.len()],
            raw: Vec::with_capacity(count * RAW.len()),
        };
        for index in 0..count {
            let (picture, row, column) = place(index);
            let value = |channel: usize| pair[picture][channel * AREA + row * MAP_WIDTH + column];
            let (x, y) = (value(7), value(8));
            let across = 2.0 * column as f32 / (MAP_WIDTH - 1) as f32 - 1.0;
            let down = 2.0 * row as f32 / (MAP_HEIGHT - 1) as f32 - 1.0;
            points.set.extend([x, y]);
            points.set.extend(waves(x, &SET_RATES).chain(waves(y, &SET_RATES)));
            points.set.extend([value(9), value(10), value(11), across, down]);
            points.raw.extend(RAW.map(value));
            for (owner, (at, own)) in OWNERS.into_iter().zip(&mut points.actors) {
                if value(owner) > 0.5 {
                    let (u, v) = (value(2), value(3));
                    at.push(index as u32);
                    own.extend([u, v]);
                    own.extend(waves(u, &OWN_RATES).chain(waves(v, &OWN_RATES)));
                    own.extend([value(4), value(5)]);
                }
            }
        }
        points
    }
}

impl Maps {
    /// From the maps of an even number of frames, `[frames][MAP_CHANNELS × MAP_HEIGHT × MAP_WIDTH]`.
    pub(super) fn new(pool: &Pool, frames: &[Vec<f32>]) -> Self {
        debug_assert!(frames.iter().all(|f| f.len() == MAP_CHANNELS.len() * MAP_HEIGHT * MAP_WIDTH));
        let pairs: Vec<[&[f32]; 2]> =
            frames.chunks_exact(2).map(|p| [p[0].as_slice(), p[1].as_slice()]).collect();
        Self(pool.map(pairs, Points::new))
    }

    /// Latent frames.
    pub(super) fn frames(&self) -> usize {
        self.0.len()
    }
}

/// What a grid keeps of points `[n, stride]`, whose first two numbers say where they are.
fn kept(grid: &Grid, row: usize, points: &[f32], stride: usize) -> Vec<f32> {
    let mut out = vec![0.0; points.len() / stride * KEPT];
    for (point, out) in points.chunks_exact(stride).zip(out.chunks_exact_mut(KEPT)) {
        grid.read(row, (point[0], point[1]), out);
    }
    out
}

/// All painters and what they keep.
#[derive(Debug)]
pub(super) struct Plan {
    /// Tables of subjects (and fire), colours and actions, `[words + 1, IDENTITY]`.
    who: [Vec<f32>; 3],
    /// Tables of places, times and weathers.
    whereabouts: [Vec<f32>; 3],
    actor: Painter,
    body: Grid,
    set: Painter,
    scenery: Painter,
    backdrop: Grid,
    join: Linear,
}

impl Plan {
    pub(super) fn load(weights: &Weights<'_>, outputs: usize) -> Result<Self, PocketError> {
        let tables = |name: &str, words: [usize; 3]| -> Result<[Vec<f32>; 3], PocketError> {
            let table = |n: usize| weights.at(name).at(n).floats("weight", &[words[n] + 1, IDENTITY]);
            Ok([table(0)?, table(1)?, table(2)?])
        };
        Ok(Self {
            who: tables("who", [FIRE_ROW, Colour::ALL.len(), Action::ALL.len()])?,
            whereabouts: tables("where", [Place::ALL.len(), Time::ALL.len(), Weather::ALL.len()])?,
            actor: Painter::load(&weights.at("actor"), (OWN + KEPT, WIDTH), IDENTITY)?,
            body: Grid::load(&weights.at("body"), FIRE_ROW + 1, BODY)?,
            set: Painter::load(&weights.at("set"), (SET + KEPT, WIDTH), COND)?,
            scenery: Painter::load(&weights.at("scenery"), (SET + KEPT, SCENERY_WIDTH), IDENTITY)?,
            backdrop: Grid::load(&weights.at("backdrop"), Place::ALL.len() + 1, BACKDROP)?,
            join: weights.at("join").linear(CELL, outputs)?,
        })
    }

    /// Writes the features of the plan to `out` `[frames, 24, 40, outputs]`. `seen` is memory for `[frames, 24, 40, CELL]`.
    pub(super) fn forward(
        &self,
        pool: &Pool,
        (maps, rows, e): (&Maps, &Rows, &[f32]),
        seen: &mut [f32],
        out: &mut [f32],
    ) -> Result<(), PocketError> {
        let subject = identity(&self.who, [rows[0], rows[1], rows[2]]);
        let partner = identity(&self.who, [rows[16], rows[17], rows[2]]);
        // All fires look alike, whatever burst.
        let fire = identity(&self.who, [FIRE_ROW, NOTHING[1], NOTHING[2]]);
        let place = identity(&self.whereabouts, [rows[3], rows[4], rows[5]]);
        let actors = [&subject, &partner, &fire].map(|who| self.actor.tell(pool, who));
        let [a, b, c] = actors;
        let actors = [a?, b?, c?];
        let set = self.set.tell(pool, e)?;
        let scenery = self.scenery.tell(pool, &place)?;
        let inline = Pool::new(1)?;
        let frame = seen.len() / maps.frames().max(1);
        let tasks: Vec<_> = maps.0.iter().zip(seen.chunks_exact_mut(frame)).collect();
        let done = pool.map(tasks, |(points, seen)| {
            for (features, raw) in seen.chunks_exact_mut(FEATURES).zip(points.raw.chunks_exact(RAW.len())) {
                features[..PAINTED].fill(0.0);
                features[2 * PAINTED..].copy_from_slice(raw);
            }
            let there = kept(&self.backdrop, rows[3], &points.set, SET);
            set.paint(&inline, (&points.set, &there), |at, painted| {
                seen[at * FEATURES + PAINTED..][..PAINTED].copy_from_slice(painted);
            })?;
            scenery.paint(&inline, (&points.set, &there), |at, painted| {
                let to = &mut seen[at * FEATURES + PAINTED..][..PAINTED];
                to.iter_mut().zip(painted).for_each(|(t, p)| *t += p);
            })?;
            for ((told, row), (at, own)) in
                actors.iter().zip([rows[0], rows[16], FIRE_ROW]).zip(&points.actors)
            {
                let there = kept(&self.body, row, own, OWN);
                told.paint(&inline, (own, &there), |n, painted| {
                    seen[at[n] as usize * FEATURES..][..PAINTED].copy_from_slice(painted);
                })?;
            }
            Ok::<(), PocketError>(())
        });
        done.into_iter().collect::<Result<(), _>>()?;
        Ok(self.join.forward(pool, seen, out, End::STORE)?)
    }
}
