//! Reading the data sets.

use flate2::read::MultiGzDecoder;
use guanxi_methods::columns::Coded;
use guanxi_methods::dates;
use serde_json::Value as Json;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A CSV file in memory.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A set that lies in the project.
pub fn own(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file)
}

/// A set that is too large, or not free enough, to lie in the project.
pub fn public(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GUANXI_DATA");
    if folder.is_none() {
        eprintln!("skipped: GUANXI_DATA names no folder with {file}");
    }
    folder.map(|folder| Path::new(&folder).join(file))
}

pub fn json(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Table {
    pub fn read(path: &Path) -> Table {
        let file = File::open(path).unwrap();
        let is_packed = path.extension().is_some_and(|ending| ending == "gz");
        let input: Box<dyn Read> = if is_packed {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(input);
        let header = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect());
        Table {
            header,
            rows: rows.collect(),
        }
    }

    pub fn at(&self, name: &str) -> usize {
        self.header
            .iter()
            .position(|one| one == name)
            .unwrap_or_else(|| panic!("no column {name}"))
    }

    pub fn texts(&self, name: &str) -> Vec<&str> {
        let at = self.at(name);
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    pub fn coded(&self, name: &str) -> Coded {
        Coded::of(&self.texts(name))
    }

    pub fn numbers(&self, name: &str) -> Vec<f64> {
        self.texts(name)
            .iter()
            .map(|text| text.parse().unwrap_or(f64::NAN))
            .collect()
    }

    pub fn days(&self, name: &str) -> Vec<i32> {
        self.texts(name).iter().map(|text| day(text)).collect()
    }
}

/// The day of `YYYY-MM-DD…`.
pub fn day(text: &str) -> i32 {
    let part = |range: std::ops::Range<usize>| text[range].parse::<i32>().unwrap();
    dates::day_of(part(0..4), part(5..7) as u32, part(8..10) as u32).unwrap()
}

#[track_caller]
pub fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{found} is not {expected}"
    );
}
