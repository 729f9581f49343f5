//! Who may: an actor, an object and an action become a [`Grant`] that says which rows and fields, and explains
//! itself. Nothing here asks a database: the grant is given to the store as conditions, and to a row in memory
//! as a question. Pure.

pub mod directory;
pub mod explain;
pub mod grant;

pub use directory::{Department, Directory, User};
pub use explain::Reason;
pub use grant::{Action, Grant, Rows, Standing};
