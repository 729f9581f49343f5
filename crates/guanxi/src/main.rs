//! The program: see `guanxi --help`.

use std::process::ExitCode;

/// A request is some thousand small allocations, freed by whichever thread is done with them: the C library's
/// allocator took a quarter of an import's processor time. SQLite gets its memory here too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    guanxi::run()
}
