//! The layers that are sums over neighbours.

use super::*;

#[test]
fn linear_agrees_with_sums() {
    for (n, inputs, outputs) in
        [(1, 3, 1), (5, 30, 48), (50, 7, 6), (61, 48, 40), (49, 33, 160), (30, 20, 17)]
    {
        for end in ENDS {
            let (x, w, b) = (random(n * inputs, 1), random(inputs * outputs, 2), random(outputs, 3));
            check(
                &format!("linear {n} {inputs} {outputs} {end:?}"),
                n * outputs,
                |isa, pool, out| {
                    Linear::new(isa, (inputs, outputs), &w, Some(&b))?.forward(pool, &x, out, end)
                },
                |old| naive((&x, &w, &b), (inputs, outputs), |p| vec![Some(p)], old, end),
            );
        }
    }
}

/// Taps of a 3x3 convolution.
fn around(grid: Grid, position: usize) -> Vec<Option<usize>> {
    let (row, x) = (position / grid.width, position % grid.width);
    let (frame, y) = (row / grid.height, row % grid.height);
    let mut taps = Vec::new();
    for dy in 0..3 {
        for dx in 0..3 {
            let inside = (1..=grid.height).contains(&(y + dy)) && (1..=grid.width).contains(&(x + dx));
            taps.push(inside.then(|| (frame * grid.height + y + dy - 1) * grid.width + x + dx - 1));
        }
    }
    taps
}

#[test]
fn conv2d_agrees_with_sums() {
    let grids = [(2, 24, 40), (3, 1, 1), (1, 5, 7), (2, 11, 3)];
    for ((frames, height, width), (inputs, outputs)) in
        grids.into_iter().zip([(5, 24), (4, 3), (24, 64), (13, 50)])
    {
        let grid = Grid { frames, height, width };
        for end in ENDS {
            let x = random(grid.positions() * inputs, 1);
            let (w, b) = (random(inputs * outputs * 9, 2), random(outputs, 3));
            check(
                &format!("conv2d {grid:?} {inputs} {outputs} {end:?}"),
                grid.positions() * outputs,
                |isa, pool, out| {
                    let conv = Conv2d::new(isa, (inputs, outputs), &w, Some(&b))?;
                    conv.forward(pool, grid, (&x, Source::Plain), out, end)
                },
                |old| naive((&x, &w, &b), (inputs, outputs), |p| around(grid, p), old, end),
            );
        }
    }
}

#[test]
fn conv2d_by_tiles_agrees_with_sums() {
    for (frames, height, width, inputs, outputs) in
        [(2, 8, 12, 48, 40), (3, 12, 20, 17, 33), (1, 4, 4, 16, 16), (2, 24, 40, 20, 24)]
    {
        let grid = Grid { frames, height, width };
        for end in ENDS {
            let x = random(grid.positions() * inputs, 1);
            // Weights as large as an initialised layer's, so that sums are near one.
            let scale = 1.0 / (9.0 * inputs as f32).sqrt();
            let w: Vec<f32> = random(inputs * outputs * 9, 2).iter().map(|w| w * scale).collect();
            let b = random(outputs, 3);
            check(
                &format!("conv2d by tiles {grid:?} {inputs} {outputs} {end:?}"),
                grid.positions() * outputs,
                |isa, pool, out| {
                    let conv = Conv2d::new(isa, (inputs, outputs), &w, Some(&b))?;
                    conv.forward(pool, grid, (&x, Source::Plain), out, end)
                },
                |old| naive((&x, &w, &b), (inputs, outputs), |p| around(grid, p), old, end),
            );
        }
    }
}

