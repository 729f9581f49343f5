//! The columnar copy: coded columns in memory, filters, counts, group-by; fed from the log.
