//! Who may: actor, object, field and row become a Grant that explains itself. Pure.
