//! Weights in the order in which the kernel reads them: panels of one to four vectors of outputs, depth by depth.

use super::{CpuError, Isa, expect_len};

/// Floats in a cache line; panels start on one.
const LINE: usize = 16;

/// Part of a packed matrix: all depths of a few vectors of output columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    /// Vectors of columns, 1 to 4.
    pub(crate) vectors: usize,
    /// Where its columns start among the packed columns; see [`column`].
    pub(crate) slot: usize,
    /// Where the panel starts in the packed floats.
    start: usize,
}

/// A matrix `[depth, columns]` and its bias `[columns]`, packed for one instruction set.
///
/// When the columns do not fill the last vector, that vector starts earlier and computes a few columns twice: whole
/// vectors are cheaper to store than parts. Fewer columns than one vector are padded with zeros.
#[derive(Debug)]
pub(crate) struct Packed {
    isa: Isa,
    depth: usize,
    columns: usize,
    lanes: usize,
    panels: Vec<Panel>,
    /// Zeros up to a cache line, then the bias by slot, then the panels.
    data: Vec<f32>,
    bias: usize,
}

impl Packed {
    /// Zeros of the given shape, to be filled through [`Packed::vectors_mut`].
    pub(crate) fn zeros(isa: Isa, depth: usize, columns: usize) -> Self {
        let lanes = isa.lanes();
        let padded = columns.next_multiple_of(lanes);
        let mut panels = Vec::new();
        let (mut slot, mut start) = (0, padded.next_multiple_of(LINE));
        for vectors in split(padded / lanes, isa.many_registers()) {
            panels.push(Panel { vectors, slot, start });
            slot += vectors * lanes;
            start += (vectors * lanes * depth).next_multiple_of(LINE);
        }
        let data = vec![0.0; start + LINE];
        let bias = data.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        for panel in &mut panels {
            panel.start += bias;
        }
        Self { isa, depth, columns, lanes, panels, data, bias }
    }

    /// Packs a layer whose every output sums over `taps` places of `inputs` each: `weight` `[outputs, inputs, taps]`, as
    /// PyTorch keeps it, `bias` `[outputs]`; no bias is zeros. `what` names the layer in errors.
    pub(crate) fn layer(
        isa: Isa,
        what: [&'static str; 2],
        (inputs, outputs, taps): (usize, usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        expect_len(what[0], weight, inputs * outputs * taps)?;
        if let Some(bias) = bias {
            expect_len(what[1], bias, outputs)?;
        }
        Ok(Self::new(isa, (taps * inputs, outputs), bias, |o, k| {
            weight[(o * inputs + k % inputs) * taps + k / inputs]
        }))
    }

    /// Packs `weight(column, depth)` and the bias (none: zeros).
    pub(crate) fn new(
        isa: Isa,
        (depth, columns): (usize, usize),
        bias: Option<&[f32]>,
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let mut packed = Self::zeros(isa, depth, columns);
        if let Some(bias) = bias {
            let bias = packed.spread(bias);
            packed.data[packed.bias..][..bias.len()].copy_from_slice(&bias);
        }
        packed.vectors_mut(|column, count, stride, floats| {
            for (k, row) in floats.chunks_mut(stride).enumerate() {
                for (j, value) in row[..count].iter_mut().enumerate() {
                    *value = weight(column + j, k);
                }
            }
        });
        packed
    }

    /// Calls `fill(first column, columns, stride, floats)` for every vector of columns; depth `k` of its columns is
    /// at `k * stride`.
    pub(crate) fn vectors_mut(&mut self, mut fill: impl FnMut(usize, usize, usize, &mut [f32])) {
        let count = self.lanes.min(self.columns);
        for panel in &self.panels {
            let stride = panel.vectors * self.lanes;
            for vector in 0..panel.vectors {
                let column = column(panel.slot + vector * self.lanes, self.columns, self.lanes);
                let floats = &mut self.data[panel.start..][..stride * self.depth];
                let (_, floats) = floats.split_at_mut((vector * self.lanes).min(stride * self.depth));
                fill(column, count, stride, floats);
            }
        }
    }

    /// A row `[columns]` by slot, as the kernel meets it; padding is zero.
    pub(crate) fn spread(&self, row: &[f32]) -> Vec<f32> {
        let mut spread = vec![0.0; self.padded()];
        for (index, vector) in spread.chunks_exact_mut(self.lanes).enumerate() {
            let count = self.lanes.min(self.columns);
            let first = column(index * self.lanes, self.columns, self.lanes);
            vector[..count].copy_from_slice(&row[first..first + count]);
        }
        spread
    }

    /// The instructions it is packed for.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// Inputs of every sum.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Outputs.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Outputs rounded up to whole vectors.
    pub(crate) fn padded(&self) -> usize {
        self.columns.next_multiple_of(self.lanes)
    }

    /// The panels, by column.
    pub(crate) fn panels(&self) -> &[Panel] {
        &self.panels
    }

    /// The floats `[depth, vectors * lanes]` of a panel.
    #[inline(always)]
    pub(crate) fn floats(&self, panel: Panel) -> &[f32] {
        &self.data[panel.start..][..panel.vectors * self.lanes * self.depth]
    }

    /// The bias of a panel's columns, whole vectors.
    #[inline(always)]
    pub(crate) fn bias(&self, panel: Panel) -> &[f32] {
        &self.data[self.bias + panel.slot..][..panel.vectors * self.lanes]
    }
}

/// The first column of the vector at `slot`, of `columns` in vectors of `lanes`.
#[inline(always)]
pub(crate) fn column(slot: usize, columns: usize, lanes: usize) -> usize {
    slot.min(columns.saturating_sub(lanes))
}

/// Splits a number of vectors into panels that keep both multipliers busy without running out of registers: threes and
/// fours where there are many, else twos and at most one three.
fn split(mut vectors: usize, many: bool) -> Vec<usize> {
    let mut sizes = Vec::new();
    while vectors > 0 {
        let size = match (many, vectors) {
            (true, 1..=4) | (false, 1..=3) => vectors,
            (true, _) if vectors.is_multiple_of(4) => 4,
            (true, _) if vectors.is_multiple_of(3) || vectors == 5 => 3,
            (true, _) => 4,
            (false, _) => 2,
        };
        sizes.push(size);
        vectors -= size;
    }
    sizes
}
