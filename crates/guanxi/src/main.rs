//! The program: see `guanxi --help`.

use std::process::ExitCode;

/// A request is some thousand small allocations, freed by whichever thread is done with them: the C library's
/// allocator took a quarter of an import's processor time. SQLite gets its memory here too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for pages of two megabytes, of which each holds some kilobytes that are used: at rest they
    // were half of the program's memory. A kernel that refuses costs that memory and nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    guanxi::run()
}
