//! The program's wiring: packs, capabilities, database and doors are put together here and nowhere else.

mod bench;
mod cli;
mod commands;
pub mod demo;
pub mod house;
mod packs;
pub mod server;
mod terminal;

pub use cli::run;
