//! What happens next with a fetch, and what a person can do: the rules of its life in plain words.

use std::str::FromStr;

use crate::{
    clock::Millis,
    domain::{FetchState, Reason},
    store::history::{Fetch, Patient},
};

use super::{
    super::{advice, instant::seconds, paragraph::wrap},
    Asker,
};

/// A line for what happens next, and one for what a person can do where there is something.
pub(super) fn lines(patient: &Patient, fetch: &Fetch, asker: &Asker) -> Vec<String> {
    let mut lines = vec![wrap(&format!("next: {}", next(patient, fetch, asker)), 2)];
    if let Some(what) = what_to_do(patient, fetch) {
        lines.push(wrap(&format!("you: {what}"), 2));
    }
    lines
}

fn next(patient: &Patient, fetch: &Fetch, asker: &Asker) -> String {
    let Ok(state) = FetchState::from_str(&fetch.state) else { return "unknown".to_owned() };
    if state == FetchState::Superseded {
        return "nothing, a later fetch covers this one or the roster named the patient no longer".to_owned();
    }
    if !fetch.newest {
        return "nothing, a later fetch of the same patient has taken over".to_owned();
    }
    if patient.removed_at.is_some() && !state.is_unfinished() {
        return "nothing as long as the roster does not name the patient again; documents stay".to_owned();
    }
    match state {
        FetchState::Pending | FetchState::Waiting => {
            blocked(patient).unwrap_or_else(|| unblocked(fetch.due_at.filter(|_| state == FetchState::Waiting), asker))
        }
        FetchState::Leased if asker.held => "its request is on the way, or the run that holds it is about to send it".to_owned(),
        FetchState::Leased => "the run that held it died: the next one writes that down and tries again".to_owned(),
        FetchState::Done | FetchState::Absent | FetchState::Quarantined | FetchState::Dead if fetch.backfill_id.is_some() => {
            of_backfill(state).to_owned()
        }
        FetchState::Done => format!("its document is stored; {} asks anew", next_occurrence(fetch, asker)),
        FetchState::Absent => format!("the server knows no such patient; {} asks again", next_occurrence(fetch, asker)),
        FetchState::Quarantined => {
            format!("its document is kept apart until somebody decides; {} asks again", next_occurrence(fetch, asker))
        }
        FetchState::Dead | FetchState::Superseded => dead(fetch, asker),
    }
}

/// A backfill asks once.
fn of_backfill(state: FetchState) -> &'static str {
    match state {
        FetchState::Done => "its document is stored; this backfill does not ask for it again",
        FetchState::Absent => "the server knows no such patient, or nothing of these dates; this backfill does not ask again",
        FetchState::Quarantined => "its document is kept apart until somebody decides; this backfill does not ask again",
        _ => "given up; this backfill asks again when `retry` has revived it",
    }
}

fn dead(fetch: &Fetch, asker: &Asker) -> String {
    if reason(fetch) != Some(Reason::Denied) {
        return format!("given up in this occurrence; {} asks again", next_occurrence(fetch, asker));
    }
    let days = match own_job(fetch, asker) {
        Some(days) => format!("{days} days"),
        None => "`denied_days` (7 unless the job says otherwise)".to_owned(),
    };
    format!(
        "it rests: the first occurrence dated {days} after this one asks again, or at once when the patient's line in the roster changes"
    )
}

/// Why nothing is asked for at present, and until when.
fn blocked(patient: &Patient) -> Option<String> {
    let tenant = (&patient.tenant_state, &patient.tenant_reason, patient.tenant_next_try_at, format!("tenant {}", patient.tenant));
    let account = (&patient.account_state, &patient.account_reason, patient.account_next_try_at, format!("account {}", patient.account));
    let (state, reason, next_try_at, who) = [tenant, account].into_iter().find(|(state, ..)| *state != "active")?;
    let reason = reason.as_deref().unwrap_or("unknown");
    Some(match next_try_at {
        Some(at) => format!("{who} is {state} ({reason}); a run from {} on tries one login, and goes on if it is accepted", seconds(at)),
        None => format!("{who} is {state} ({reason}); the next run tries it again"),
    })
}

fn unblocked(due_at: Option<Millis>, asker: &Asker) -> String {
    let who = if asker.held { "the run that goes on, or the next one," } else { "the next run" };
    match due_at.filter(|at| *at > asker.now) {
        Some(at) => format!("{who} asks from {} on", seconds(at)),
        None => format!("it is due now: {who} asks"),
    }
}

fn next_occurrence(fetch: &Fetch, asker: &Asker) -> String {
    match asker.next_occurrence.filter(|_| own_job(fetch, asker).is_some()) {
        Some(at) => format!("the next occurrence of {} ({})", fetch.job, seconds(at)),
        None => format!("the next occurrence of {}", fetch.job),
    }
}

/// The job's `denied_days`, where the file that was named is that of the fetch's job.
fn own_job(fetch: &Fetch, asker: &Asker) -> Option<u32> {
    asker.job.as_ref().filter(|(name, _)| *name == fetch.job).map(|(_, days)| *days)
}

/// For what is not through. What blocks the account comes first: until it is mended nothing else matters.
fn what_to_do(patient: &Patient, fetch: &Fetch) -> Option<String> {
    let state = FetchState::from_str(&fetch.state).ok().filter(|_| fetch.newest)?;
    let block = patient.tenant_reason.as_ref().or(patient.account_reason.as_ref()).and_then(|word| Reason::from_str(word).ok());
    match state {
        FetchState::Pending | FetchState::Waiting => block.or(reason(fetch)).map(|reason| advice(reason).to_owned()),
        FetchState::Dead | FetchState::Quarantined => {
            let advice = reason(fetch).map_or("", advice);
            Some(format!("{advice}; `ccda-export retry` makes it due at once"))
        }
        FetchState::Absent if patient.document_at.is_some() => {
            Some("this patient has documents and has vanished from the server: ask the practice".to_owned())
        }
        FetchState::Absent => Some("check the patient's line in the roster; one that should not be there may be taken out".to_owned()),
        FetchState::Leased | FetchState::Done | FetchState::Superseded => None,
    }
}

fn reason(fetch: &Fetch) -> Option<Reason> {
    fetch.reason.as_deref().and_then(|word| Reason::from_str(word).ok())
}
