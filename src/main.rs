//! Parses, dispatches, ends with one exit code.

/// Charts are read on one thread and written on another, so what one allocates another frees. With the C library's allocator both wait for its locks: 5,000
/// charts with their rows came at 452/s in place of 556.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ccda_export::cli::main()
}
