//! Pages: routes, templates, fragments. The only crate that knows HTML.
