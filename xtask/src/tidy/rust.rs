//! As much of Rust's grammar as the checks need: what is code, what is a
//! string and what is a comment; which lines are tests; where functions end.

/// A source text in parts.
pub struct Source {
    /// The text with comments and the insides of strings blanked; every line
    /// and every byte stays at its place.
    pub code: String,
    /// The literal strings with the line on which each begins.
    pub strings: Vec<(usize, String)>,
}

/// A function: its name, its first line from 1, how many lines it has.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

impl Source {
    /// Everything.
    pub fn parse(text: &str) -> Source {
        Lexer {
            text: text.as_bytes(),
            at: 0,
            code: text.as_bytes().to_vec(),
            strings: Vec::new(),
        }
        .run()
    }

    /// Without the modules under `#[cfg(test)]`.
    pub fn parse_product(text: &str) -> Source {
        let whole = Source::parse(text);
        let tests = test_lines(&whole.code);
        let inside = |line: usize| tests.iter().any(|(from, to)| (*from..=*to).contains(&line));
        let lines = whole.code.lines().enumerate();
        let kept = lines.map(|(at, line)| if inside(at + 1) { "" } else { line });
        let strings = whole.strings.into_iter().filter(|(line, _)| !inside(*line));
        Source {
            code: kept.collect::<Vec<_>>().join("\n"),
            strings: strings.collect(),
        }
    }

    /// The functions with a body, inner ones too.
    pub fn functions(&self) -> Vec<Function> {
        let code = self.code.as_bytes();
        let starts = words(&self.code).filter(|(_, word)| *word == "fn");
        let functions = starts.filter_map(|(at, _)| {
            let rest = self.code[at + 2..].trim_start();
            let end_of_name = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            let open = body(code, at)?;
            let close = closing(code, open)?;
            (end_of_name > 0).then(|| Function {
                name: rest[..end_of_name].to_string(),
                line: line_of(code, at),
                lines: line_of(code, close) - line_of(code, at) + 1,
            })
        });
        functions.collect()
    }

    /// The lines of code, numbered from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// First and last lines of what stands under `#[cfg(test)]`.
fn test_lines(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let marks = code.match_indices("#[cfg(test)]");
    let ranges = marks.filter_map(|(at, mark)| {
        let open = body(bytes, at + mark.len())?;
        Some((line_of(bytes, at), line_of(bytes, closing(bytes, open)?)))
    });
    ranges.collect()
}

/// Where the brace after a signature opens; `None` if a semicolon comes first.
fn body(code: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn closing(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn line_of(code: &[u8], at: usize) -> usize {
    1 + code[..at].iter().filter(|byte| **byte == b'\n').count()
}

/// The words of a text with their places.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut next = 0;
    text.split_inclusive(move |c| !is_word(c))
        .filter_map(move |part| {
            let start = next;
            next += part.len();
            let word = part.trim_end_matches(|c| !is_word(c));
            (!word.is_empty()).then_some((start, word))
        })
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    code: Vec<u8>,
    strings: Vec<(usize, String)>,
}

impl Lexer<'_> {
    fn run(mut self) -> Source {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            match rest {
                [b'/', b'/', ..] => self.line_comment(),
                [b'/', b'*', ..] => self.block_comment(),
                [b'"', ..] => self.string(),
                [b'r', b'"' | b'#', ..] if self.is_word_start() => self.raw_string(),
                [b'\'', ..] => self.character(),
                _ => self.at += 1,
            }
        }
        Source {
            // Only whole characters were blanked, each byte with a space.
            code: String::from_utf8_lossy(&self.code).into_owned(),
            strings: self.strings,
        }
    }

