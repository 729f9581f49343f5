//! What declarations cannot say: identity, pool, pipeline and others, each a folder.
