//! From what the engine answers to the structs of pages, in the reader's words.

pub mod board;
pub mod calendar;
pub mod cells;
pub mod chart;
pub mod chips;
pub mod desk;
pub mod dialogs;
pub mod forms;
pub mod hangs;
pub mod home;
pub mod input;
pub mod lists;
pub mod merges;
pub mod place;
pub mod records;
pub mod roles;
pub mod settings;
pub mod shell;
pub mod slots;
pub mod timelines;
