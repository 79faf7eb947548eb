//! Parses, dispatches, ends with one exit code.

fn main() -> std::process::ExitCode {
    ccda_export::cli::main()
}
