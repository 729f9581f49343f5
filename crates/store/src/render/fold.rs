//! Folding inside the databases, as `guanxi_meta::text::fold` folds in Rust. SQLite calls that function itself;
//! PostgreSQL gets an expression which the conformance suite holds against it.

/// The name under which SQLite knows `text::fold`.
pub const FUNCTION: &str = "gx_fold";

/// Decompose; drop what nobody sees; drop marks after Latin letters; lower case in a collation that knows all
/// scripts (`C` knows ASCII only); spell out undecomposable letters; compose.
pub const BEFORE_COLUMN: &str = concat!(
    "normalize(translate(replace(replace(replace(replace(replace(lower(",
    "regexp_replace(regexp_replace(normalize("
);

pub const BEFORE_COLLATION: &str = concat!(
    ", NFKD), ",
    r"'[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]', '', 'g'), ",
    r"'([A-Za-z\u00c0-\u024f\u1e00-\u1eff])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+', '\1', 'g') ",
    "COLLATE "
);

pub const END: &str = concat!(
    "), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ŋ', 'ng'), ",
    "'øłđðħıς', 'olddhiσ'), NFC)"
);
