//! What happens: one write path, one read path, history, import, search, jobs.
