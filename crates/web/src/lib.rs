//! Pages: routes, templates, fragments. The only crate that knows HTML.
//!
//! A page is a struct in [`pages`] beside its template in `templates/`; the structs hold words in the
//! reader's language and know nothing of the engine. [`Renderer`] turns one into HTML, [`assets`] serves
//! what `ui/` builds, [`security`] adds the headers that every answer carries.

pub mod assets;
pub mod pages;
mod render;
pub mod security;
mod speech;
mod words;

pub use render::{Frame, RenderError, Renderer};
pub use speech::{Moment, Speaker};
pub use words::{Words, WordsError};
