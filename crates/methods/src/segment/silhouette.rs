//! How much nearer points are to their own cluster than to the next.

use super::Points;
use crate::math::parallel;
use crate::random::Random;

/// Points beyond which a sample of this many is taken: the measure compares every pair.
const MOST_POINTS: usize = 10_000;

/// The mean silhouette, from −1 to 1; a point that is alone in its cluster counts 0, and one cluster alone gives 0.
pub fn silhouette(points: &Points, assignments: &[u32], k: usize, seed: u64) -> f64 {
    if k < 2 {
        return 0.0;
    }
    let rows: Vec<usize> = if points.len() > MOST_POINTS {
        Random::new(seed).sample(points.len(), MOST_POINTS)
    } else {
        (0..points.len()).collect()
    };
    let mut sizes = vec![0usize; k];
    for row in &rows {
        sizes[assignments[*row] as usize] += 1;
    }
    let parts = parallel::map_ranges(rows.len(), 64, |range| {
        let mut sums = vec![0.0; k];
        let of_point = |at: usize| {
            sums.fill(0.0);
            let row = points.row(rows[at]);
            for other in &rows {
                let squares = row
                    .iter()
                    .zip(points.row(*other))
                    .map(|(x, y)| (x - y) * (x - y));
                sums[assignments[*other] as usize] += squares.sum::<f64>().sqrt();
            }
            let own = assignments[rows[at]] as usize;
            if sizes[own] <= 1 {
                return 0.0;
            }
            let inside = sums[own] / (sizes[own] - 1) as f64;
            let others = (0..k).filter(|cluster| *cluster != own && sizes[*cluster] > 0);
            let outside = others
                .map(|cluster| sums[cluster] / sizes[cluster] as f64)
                .fold(f64::INFINITY, f64::min);
            let larger = inside.max(outside);
            if larger > 0.0 && outside.is_finite() {
                (outside - inside) / larger
            } else {
                0.0
            }
        };
        range.map(of_point).sum::<f64>()
    });
    parts.iter().sum::<f64>() / rows.len() as f64
}
