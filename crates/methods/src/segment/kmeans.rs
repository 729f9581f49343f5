//! k-means: Lloyd's iteration from k-means++ starts, the best of several.

use super::Points;
use crate::MethodError;
use crate::math::parallel;
use crate::random::Random;

#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// Row after row, one a cluster.
    pub centers: Vec<f64>,
    /// The cluster of every point.
    pub assignments: Vec<u32>,
    /// Sum of squared distances of the points to their centres.
    pub inertia: f64,
    pub iterations: usize,
}

const MOST_ITERATIONS: usize = 300;
const GRAIN: usize = 4096;

/// The best of `restarts` runs.
pub fn kmeans(
    points: &Points,
    k: usize,
    restarts: usize,
    seed: u64,
) -> Result<Clusters, MethodError> {
    if k == 0 {
        return Err(MethodError::argument(
            "the number of segments is at least 1",
        ));
    }
    MethodError::unless_enough("segment", "rows, one for every segment", k, points.len())?;
    let starts: Vec<u64> = (0..restarts.max(1) as u64).collect();
    let run = |start: &u64| {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(*start));
        lloyd(points, seeds(points, k, &mut random))
    };
    // Few points: the runs are spread over the processors. Many: each run is.
    let runs = if points.len() < 4 * GRAIN {
        parallel::map(&starts, run)
    } else {
        starts.iter().map(run).collect()
    };
    let best = runs
        .into_iter()
        .reduce(|a, b| if b.inertia < a.inertia { b } else { a });
    best.ok_or_else(|| MethodError::argument("the number of restarts is at least 1"))
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// k-means++: each next centre is drawn by its squared distance from those there are; of several draws the one that
/// leaves the least.
fn seeds(points: &Points, k: usize, random: &mut Random) -> Vec<f64> {
    let n = points.len();
    let draws = 2 + (k as f64).ln() as usize;
    let mut centers = points.row(random.below(n)).to_vec();
    let mut nearest: Vec<f64> = (0..n)
        .map(|at| distance(points.row(at), &centers))
        .collect();
    while centers.len() < k * points.width {
        let total: f64 = nearest.iter().sum();
        let mut best: Option<(f64, Vec<f64>, usize)> = None;
        for _ in 0..draws {
            let mut rest = random.unit() * total;
            let chosen = nearest.iter().position(|share| {
                rest -= share;
                rest < 0.0
            });
            let chosen = chosen.unwrap_or_else(|| random.below(n));
            let row = points.row(chosen);
            let left: Vec<f64> = nearest
                .iter()
                .enumerate()
                .map(|(at, near)| near.min(distance(points.row(at), row)))
                .collect();
            let sum: f64 = left.iter().sum();
            if best.as_ref().is_none_or(|(least, _, _)| sum < *least) {
                best = Some((sum, left, chosen));
            }
        }
        let Some((_, left, chosen)) = best else {
            return centers;
        };
        nearest = left;
        centers.extend_from_slice(points.row(chosen));
    }
    centers
}

/// Lloyd's iteration until no point changes its cluster. A cluster that loses its last point takes the one that is
/// farthest from its centre.
pub fn lloyd(points: &Points, mut centers: Vec<f64>) -> Clusters {
    let (n, width) = (points.len(), points.width);
    let k = centers.len() / width;
    let mut assignments = vec![u32::MAX; n];
    let mut iterations = 0;
    loop {
        let parts = parallel::map_ranges(n, GRAIN, |range| assign(points, &centers, range));
        let mut sums = vec![0.0; k * width];
        let mut counts = vec![0usize; k];
        let (mut inertia, mut changed, mut farthest) = (0.0, false, (0.0, 0));
        let mut at = 0;
        for part in parts {
            for (sum, more) in sums.iter_mut().zip(&part.sums) {
                *sum += more;
            }
            for (count, more) in counts.iter_mut().zip(&part.counts) {
                *count += more;
            }
            inertia += part.inertia;
            if part.farthest.0 > farthest.0 {
                farthest = part.farthest;
            }
            for nearest in part.nearest {
                changed |= assignments[at] != nearest;
                assignments[at] = nearest;
                at += 1;
            }
        }
        iterations += 1;
        if !changed || iterations >= MOST_ITERATIONS {
            return Clusters {
                centers,
                assignments,
                inertia,
                iterations,
            };
        }
        for cluster in 0..k {
            let into = &mut centers[cluster * width..(cluster + 1) * width];
            if counts[cluster] == 0 {
                into.copy_from_slice(points.row(farthest.1));
                continue;
            }
            for (center, sum) in into.iter_mut().zip(&sums[cluster * width..]) {
                *center = sum / counts[cluster] as f64;
            }
        }
    }
}

struct Part {
    nearest: Vec<u32>,
    sums: Vec<f64>,
    counts: Vec<usize>,
    inertia: f64,
    /// Squared distance and row of the point that is worst off.
    farthest: (f64, usize),
}

fn assign(points: &Points, centers: &[f64], range: std::ops::Range<usize>) -> Part {
    let width = points.width;
    let k = centers.len() / width;
    let mut part = Part {
        nearest: Vec::with_capacity(range.len()),
        sums: vec![0.0; k * width],
        counts: vec![0; k],
        inertia: 0.0,
        farthest: (0.0, range.start),
    };
    for at in range {
        let row = points.row(at);
        let (mut nearest, mut least) = (0, f64::INFINITY);
        for (cluster, center) in centers.chunks_exact(width).enumerate() {
            let distance = distance(row, center);
            if distance < least {
                (nearest, least) = (cluster, distance);
            }
        }
        part.nearest.push(nearest as u32);
        part.counts[nearest] += 1;
        for (sum, value) in part.sums[nearest * width..(nearest + 1) * width]
            .iter_mut()
            .zip(row)
        {
            *sum += value;
        }
        part.inertia += least;
        if least > part.farthest.0 {
            part.farthest = (least, at);
        }
    }
    part
}
