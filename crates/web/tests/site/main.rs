//! The pages as browsers see them: requests into the router, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod doors;
mod everyone;
mod hostile;
mod imports;
mod keeping;
mod kinds;
mod lists;
mod login;
mod records;
mod settings;
mod shapes;
