//! Which vector instructions this machine has, found once; AVX-512, AVX2, NEON or plain scalars.

use pulp::{Arch, Simd, WithSimd};

/// The vector instructions to run with. Weights are packed for one of them.
#[derive(Debug, Clone, Copy)]
pub struct Isa(Arch);

impl Isa {
    /// The best that this machine has.
    pub fn detect() -> Self {
        Self(Arch::new())
    }

    /// Every kind that this machine can run, the best first; for tests.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::detect()];
        #[cfg(target_arch = "x86_64")]
        if let (Arch::V4(_), Some(v3)) = (all[0].0, pulp::x86::V3::try_new()) {
            all.push(Self(Arch::V3(v3)));
        }
        all.push(Self(Arch::Scalar));
        all
    }

    /// Floats in a vector.
    pub fn lanes(self) -> usize {
        self.run(Shape).0
    }

    /// Whether there are 32 vector registers rather than 16.
    pub(crate) fn many_registers(self) -> bool {
        self.run(Shape).1
    }

    /// Runs `op` compiled for these instructions.
    #[inline(always)]
    pub(crate) fn run<O: WithSimd>(self, op: O) -> O::Output {
        self.0.dispatch(op)
    }
}

/// Asks for the floats in a vector, and whether there are many vectors.
struct Shape;

impl WithSimd for Shape {
    type Output = (usize, bool);
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (usize, bool) {
        (S::F32_LANES, S::REGISTER_COUNT >= 32)
    }
}

/// Measures the peak: multiply-adds that never leave the registers.
#[derive(Debug, Clone, Copy)]
pub struct Peak {
    /// Rounds of 20 vector multiply-adds.
    pub rounds: usize,
}

impl Peak {
    /// Runs the rounds on `isa`; floating-point operations done and a value that depends on them all.
    pub fn run(self, isa: Isa) -> (usize, f32) {
        isa.run(self)
    }
}

impl WithSimd for Peak {
    type Output = (usize, f32);
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (usize, f32) {
        let scale = simd.splat_f32s(std::hint::black_box(0.5));
        let shift = simd.splat_f32s(std::hint::black_box(0.25));
        let mut sums = [shift; 10];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, scale, shift);
            }
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, scale, shift);
            }
        }
        let mut total = 0.0;
        for sum in sums {
            total += simd.reduce_sum_f32s(sum);
        }
        (self.rounds * 20 * 2 * S::F32_LANES, total)
    }
}
