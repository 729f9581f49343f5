//! What the methods share: special functions, linear algebra, minimisation, quadrature, descriptive statistics.

pub mod describe;
pub mod linear;
pub mod minimise;
pub mod parallel;
pub mod quadrature;
pub mod ranking;
pub mod special;
