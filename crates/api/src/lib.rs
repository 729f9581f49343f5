//! REST: records, batch, search, imports, meta, OpenAPI, problem details.