    fn line_comment(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        self.blank(self.at, self.at + length);
        self.at += length;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0;
        while self.at < self.text.len() {
            match &self.text[self.at..] {
                [b'/', b'*', ..] => (depth, self.at) = (depth + 1, self.at + 2),
                [b'*', b'/', ..] => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        self.blank(start, self.at);
    }

    fn string(&mut self) {
        let start = self.at + 1;
        let mut end = start;
        while end < self.text.len() && self.text[end] != b'"' {
            end += if self.text[end] == b'\\' { 2 } else { 1 };
        }
        self.keep(start, end.min(self.text.len()));
        self.at = end + 1;
    }

    /// `r"…"`, `r#"…"#` and so on; `r#name` is a name.
    fn raw_string(&mut self) {
        let hashes = self.text[self.at + 1..]
            .iter()
            .take_while(|byte| **byte == b'#')
            .count();
        let start = self.at + 2 + hashes;
        if self.text.get(start - 1) != Some(&b'"') {
            self.at += 1;
            return;
        }
        let mut end_mark = vec![b'"'];
        end_mark.resize(1 + hashes, b'#');
        let rest = &self.text[start..];
        let length = rest
            .windows(end_mark.len())
            .position(|part| part == end_mark);
        let end = start + length.unwrap_or(rest.len());
        self.keep(start, end);
        self.at = (end + end_mark.len()).min(self.text.len());
    }

    /// A character literal is blanked, a lifetime is not.
    fn character(&mut self) {
        let rest = &self.text[self.at + 1..];
        let length = match rest {
            [b'\\', ..] => rest
                .iter()
                .skip(2)
                .position(|byte| *byte == b'\'')
                .map(|at| at + 2),
            _ => {
                let width = rest.first().map_or(0, |byte| utf8_width(*byte));
                (rest.get(width) == Some(&b'\'')).then_some(width)
            }
        };
        if let Some(length) = length {
            self.blank(self.at + 1, self.at + 1 + length);
            self.at += length + 1;
        }
        self.at += 1;
    }

    fn keep(&mut self, start: usize, end: usize) {
        let text = String::from_utf8_lossy(&self.text[start..end]).into_owned();
        self.strings.push((line_of(self.text, start), text));
        self.blank(start, end);
    }

    fn blank(&mut self, start: usize, end: usize) {
        for byte in &mut self.code[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn is_word_start(&self) -> bool {
        let before = self.at.checked_sub(1).map(|at| self.text[at]);
        // `br"…"` is a raw string as well.
        !before.is_some_and(|byte| (byte.is_ascii_alphanumeric() && byte != b'b') || byte == b'_')
    }
}

fn utf8_width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_leave_the_code() {
        let text =
            "let a = \"x { \\\" y\"; // \"no\"\nlet b = r#\"z \" z\"#; /* /* } */ */ '{' 'a \n";
        let source = Source::parse(text);
        let expected = [(1, "x { \\\" y".to_string()), (2, "z \" z".to_string())];
        assert_eq!(source.strings, expected);
        assert!(!source.code.contains(['{', '}']) && source.code.contains("'a"));
        assert_eq!(source.code.len(), text.len());
    }

    #[test]
    fn chinese_characters_and_bytes_are_characters() {
        let source = Source::parse("let a = ['锅', '\\'', b'\"', '\\u{1F600}']; let b = \"关系\";");
        assert_eq!(source.strings, [(1, "关系".to_string())]);
    }

    #[test]
    fn functions_are_measured() {
        let text =
            "fn one() {}\ntrait T {\n fn no(&self, a: [u8; 3]);\n fn two() {\n  \"}\";\n }\n}\n";
        let found: Vec<_> = Source::parse(text)
            .functions()
            .into_iter()
            .map(|f| (f.name, f.line, f.lines))
            .collect();
        assert_eq!(
            found,
            [("one".to_string(), 1, 1), ("two".to_string(), 4, 3)]
        );
    }

    #[test]
    fn tests_are_not_product() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { \"s\" }\n}\nfn c() {}\n";
        let source = Source::parse_product(text);
        assert_eq!(source.functions().len(), 2);
        assert!(source.strings.is_empty());
    }
}
