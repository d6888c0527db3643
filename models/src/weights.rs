//! Files of weights: checked by hash, then read by name, safetensors in half or single precision, every shape checked.

use half::f16;
use kinora_protocol::ids::{BlobHash, IdError};
use safetensors::{Dtype, SafeTensors};

use crate::cpu::{Conv1d, Conv2d, CpuError, Halve, Isa, Linear, Temporal, group_shuffled};

/// Weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The bytes are not the weights the hash names: damaged, cut short, or another file.
    #[error("the weights have hash {found}, expected {expected}: the file is damaged or another one")]
    Hash {
        /// Hash of the bytes.
        found: BlobHash,
        /// The stated hash.
        expected: BlobHash,
    },
    /// The stated hash is no hash.
    #[error("the stated hash of the weights cannot be read: {0}")]
    Stated(#[from] IdError),
    /// Not a file of tensors, or a tensor is missing.
    #[error("the weights cannot be read: {0}")]
    File(#[from] safetensors::SafeTensorError),
    /// A tensor of another shape.
    #[error("{name} has shape {found:?}, expected {expected:?}: these are weights of another version")]
    Shape {
        /// Which tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The network's.
        expected: Vec<usize>,
    },
    /// A tensor of another number format.
    #[error("{name} holds {found} numbers; half and single precision can be read")]
    Format {
        /// Which tensor.
        name: String,
        /// Its format.
        found: String,
    },
    /// A layer cannot be made of them.
    #[error("the weights do not fit: {0}")]
    Layer(#[from] CpuError),
}

/// Opens weights after checking their hash.
///
/// # Errors
/// [`WeightsError::Hash`] for damaged, truncated or foreign bytes.
pub(crate) fn open<'a>(bytes: &'a [u8], stated_hash: &str) -> Result<SafeTensors<'a>, WeightsError> {
    let expected: BlobHash = stated_hash.trim().parse()?;
    let found = BlobHash::of(bytes);
    if found != expected {
        return Err(WeightsError::Hash { found, expected });
    }
    Ok(SafeTensors::deserialize(bytes)?)
}

/// A file of weights, or the part of it under a prefix.
pub(crate) struct Weights<'a> {
    file: &'a SafeTensors<'a>,
    prefix: String,
    /// The instructions that layers are packed for.
    pub(crate) isa: Isa,
}

impl<'a> Weights<'a> {
    /// The whole file.
    pub(crate) fn new(file: &'a SafeTensors<'a>, isa: Isa) -> Self {
        Self { file, prefix: String::new(), isa }
    }

    /// The part under `name`.
    pub(crate) fn at(&self, name: impl std::fmt::Display) -> Self {
        Self { file: self.file, prefix: format!("{}{name}.", self.prefix), isa: self.isa }
    }

    /// A tensor's numbers, row by row.
    pub(crate) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self.file.tensor(&name)?;
        if tensor.shape() != shape {
            return Err(WeightsError::Shape {
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
            other => Err(WeightsError::Format { name, found: format!("{other:?}") }),
        }
    }

    /// A linear layer with bias.
    pub(crate) fn linear(&self, inputs: usize, outputs: usize) -> Result<Linear, WeightsError> {
        let weight = self.floats("weight", &[outputs, inputs])?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A linear layer without a bias.
    pub(crate) fn linear_without_bias(&self, inputs: usize, outputs: usize) -> Result<Linear, WeightsError> {
        let weight = self.floats("weight", &[outputs, inputs])?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, None)?)
    }

    /// A linear layer over two inputs that PyTorch joins first: one layer for each, the bias in the first.
    pub(crate) fn linear_of_two(&self, inputs: usize, outputs: usize) -> Result<[Linear; 2], WeightsError> {
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
    pub(crate) fn conv(&self, inputs: usize, outputs: usize) -> Result<Conv2d, WeightsError> {
        let weight = self.floats("weight", &[outputs, inputs, 3, 3])?;
        Ok(Conv2d::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A linear layer (`shape` may end in 1×1, then it is a convolution) before a pixel shuffle by two: its outputs are
    /// grouped by pixel.
    pub(crate) fn linear_to_shuffle(
        &self,
        inputs: usize,
        channels: usize,
        pointwise: bool,
    ) -> Result<Linear, WeightsError> {
        let outputs = 4 * channels;
        let shape: &[usize] = if pointwise { &[outputs, inputs, 1, 1] } else { &[outputs, inputs] };
        let weight = group_shuffled(&self.floats("weight", shape)?, channels, 2)?;
        let bias = group_shuffled(&self.floats("bias", &[outputs])?, channels, 2)?;
        Ok(Linear::new(self.isa, (inputs, outputs), &weight, Some(&bias))?)
    }

    /// A 3×3 convolution before a pixel shuffle by two: its outputs are grouped by pixel.
    pub(crate) fn conv_to_shuffle(&self, inputs: usize, channels: usize) -> Result<Conv2d, WeightsError> {
        let outputs = 4 * channels;
        let weight = group_shuffled(&self.floats("weight", &[outputs, inputs, 3, 3])?, channels, 2)?;
        let bias = group_shuffled(&self.floats("bias", &[outputs])?, channels, 2)?;
        Ok(Conv2d::new(self.isa, (inputs, outputs), &weight, Some(&bias))?)
    }

    /// A 2×2 convolution with stride 2 and bias.
    pub(crate) fn halve(&self, inputs: usize, outputs: usize) -> Result<Halve, WeightsError> {
        let weight = self.floats("weight", &[outputs, inputs, 2, 2])?;
        Ok(Halve::new(self.isa, (inputs, outputs), &weight, Some(&self.floats("bias", &[outputs])?))?)
    }

    /// A convolution over frames without bias.
    pub(crate) fn temporal(&self, width: usize) -> Result<Temporal, WeightsError> {
        let weight = self.floats("weight", &[width, width, 3])?;
        Ok(Temporal::new(self.isa, (width, width), &weight, None)?)
    }

    /// A convolution over a sequence with bias.
    pub(crate) fn conv1d(
        &self,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> Result<Conv1d, WeightsError> {
        let weight = self.floats("weight", &[outputs, inputs, kernel])?;
        let bias = self.floats("bias", &[outputs])?;
        Ok(Conv1d::new(self.isa, (inputs, outputs, kernel), &weight, Some(&bias))?)
    }
}
