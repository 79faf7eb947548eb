//! SIGINT and SIGTERM: the first asks the run to end in order, the second ends the process at once and loses nothing that was committed.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{export::Stop, report::ExitCode};

use super::terminal;

/// Listens from now on, and gives what the first signal stops. Where the operating system does not let us, that is said and a signal ends at once.
pub fn stop() -> Stop {
    let stop = Stop::default();
    if let Err(error) = listen(stop.clone()) {
        terminal::warning(&format!("signals cannot be listened to, one ends this at once: {error}"));
    }
    stop
}

fn listen(stop: Stop) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        next(&mut interrupt, &mut terminate).await;
        terminal::note("stopping: what is in flight is finished, the rest is left for the next run; once more ends at once");
        stop.finish();
        let code = next(&mut interrupt, &mut terminate).await;
        std::process::exit(code as i32);
    });
    Ok(())
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> ExitCode {
    tokio::select! {
        _ = interrupt.recv() => ExitCode::Interrupted,
        _ = terminate.recv() => ExitCode::Terminated,
    }
}
