//! Weights by name: safetensors in half or single precision, every shape checked.

use half::f16;
use safetensors::{Dtype, SafeTensors};

use super::PocketError;
use crate::cpu::{Conv1d, Conv2d, Halve, Isa, Linear, Temporal, group_shuffled};

/// A file of weights, or the part of it under a prefix.
pub(super) struct Weights<'a> {
    file: &'a SafeTensors<'a>,
    prefix: String,
    /// The instructions that layers are packed for.
    pub(super) isa: Isa,
}

impl<'a> Weights<'a> {
    /// The whole file.
    pub(super) fn new(file: &'a SafeTensors<'a>, isa: Isa) -> Self {
        Self { file, prefix: String::new(), isa }
    }

    /// The part under `name`.
    pub(super) fn at(&self, name: impl std::fmt::Display) -> Self {
        Self { file: self.file, prefix: format!("{}{name}.", self.prefix), isa: self.isa }
    }

    /// A tensor's numbers, row by row.
    pub(super) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, PocketError> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self.file.tensor(&name)?;
        if tensor.shape() != shape {
            return Err(PocketError::Shape {
                name,
                found: tensor.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let bytes = tensor.data();
        match tensor.dtype() {
            Dtype::F16 => {
                Ok(bytes.as_chunks::<2>().0.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect())
            }
            Dtype::F32 => Ok(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()),
            other => Err(PocketError::Format { name, found: format!("{other:?}") }),
        }
    }

    /// A linear layer with bias.
    pub(super) fn linear(&self, inputs: usize, outputs: usize) -> Result<Linear, PocketError> {
        let weight = self.floats("weight", &[outputs, inputs])?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A linear layer over two inputs that PyTorch joins first: one layer for each, the bias in the first.
    pub(super) fn linear_of_two(&self, inputs: usize, outputs: usize) -> Result<[Linear; 2], PocketError> {
        let weight = self.floats("weight", &[outputs, 2 * inputs])?;
        let half = |first: usize| -> Vec<f32> {
            weight.chunks_exact(2 * inputs).flat_map(|row| row[first..first + inputs].to_vec()).collect()
        };
        let bias = self.floats("bias", &[outputs])?;
        Ok([
            Linear::new(self.isa, (inputs, outputs), &half(0), Some(&bias))?,
            Linear::new(self.isa, (inputs, outputs), &half(inputs), None)?,
        ])
    }

    /// A 3×3 convolution with bias.
    pub(super) fn conv(&self, inputs: usize, outputs: usize) -> Result<Conv2d, PocketError> {
        let weight = self.floats("weight", &[outputs, inputs, 3, 3])?;
        Ok(Conv2d::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A linear layer (`shape` may end in 1×1, then it is a convolution) before a pixel shuffle by two: its outputs are
    /// grouped by pixel.
    pub(super) fn linear_to_shuffle(
        &self,
        inputs: usize,
        channels: usize,
        pointwise: bool,
    ) -> Result<Linear, PocketError> {
        let outputs = 4 * channels;
        let shape: &[usize] = if pointwise { &[outputs, inputs, 1, 1] } else { &[outputs, inputs] };
        let weight = group_shuffled(&self.floats("weight", shape)?, channels, 2)?;
        let bias = group_shuffled(&self.floats("bias", &[outputs])?, channels, 2)?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, Some(&bias))?)
    }

    /// A 3×3 convolution before a pixel shuffle by two: its outputs are grouped by pixel.
    pub(super) fn conv_to_shuffle(&self, inputs: usize, channels: usize) -> Result<Conv2d, PocketError> {
        let outputs = 4 * channels;
        let weight = group_shuffled(&self.floats("weight", &[outputs, inputs, 3, 3])?, channels, 2)?;
        let bias = group_shuffled(&self.floats("bias", &[outputs])?, channels, 2)?;
        Ok(Conv2d::new(self.isa, (inputs, outputs), &weight, Some(&bias))?)
    }

    /// A 2×2 convolution with stride 2 and bias.
    pub(super) fn halve(&self, inputs: usize, outputs: usize) -> Result<Halve, PocketError> {
        let weight = self.floats("weight", &[outputs, inputs, 2, 2])?;
        Ok(Halve::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A convolution over frames without bias.
    pub(super) fn temporal(&self, width: usize) -> Result<Temporal, PocketError> {
        let weight = self.floats("weight", &[width, width, 3])?;
        Ok(Temporal::new(self.isa, (width, width), &weight, None)?)
    }

    /// A convolution over a sequence with bias.
    pub(super) fn conv1d(&self, inputs: usize, outputs: usize, kernel: usize) -> Result<Conv1d, PocketError> {
        let weight = self.floats("weight", &[outputs, inputs, kernel])?;
        let bias = self.floats("bias", &[outputs])?;
        Ok(Conv1d::new(self.isa, (inputs, outputs, kernel), &weight, Some(&bias))?)
    }
}