#[test]
fn conv2d_through_a_norm_agrees_with_doing_it_before() {
    let grid = Grid { frames: 2, height: 6, width: 10 };
    let (inputs, outputs) = (12, 20);
    let x = random(grid.positions() * inputs, 1);
    let (w, b) = (random(inputs * outputs * 9, 2), random(outputs, 3));
    let (scale, shift) = (random(inputs, 5), random(inputs, 6));
    let normed = naive_norm(&x, &scale, &shift);
    let normed: Vec<f32> = normed.iter().map(|&value| value as f32).collect();
    let film = Film { scale: &scale, shift: &shift };
    check(
        "conv2d through a norm",
        grid.positions() * outputs,
        |isa, pool, out| {
            let norm = LayerNorm::new(isa, inputs);
            let conv = Conv2d::new(isa, (inputs, outputs), &w, Some(&b))?;
            conv.forward(pool, grid, (&x, Source::Normed(&norm, Some(film))), out, End::STORE)
        },
        |old| naive((&normed, &w, &b), (inputs, outputs), |p| around(grid, p), old, End::STORE),
    );
}

#[test]
fn halve_agrees_with_sums() {
    for (frames, height, width, inputs, outputs) in [(3, 24, 40, 5, 9), (2, 2, 2, 48, 96), (1, 6, 10, 7, 33)]
    {
        let grid = Grid { frames, height, width };
        let x = random(grid.positions() * inputs, 1);
        let (w, b) = (random(inputs * outputs * 4, 2), random(outputs, 3));
        let taps = |position: usize| {
            let (line, x) = (position / (width / 2), position % (width / 2));
            [(0, 0), (0, 1), (1, 0), (1, 1)]
                .map(|(dy, dx)| Some((2 * line + dy) * width + 2 * x + dx))
                .to_vec()
        };
        check(
            &format!("halve {grid:?}"),
            grid.positions() / 4 * outputs,
            |isa, pool, out| {
                Halve::new(isa, (inputs, outputs), &w, Some(&b))?.forward(pool, grid, &x, out, End::STORE)
            },
            |old| naive((&x, &w, &b), (inputs, outputs), taps, old, End::STORE),
        );
    }
}

#[test]
fn temporal_agrees_with_sums() {
    for (frames, height, width, channels) in [(6, 3, 5, 48), (1, 4, 4, 7), (2, 9, 13, 20)] {
        let grid = Grid { frames, height, width };
        let x = random(grid.positions() * channels, 1);
        let (w, b) = (random(channels * channels * 3, 2), random(channels, 3));
        let taps = |position: usize| {
            let frame = position / grid.frame();
            let near = |at: usize| {
                (1..=frames).contains(&at).then(|| (at - 1) * grid.frame() + position % grid.frame())
            };
            vec![near(frame), near(frame + 1), near(frame + 2)]
        };
        check(
            &format!("temporal {grid:?}"),
            x.len(),
            |isa, pool, out| {
                Temporal::new(isa, (channels, channels), &w, Some(&b))?.forward(pool, grid, &x, out, End::ADD)
            },
            |old| naive((&x, &w, &b), (channels, channels), taps, old, End::ADD),
        );
    }
}

#[test]
fn conv1d_agrees_with_sums() {
    for (n, inputs, outputs, kernel) in [(240, 9, 17, 3), (101, 33, 40, 5), (1, 4, 4, 5), (1300, 3, 6, 3)] {
        let x = random(n * inputs, 1);
        let (w, b) = (random(inputs * outputs * kernel, 2), random(outputs, 3));
        let half = kernel / 2;
        let taps = |position: usize| {
            (0..kernel).map(|k| (position + k).checked_sub(half).filter(|&at| at < n)).collect::<Vec<_>>()
        };
        check(
            &format!("conv1d {n} {inputs} {outputs} {kernel}"),
            n * outputs,
            |isa, pool, out| {
                Conv1d::new(isa, (inputs, outputs, kernel), &w, Some(&b))?.forward(pool, &x, out, End::RELU)
            },
            |old| naive((&x, &w, &b), (inputs, outputs), taps, old, End::RELU),
        );
    }
}
