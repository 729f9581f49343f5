//! The parts of the program that are more than wiring.

pub mod demo;
