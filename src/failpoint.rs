//! Where a test can make this process die at a named step, as a power cut or the kernel would: by SIGKILL, with nothing flushed or closed.
//!
//! Only debug builds have it; in a release the calls are empty. The variable `CCDA_EXPORT_DIE_AT` names the step:
//! `claimed` dies when the step is reached first, `claimed:7` the seventh time, `answered@12` whenever it is reached for the patient with
//! row id 12: a document that kills whoever reads it.
//!
//! The steps, in the order of a run: `created`, `migrated`, `begun`, `opened`, `token_begun`, `token_answered`, `token_recorded`, `claimed`, `answered`,
//! `denied`, `replay_noted`, `written` (in the transaction of a batch), `committed`, `settled`, `worked`, `receipt_written`, `ended`.

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };

    struct Failpoint {
        step: String,
        at: At,
        reached: AtomicU64,
    }

    enum At {
        Time(u64),
        Patient(i64),
    }

    static FAILPOINT: OnceLock<Option<Failpoint>> = OnceLock::new();

    fn parse(text: &str) -> Option<Failpoint> {
        let (step, at) = match (text.split_once(':'), text.split_once('@')) {
            (Some((step, times)), _) => (step, At::Time(times.parse().ok()?)),
            (_, Some((step, patient))) => (step, At::Patient(patient.parse().ok()?)),
            _ => (text, At::Time(1)),
        };
        Some(Failpoint { step: step.to_owned(), at, reached: AtomicU64::new(0) })
    }

    pub fn pass(step: &str, patient: Option<i64>) {
        let failpoint = FAILPOINT.get_or_init(|| std::env::var("CCDA_EXPORT_DIE_AT").ok().as_deref().and_then(parse));
        let Some(failpoint) = failpoint.as_ref().filter(|failpoint| failpoint.step == step) else { return };
        let now = match failpoint.at {
            At::Time(time) => failpoint.reached.fetch_add(1, Ordering::Relaxed) + 1 == time,
            At::Patient(doomed) => patient == Some(doomed),
        };
        if now {
            // Nothing after it runs: the kernel ends every thread before this call returns.
            let _ = kill(Pid::this(), Signal::SIGKILL);
        }
    }
}

/// Passes a step of the run.
pub fn pass(step: &'static str) {
    #[cfg(debug_assertions)]
    armed::pass(step, None);
    #[cfg(not(debug_assertions))]
    let _ = step;
}

/// Passes a step of one patient's fetch; `patient` is the row id.
pub fn pass_for(step: &'static str, patient: i64) {
    #[cfg(debug_assertions)]
    armed::pass(step, Some(patient));
    #[cfg(not(debug_assertions))]
    let _ = (step, patient);
}
