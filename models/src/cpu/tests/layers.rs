//! Norm, attention and pixel shuffle.

use super::*;

#[test]
fn norm_agrees_with_the_formula() {
    for (n, channels) in [(1, 1), (2000, 48), (33, 256), (17, 30), (5, 96)] {
        let x = random(n * channels, 1);
        let (scale, shift) = (random(channels, 3), random(channels, 4));
        check(
            &format!("norm {n} {channels}"),
            x.len(),
            |isa, pool, out| {
                let film = Film { scale: &scale, shift: &shift };
                LayerNorm::new(isa, channels).forward(pool, Some(film), &x, out)
            },
            |_| naive_norm(&x, &scale, &shift),
        );
    }
}

/// Attention in f64, rotation included.
fn naive_attention(
    (qkv, angles): (&[f32], &[f32]),
    window: &[(u32, u32)],
    (heads, size): (usize, usize),
) -> Vec<f64> {
    let (width, pairs) = (heads * size, 16.min(size / 2));
    let tokens = qkv.len() / (3 * width);
    let part = |token: usize, part: usize, head: usize| {
        let start = token * 3 * width + part * width + head * size;
        let mut row: Vec<f64> = qkv[start..start + size].iter().map(|&value| f64::from(value)).collect();
        if part < 2 {
            let mean = row.iter().sum::<f64>() / size as f64;
            let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / size as f64;
            row.iter_mut().for_each(|v| *v = (*v - mean) / (variance + 1e-5).sqrt());
        }
        for i in 0..if part < 2 { pairs } else { 0 } {
            let (sin, cos) = f64::from(angles[token * pairs + i]).sin_cos();
            let (a, b) = (row[i], row[i + pairs]);
            (row[i], row[i + pairs]) = (a * cos - b * sin, a * sin + b * cos);
        }
        row
    };
    let mut out = vec![0.0; tokens * width];
    for head in 0..heads {
        let keys: Vec<_> = (0..tokens).map(|token| part(token, 1, head)).collect();
        for token in 0..tokens {
            let query = part(token, 0, head);
            let dot = |key: &Vec<f64>| query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>();
            let (from, to) = (window[token].0 as usize, window[token].1 as usize);
            let seen = |n: usize| (from..to).contains(&n);
            let score = |(n, key)| if seen(n) { dot(key) / (size as f64).sqrt() } else { f64::MIN };
            let scores: Vec<f64> = keys.iter().enumerate().map(score).collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            for (key, score) in scores.iter().enumerate() {
                for (d, value) in part(key, 2, head).into_iter().enumerate() {
                    out[token * width + head * size + d] += (score - most).exp() / total * value;
                }
            }
        }
    }
    out
}

#[test]
fn attention_agrees_with_the_formula() {
    for (tokens, heads, size) in [(150, 4, 64), (1, 2, 8), (37, 1, 64), (70, 3, 20)] {
        let pairs = 16.min(size / 2);
        let scores_that_differ = |value: f32| value * 3.0;
        let qkv: Vec<f32> =
            random(tokens * 3 * heads * size, 1).into_iter().map(scores_that_differ).collect();
        let angles: Vec<f32> = random(tokens * pairs, 2).into_iter().map(|angle| angle * 9.0).collect();
        let rotary = Rotary::new(&angles, pairs).unwrap();
        let near = |n: usize| (n.saturating_sub(30) as u32, (n + 40).min(tokens) as u32);
        let window: Vec<(u32, u32)> = (0..tokens).map(near).collect();
        check(
            &format!("attention {tokens} {heads} {size}"),
            tokens * heads * size,
            |isa, pool, out| {
                let attention = Attention { isa, heads, size };
                attention.forward(pool, (&rotary, &window), &mut qkv.clone(), out)
            },
            |_| naive_attention((&qkv, &angles), &window, (heads, size)),
        );
    }
}

#[test]
fn pixel_shuffle_has_the_channel_order_of_pytorch() {
    for (channels, r) in [(5, 2), (3, 3), (1, 2)] {
        let grid = Grid { frames: 2, height: 3, width: 4 };
        let x = random(grid.positions() * channels * r * r, 1);
        let mut expected = vec![0.0; x.len()];
        for position in 0..grid.positions() {
            let (line, column) = (position / grid.width, position % grid.width);
            for (index, &value) in x[position * channels * r * r..][..channels * r * r].iter().enumerate() {
                let (c, dy, dx) = (index / (r * r), index / r % r, index % r);
                let pixel = (line * r + dy) * grid.width * r + column * r + dx;
                expected[pixel * channels + c] = value;
            }
        }
        let grouped: Vec<f32> = x
            .chunks_exact(channels * r * r)
            .flat_map(|row| group_shuffled(row, channels, r).unwrap())
            .collect();
        for threads in 1..=3 {
            let mut out = vec![0.0; x.len()];
            pixel_shuffle(&Pool::new(threads).unwrap(), grid, (&grouped, r), &mut out).unwrap();
            assert_eq!(out, expected, "{channels} {r}");
        }
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let isa = Isa::detect();
    let pool = Pool::new(1).unwrap();
    assert!(Linear::new(isa, (3, 4), &[0.0; 11], None).is_err());
    let layer = Linear::new(isa, (3, 4), &[0.0; 12], None).unwrap();
    assert!(layer.forward(&pool, &[0.0; 7], &mut [0.0; 8], End::STORE).is_err());
    assert!(layer.forward(&pool, &[0.0; 6], &mut [0.0; 7], End::STORE).is_err());
    let grid = Grid { frames: 1, height: 3, width: 2 };
    let halve = Halve::new(isa, (1, 1), &[0.0; 4], None).unwrap();
    assert!(halve.forward(&pool, grid, &[0.0; 6], &mut [0.0; 1], End::STORE).is_err());
}
