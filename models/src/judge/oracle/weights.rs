//! The oracle's weights by name: safetensors in half precision, every shape checked.

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::cpu::{Conv1d, Conv2d, End, Halve, Isa, LayerNorm, Linear, Pool, Temporal};
use crate::judge::JudgeError;

use super::Axis;

/// A file of weights, or the part of it under a prefix.
pub(super) struct Weights<'a> {
    file: &'a SafeTensors<'a>,
    prefix: String,
    /// The instructions that layers are packed for.
    pub(super) isa: Isa,
}

impl<'a> Weights<'a> {
    pub(super) fn new(file: &'a SafeTensors<'a>, isa: Isa) -> Self {
        Self { file, prefix: String::new(), isa }
    }

    /// The part under `name`.
    pub(super) fn at(&self, name: &str) -> Self {
        Self { file: self.file, prefix: format!("{}{name}.", self.prefix), isa: self.isa }
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, JudgeError> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self.file.tensor(&name)?;
        if tensor.shape() != shape || tensor.dtype() != Dtype::F16 {
            return Err(JudgeError::Tensor {
                name,
                found: tensor.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let pairs = tensor.data().as_chunks::<2>().0;
        Ok(pairs.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect())
    }

    pub(super) fn linear(&self, inputs: usize, outputs: usize) -> Result<Linear, JudgeError> {
        let weight = self.floats("weight", &[outputs, inputs])?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    pub(super) fn halve(&self, inputs: usize, outputs: usize) -> Result<Halve, JudgeError> {
        let weight = self.floats("weight", &[outputs, inputs, 2, 2])?;
        Ok(Halve::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    pub(super) fn conv(&self, width: usize) -> Result<Conv2d, JudgeError> {
        let weight = self.floats("weight", &[width, width, 3, 3])?;
        Ok(Conv2d::new(self.isa, (width, width), &weight, Some(&self.floats("bias", &[width])?))?)
    }

    pub(super) fn temporal(&self, width: usize) -> Result<Temporal, JudgeError> {
        let weight = self.floats("weight", &[width, width, 3])?;
        Ok(Temporal::new(self.isa, (width, width), &weight, None)?)
    }

    pub(super) fn conv1d(&self, width: usize, kernel: usize) -> Result<Conv1d, JudgeError> {
        let weight = self.floats("weight", &[width, width, kernel])?;
        let bias = self.floats("bias", &[width])?;
        Ok(Conv1d::new(self.isa, (width, width, kernel), &weight, Some(&bias))?)
    }
}

/// One hidden layer and a head for each axis.
#[derive(Debug)]
pub(super) struct Heads {
    norm: LayerNorm,
    hidden: Linear,
    heads: Vec<Linear>,
}

impl Heads {
    /// Norms `norm` numbers at a time before the hidden layer.
    pub(super) fn load(
        w: &Weights<'_>,
        (norm, inputs, hidden): (usize, usize, usize),
        axes: impl IntoIterator<Item = Axis>,
    ) -> Result<Self, JudgeError> {
        let heads = w.at("heads");
        Ok(Self {
            norm: LayerNorm::new(w.isa, norm),
            hidden: w.at("hidden").linear(inputs, hidden)?,
            heads: axes
                .into_iter()
                .map(|axis| heads.at(axis.name).linear(hidden, axis.words))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Logits of every axis, from the mean of the hidden layer over the rows of `x` `[n, inputs]`.
    pub(super) fn forward(&self, pool: &Pool, x: &[f32]) -> Result<Vec<Vec<f32>>, JudgeError> {
        let mut normed = vec![0.0; x.len()];
        self.norm.forward(pool, None, x, &mut normed)?;
        let width = self.hidden.outputs();
        let mut each = vec![0.0; x.len() / self.hidden.inputs() * width];
        self.hidden.forward(pool, &normed, &mut each, End::RELU)?;
        let hidden = &pooled(&each, width)[..width];
        self.heads
            .iter()
            .map(|head| {
                let mut logits = vec![0.0; head.outputs()];
                head.forward(pool, hidden, &mut logits, End::STORE)?;
                Ok(logits)
            })
            .collect()
    }
}

/// Mean, then maximum, over the rows of `x` `[n, width]`.
pub(super) fn pooled(x: &[f32], width: usize) -> Vec<f32> {
    let share = width as f32 / x.len().max(1) as f32;
    let (mut mean, mut most) = (vec![0.0; width], vec![f32::MIN; width]);
    for row in x.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v * share);
        most.iter_mut().zip(row).for_each(|(m, v)| *m = m.max(*v));
    }
    mean.extend(most);
    mean
}
