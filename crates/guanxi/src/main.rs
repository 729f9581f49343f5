//! The program: see `guanxi --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    guanxi::run()
}
