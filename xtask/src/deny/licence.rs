//! SPDX licence expressions: names joined by AND, OR, WITH and brackets; old
//! manifests also write `/` for OR.

/// Whether the expression can be met with permitted names alone. `is_allowed`
/// is asked with one name, or with `NAME WITH EXCEPTION` as a whole.
/// An expression that cannot be read is not permitted.
pub fn permits(expression: &str, is_allowed: impl Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ");
    let spaced = spaced.replace('(', " ( ").replace(')', " ) ");
    let mut reader = Reader {
        words: spaced.split_whitespace().collect(),
        at: 0,
        is_allowed,
    };
    let permitted = reader.any();
    reader.at == reader.words.len() && permitted == Some(true)
}

struct Reader<'a, F> {
    words: Vec<&'a str>,
    at: usize,
    is_allowed: F,
}

impl<F: Fn(&str) -> bool> Reader<'_, F> {
    fn any(&mut self) -> Option<bool> {
        let mut met = self.every()?;
        while self.take("OR") {
            met |= self.every()?;
        }
        Some(met)
    }

    fn every(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let name = *self.words.get(self.at)?;
        self.at += 1;
        if !self.take("WITH") {
            return Some((self.is_allowed)(name));
        }
        let exception = *self.words.get(self.at)?;
        self.at += 1;
        Some((self.is_allowed)(&format!("{name} WITH {exception}")))
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let check = |expression, expected| {
            let is_allowed = |name: &str| ["MIT", "Zlib", "A WITH B"].contains(&name);
            assert_eq!(permits(expression, is_allowed), expected, "{expression}");
        };
        check("MIT", true);
        check("MIT OR GPL-3.0", true);
        check("GPL-3.0/MIT", true);
        check("MIT AND GPL-3.0", false);
        check("MIT AND (Zlib OR GPL-3.0)", true);
        check("(MIT AND GPL-3.0) OR Zlib", true);
        check("A WITH B", true);
        check("MIT WITH B", false);
        check("", false);
        check("MIT GPL-3.0", false);
        check("(MIT", false);
    }
}
