//! Pages: routes, templates, fragments. The only crate that knows HTML.
//!
//! A page is a struct in [`pages`] beside its template in `templates/`; the structs hold words in the
//! reader's language and know nothing of the engine. [`Renderer`] turns one into HTML, [`assets`] serves
//! what `ui/` builds, [`security`] adds the headers that every answer carries. A request comes in by `door`,
//! which finds out who asks; a handler of `routes` asks the engine, and `build` makes a page of the answer.

pub mod apidocs;
pub mod assets;
mod build;
mod door;
pub mod pages;
mod render;
mod routes;
pub mod security;
mod speech;
mod words;

pub use render::{Frame, RenderError, Renderer};
pub use routes::{ROUTES, router};
pub use speech::{Moment, Speaker};
pub use words::{Argument, Words, WordsError};
