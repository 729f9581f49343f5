//! Segments: customers grouped by what they have in common.
//!
//! Sources: S. Lloyd, "Least Squares Quantization in PCM" (1982); Arthur and Vassilvitskii, "k-means++: The Advantages
//! of Careful Seeding", SODA 2007, with several candidates a step; P. Rousseeuw, "Silhouettes" (1987). Assumes round
//! groups of similar size in the scale that the columns are given in: scale them first where their units differ.

mod kmeans;
mod silhouette;

pub use kmeans::{Clusters, kmeans, lloyd};
pub use silhouette::silhouette;

use crate::MethodError;
use crate::math::describe::moments;
use serde::Serialize;

/// Rows of numbers, one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    pub width: usize,
    pub values: Vec<f64>,
}

impl Points {
    /// From columns of equal length without missing values.
    pub fn of_columns(columns: &[Vec<f64>]) -> Result<Points, MethodError> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows * columns.len());
        for row in 0..rows {
            for column in columns {
                if !column[row].is_finite() {
                    return Err(MethodError::Value {
                        row,
                        reason: "every column has to hold a number".into(),
                    });
                }
                values.push(column[row]);
            }
        }
        Ok(Points {
            width: columns.len(),
            values,
        })
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// How columns are scaled before distances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    None,
    /// By mean and population deviation.
    Standard,
    /// To 0..1.
    Range,
}

/// A column that never varies becomes zero.
pub fn scale(column: &mut [f64], scaling: Scaling) {
    let (shift, width) = match scaling {
        Scaling::None => return,
        Scaling::Standard => {
            let (mean, variance) = moments(column);
            (mean, variance.sqrt())
        }
        Scaling::Range => {
            let low = column.iter().copied().fold(f64::INFINITY, f64::min);
            let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (low, high - low)
        }
    };
    for value in column {
        *value = if width > 0.0 {
            (*value - shift) / width
        } else {
            0.0
        };
    }
}

/// One number of clusters that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tried {
    pub k: usize,
    pub inertia: f64,
    pub silhouette: f64,
}

/// Tries every k of a range and keeps the one with the best silhouette; the list shows the elbow.
pub fn choose_k(
    points: &Points,
    range: std::ops::RangeInclusive<usize>,
    restarts: usize,
    seed: u64,
) -> Result<(Clusters, Vec<Tried>), MethodError> {
    let mut best: Option<(f64, Clusters)> = None;
    let mut tried = Vec::new();
    for k in range {
        let clusters = kmeans(points, k, restarts, seed)?;
        let silhouette = silhouette(points, &clusters.assignments, k, seed);
        tried.push(Tried {
            k,
            inertia: clusters.inertia,
            silhouette,
        });
        if best.as_ref().is_none_or(|(most, _)| silhouette > *most) {
            best = Some((silhouette, clusters));
        }
    }
    match best {
        Some((_, clusters)) => Ok((clusters, tried)),
        None => Err(MethodError::argument(
            "there is no number of segments to try",
        )),
    }
}

/// What sets a segment apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    pub segment: usize,
    pub size: usize,
    pub share: f64,
    /// Means of the columns in their own units.
    pub means: Vec<f64>,
    /// Columns whose mean departs from everybody's by at least half a deviation, the most telling first.
    pub traits: Vec<Trait>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trait {
    pub column: String,
    pub direction: Direction,
    /// Distance of the means in deviations of the whole.
    pub deviations: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    High,
    Low,
}

const TELLING: f64 = 0.5;

/// From columns in their own units.
pub fn profiles(
    columns: &[Vec<f64>],
    names: &[String],
    assignments: &[u32],
    k: usize,
) -> Vec<Profile> {
    let whole: Vec<(f64, f64)> = columns.iter().map(|column| moments(column)).collect();
    let profile = |segment: usize| {
        let rows: Vec<usize> = (0..assignments.len())
            .filter(|row| assignments[*row] as usize == segment)
            .collect();
        let mean = |column: &Vec<f64>| {
            rows.iter().map(|row| column[*row]).sum::<f64>() / rows.len() as f64
        };
        let means: Vec<f64> = columns.iter().map(mean).collect();
        let mut traits: Vec<Trait> = means
            .iter()
            .zip(&whole)
            .zip(names)
            .map(|((mean, (centre, variance)), name)| {
                let deviations = if *variance > 0.0 {
                    (mean - centre) / variance.sqrt()
                } else {
                    0.0
                };
                let direction = if deviations >= 0.0 {
                    Direction::High
                } else {
                    Direction::Low
                };
                Trait {
                    column: name.clone(),
                    direction,
                    deviations,
                }
            })
            .collect();
        traits.retain(|one| one.deviations.abs() >= TELLING);
        traits.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()));
        Profile {
            segment,
            size: rows.len(),
            share: rows.len() as f64 / assignments.len() as f64,
            means,
            traits,
        }
    };
    (0..k).map(profile).collect()
}

/// How many went from every segment to every other between two dates: row before, column after.
pub fn migration(before: &[u32], after: &[u32], k: usize) -> Vec<Vec<usize>> {
    let mut moved = vec![vec![0; k]; k];
    for (from, to) in before.iter().zip(after) {
        moved[*from as usize][*to as usize] += 1;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> Vec<Vec<f64>> {
        let mut random = crate::random::Random::new(5);
        let centres = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)];
        let rows: Vec<(f64, f64)> = (0..300)
            .map(|at| {
                (
                    centres[at % 3].0 + random.normal(),
                    centres[at % 3].1 + random.normal(),
                )
            })
            .collect();
        vec![
            rows.iter().map(|row| row.0).collect(),
            rows.iter().map(|row| row.1).collect(),
        ]
    }

    #[test]
    fn three_heaps_are_three_segments() {
        let columns = blobs();
        let points = Points::of_columns(&columns).unwrap();
        let (found, tried) = choose_k(&points, 2..=6, 5, 1).unwrap();
        assert_eq!(found.centers.len() / 2, 3);
        assert!(
            tried
                .windows(2)
                .all(|pair| pair[1].inertia <= pair[0].inertia)
        );
        let names = ["x".to_owned(), "y".to_owned()];
        let profiles = profiles(&columns, &names, &found.assignments, 3);
        assert!(profiles.iter().all(|one| one.size == 100));
        let right = profiles.iter().find(|one| one.means[0] > 5.0).unwrap();
        assert_eq!(
            (right.traits[0].column.as_str(), right.traits[0].direction),
            ("x", Direction::High)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_segments() {
        let points = Points::of_columns(&blobs()).unwrap();
        assert_eq!(
            kmeans(&points, 4, 3, 9).unwrap(),
            kmeans(&points, 4, 3, 9).unwrap()
        );
    }

    #[test]
    fn moves_are_counted_and_gaps_refused() {
        assert_eq!(migration(&[0, 0, 1], &[0, 1, 1], 2), [[1, 1], [0, 1]]);
        assert!(Points::of_columns(&[vec![1.0, f64::NAN]]).is_err());
        assert!(kmeans(&Points::of_columns(&[vec![1.0, 2.0]]).unwrap(), 3, 1, 1).is_err());
    }

    #[test]
    fn scaling_by_hand() {
        let scaled = |scaling| {
            let mut column = [1.0, 3.0];
            scale(&mut column, scaling);
            column
        };
        assert_eq!(scaled(Scaling::Standard), [-1.0, 1.0]);
        assert_eq!(scaled(Scaling::Range), [0.0, 1.0]);
        assert_eq!(scaled(Scaling::None), [1.0, 3.0]);
    }
}
