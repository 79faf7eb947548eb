//! The memory of this process holds passwords, tokens and charts: nobody shall find it in a core file.

use std::io;

use nix::sys::resource::{Resource, setrlimit};

/// Sees to it that a crash leaves no core file, neither of this process nor of what it starts.
///
/// On Linux the process is not dumpable besides: a limit of 0 does not stop a handler that `kernel.core_pattern` pipes to, and other processes of
/// the same user may then no longer read its memory or its environment.
pub fn forbid() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}
