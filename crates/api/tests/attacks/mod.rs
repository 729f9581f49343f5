//! What this kind of software has fallen to again and again.

mod assignment;
mod hidden;
mod identifiers;
mod sizes;
mod tokens;
