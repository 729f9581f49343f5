//! What programs are promised, told as stories.

mod background;
mod batch;
mod events;
mod imports;
mod links;
mod lists;
mod main_job;
mod meta;
mod nouns;
mod once;
mod openapi;
mod past;
mod pool;
mod problems;
mod records;
mod roles;
mod search;
mod stale;
mod values;
