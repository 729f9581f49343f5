//! `guanxi insight` as people and scripts use it: flags in, one JSON object out, errors in words.

mod answers;
mod mistakes;
mod run;
