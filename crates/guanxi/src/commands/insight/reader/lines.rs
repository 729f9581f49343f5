//! Files without a head whose lines are lists.

use super::blocks::Blocks;
use super::fields::{self, Field};
use super::{Dialect, Source};

/// Gives every line that is not empty to `each`, cut at commas, values as they stand.
pub fn lines(source: &Source, mut each: impl FnMut(&[&[u8]])) -> anyhow::Result<usize> {
    let dialect = Dialect {
        delimiter: b',',
        is_padded: false,
    };
    let mut fields: Vec<Field> = Vec::new();
    let mut count = 0;
    for path in &source.files {
        let mut blocks = Blocks::open(path)?;
        while let Some(block) = blocks.next()? {
            let mut at = if block.starts_with(b"\xef\xbb\xbf") {
                3
            } else {
                0
            };
            while at < block.len() {
                at = fields::cut(&block, at, dialect, usize::MAX, &mut fields);
                let values: Vec<&[u8]> = fields
                    .iter()
                    .map(|field| &block[field.start..field.end])
                    .filter(|value| !value.is_empty())
                    .collect();
                if !values.is_empty() {
                    each(&values);
                    count += 1;
                }
            }
        }
    }
    Ok(count)
}
