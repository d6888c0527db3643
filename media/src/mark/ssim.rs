//! Structural similarity of two planes of luma (Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment:
//! from error visibility to structural similarity", IEEE Trans. Image Processing 13, 2004): an 11 × 11 Gaussian window
//! of deviation 1.5, K₁ = 0.01, K₂ = 0.03, the mean over all windows that lie inside the picture.

use super::plane::Plane;

const TAPS: usize = 11;
const SIGMA: f32 = 1.5;
const C1: f32 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f32 = (0.03 * 255.0) * (0.03 * 255.0);

/// The similarity of two planes of one size, at most 1.
pub(crate) fn ssim(a: &Plane, b: &Plane) -> f32 {
    let kernel: [f32; TAPS] =
        std::array::from_fn(|i| (-0.5 * ((i as f32 - (TAPS / 2) as f32) / SIGMA).powi(2)).exp());
    let sum: f32 = kernel.iter().sum();
    let kernel = kernel.map(|v| v / sum);
    let mean = |value: &dyn Fn(f32, f32) -> f32| {
        let values = a.values.iter().zip(&b.values).map(|(a, b)| value(*a, *b)).collect();
        window(&Plane { width: a.width, height: a.height, values }, &kernel)
    };
    let (ma, mb) = (mean(&|a, _| a), mean(&|_, b| b));
    let (aa, bb, ab) = (mean(&|a, _| a * a), mean(&|_, b| b * b), mean(&|a, b| a * b));
    let mut total = 0.0f64;
    for i in 0..ma.len() {
        let (va, vb, cov) = (aa[i] - ma[i] * ma[i], bb[i] - mb[i] * mb[i], ab[i] - ma[i] * mb[i]);
        let luminance = (2.0 * ma[i] * mb[i] + C1) / (ma[i] * ma[i] + mb[i] * mb[i] + C1);
        total += f64::from(luminance * (2.0 * cov + C2) / (va + vb + C2));
    }
    (total / ma.len().max(1) as f64) as f32
}

/// Weighted means over all windows inside a plane.
fn window(plane: &Plane, kernel: &[f32; TAPS]) -> Vec<f32> {
    let wide = (plane.width + 1).saturating_sub(TAPS);
    let rows: Vec<Vec<f32>> = plane
        .values
        .chunks_exact(plane.width)
        .map(|row| row.windows(TAPS).map(|w| w.iter().zip(kernel).map(|(v, k)| v * k).sum()).collect())
        .collect();
    rows.windows(TAPS)
        .flat_map(|rows| {
            let mut sum = vec![0.0; wide];
            for (row, k) in rows.iter().zip(kernel) {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += k * value);
            }
            sum
        })
        .collect()
}

/// Mean squared difference of two planes.
pub(crate) fn squared_error(a: &Plane, b: &Plane) -> f64 {
    let sum: f64 = a.values.iter().zip(&b.values).map(|(a, b)| f64::from((a - b) * (a - b))).sum();
    sum / a.values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_planes_are_equal_and_noise_lowers_it() {
        let values: Vec<f32> = (0..64 * 64).map(|i| ((i % 64) * 3 + (i / 64)) as f32).collect();
        let plane = Plane { width: 64, height: 64, values };
        let noisy = |size: f32| {
            let mut noisy = plane.clone();
            noisy
                .values
                .iter_mut()
                .enumerate()
                .for_each(|(i, v)| *v += if i * 7 % 3 == 0 { size } else { -size });
            ssim(&plane, &noisy)
        };
        assert!((ssim(&plane, &plane) - 1.0).abs() < 1e-5);
        assert!(noisy(1.0) > noisy(4.0) && noisy(4.0) > noisy(16.0) && noisy(16.0) < 0.9);
    }
}
