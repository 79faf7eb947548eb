//! Programs that print a secret: Vault, 1Password, a cloud's command line. Started without a shell, and never waited for without an end.

use std::{
    io::Read,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::secret_file::{LONGEST_SECRET, from_bytes};

type Output = std::io::Result<(ExitStatus, Zeroizing<Vec<u8>>)>;

/// What the program prints, without the newline at its end. Messages name the program and nothing else: arguments and output may be secret.
///
/// It has our environment, where its own login may stand, without the variables in `hidden`.
pub(super) fn run(command: &[String], timeout: Duration, hidden: &[String]) -> Result<SecretString, String> {
    let (program, arguments) = command.split_first().ok_or("is empty; expected a program and its arguments")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in hidden.iter().filter(|name| is_name(name)) {
        command.env_remove(name);
    }
    // A group of its own, so that a timeout ends what the program itself has started too.
    let child = command.process_group(0).spawn().map_err(|error| format!("cannot start {program:?}: {error}"))?;
    let (status, bytes) = output(child, timeout)
        .ok_or_else(|| format!("{program:?} did not end within {}", humantime::format_duration(timeout)))?
        .map_err(|error| format!("cannot read the output of {program:?}: {error}"))?;
    if !status.success() {
        return Err(format!("{program:?} failed ({status}); run it by hand to see why"));
    }
    from_bytes(&bytes).map_err(|problem| format!("the output of {program:?} {problem}"))
}

/// Anything else is no variable of ours, and removing it would be a panic.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// What the program printed and how it ended; `None` when it took longer than `timeout`, after it was killed.
fn output(child: Child, timeout: Duration) -> Option<Output> {
    let group = i32::try_from(child.id()).ok().map(Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    // A thread of its own, because a pipe cannot be read with a timeout. It ends with the program.
    thread::spawn(move || sender.send(read_and_wait(child)));
    let output = receiver.recv_timeout(timeout).ok();
    if output.is_none() {
        // It may have ended in this very moment; then there is nobody to kill.
        let _ = group.map(|group| killpg(group, Signal::SIGKILL));
    }
    output
}

fn read_and_wait(mut child: Child) -> Output {
    let mut bytes = Zeroizing::new(Vec::new());
    // Taken out, so that the pipe is closed before the wait: a program that prints without end then ends too.
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LONGEST_SECRET + 1).read_to_end(&mut bytes)?;
    }
    Ok((child.wait()?, bytes))
}

#[cfg(test)]
mod tests {
    use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt};

    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use secrecy::ExposeSecret;

    use super::*;

    fn shell(script: &str, timeout: Duration) -> Result<SecretString, String> {
        run(&["sh", "-c", script].map(str::to_owned), timeout, &[])
    }

    #[test]
    fn the_output_is_the_secret() {
        assert_eq!(shell("echo s3cret", Duration::from_secs(20)).unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn a_failure_names_the_program_and_shows_neither_arguments_nor_output() {
        let error = shell("echo s3cret; exit 3", Duration::from_secs(20)).unwrap_err();
        assert_eq!(error, "\"sh\" failed (exit status: 3); run it by hand to see why");
        assert!(
            run(&["/no/such/program".to_owned()], Duration::from_secs(20), &[])
                .unwrap_err()
                .starts_with("cannot start \"/no/such/program\"")
        );
        assert_eq!(shell("true", Duration::from_secs(20)).unwrap_err(), "the output of \"sh\" is empty");
    }

    #[test]
    fn a_program_that_does_not_end_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("alive");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Opened without waiting, so that the grandchild need not wait for us either, then made to wait for the last writer's end.
        let mut reader = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&pipe).unwrap();
        let error = shell(&format!("sleep 1000 > {} & wait", pipe.display()), Duration::from_millis(200)).unwrap_err();
        assert_eq!(error, "\"sh\" did not end within 200ms");
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(reader.read_to_end(&mut Vec::new())));
        assert_eq!(receiver.recv_timeout(Duration::from_secs(30)).expect("the grandchild still lives").unwrap(), 0);
    }

    #[test]
    fn a_program_that_prints_for_ever_is_cut_off() {
        assert_eq!(shell("yes", Duration::from_secs(20)).unwrap_err().split(' ').next(), Some("\"sh\""));
    }
}
