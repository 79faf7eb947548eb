//! Where a test can make this process die at a named step, as a power cut or the kernel would: by SIGKILL, with nothing flushed or closed.
//!
//! Only debug builds have it; in a release the calls are empty. The variable `CCDA_EXPORT_DIE_AT` names the step:
//! `claimed` dies when the step is reached first, `claimed:7` the seventh time, `answered@12` whenever it is reached for the patient with
//! row id 12: a document that kills whoever reads it. `CCDA_EXPORT_PANIC_AT` makes the thread panic there instead, with all of the variable as the
//! message: what follows the first blank of it stands for whatever a real one would tell.
//!
//! The steps, in the order of a run: `created`, `migrated`, `begun`, `opened`, `planned` (a part of a large night), `token_begun`, `token_answered`, `token_recorded`, `claimed`, `answered`,
//! `denied`, `replay_noted`, `written` (in the transaction of a batch), `committed`, `settled`, `worked`, `receipt_written`, `ended`. Those of `unpack`:
//! `half_a_file`, `linked` (before the unfinished name is gone), `manifest_written` (before it has its name).

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
        end: End,
    }

    enum End {
        Death,
        Panic(String),
    }

    enum At {
        Time(u64),
        Patient(i64),
    }

    static FAILPOINT: OnceLock<Option<Failpoint>> = OnceLock::new();

    fn read() -> Option<Failpoint> {
        let variable = |name| std::env::var(name).ok();
        let panic = || variable("CCDA_EXPORT_PANIC_AT").and_then(|text| parse(text.split(' ').next()?, End::Panic(text.clone())));
        variable("CCDA_EXPORT_DIE_AT").and_then(|text| parse(&text, End::Death)).or_else(panic)
    }

    fn parse(text: &str, end: End) -> Option<Failpoint> {
        let (step, at) = match (text.split_once(':'), text.split_once('@')) {
            (Some((step, times)), _) => (step, At::Time(times.parse().ok()?)),
            (_, Some((step, patient))) => (step, At::Patient(patient.parse().ok()?)),
            _ => (text, At::Time(1)),
        };
        Some(Failpoint { step: step.to_owned(), at, reached: AtomicU64::new(0), end })
    }

    pub fn pass(step: &str, patient: Option<i64>) {
        let failpoint = FAILPOINT.get_or_init(read);
        let Some(failpoint) = failpoint.as_ref().filter(|failpoint| failpoint.step == step) else { return };
        let now = match failpoint.at {
            At::Time(time) => failpoint.reached.fetch_add(1, Ordering::Relaxed) + 1 == time,
            At::Patient(doomed) => patient == Some(doomed),
        };
        match &failpoint.end {
            _ if !now => {}
            // Nothing after it runs: the kernel ends every thread before this call returns.
            End::Death => drop(kill(Pid::this(), Signal::SIGKILL)),
            End::Panic(message) => panic!("{message}"),
        }
    }
}

/// Passes a step.
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
