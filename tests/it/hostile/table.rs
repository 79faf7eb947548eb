//! One server, one run, one body a patient: what must become of each, beside two patients whose charts are ordinary and must not suffer.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::chart;
use crate::{
    faults::{Answer, Request, StandIn, Told},
    harness::Ended,
};

/// What must become of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Accepted,
    /// Accepted, with this warning beside it.
    Warned(&'static str),
    /// Refused for this reason, until its fetch is dead.
    Dead(&'static str),
}

struct Case {
    what: String,
    answer: Answer,
    /// SHA-256 of the document as it was meant, without HTTP's own encoding; not the document, which may be large.
    sha256: String,
    fate: Fate,
}

/// Bodies with their fates; a patient each.
pub struct Table {
    cases: Vec<Case>,
}

impl Table {
    /// Patient 0 is well.
    pub fn new() -> Self {
        let mut table = Self { cases: Vec::new() };
        table.add("the first of all", Fate::Accepted, |patient| chart(patient, ""));
        table
    }

    /// A body that is made for its patient's number.
    pub fn add<B: Into<Vec<u8>>>(&mut self, what: &str, fate: Fate, body: impl FnOnce(usize) -> B) {
        let meant = body(self.cases.len()).into();
        self.add_sent(what, fate, "", meant.clone(), &meant);
    }

    /// A body that is sent with these header lines as other bytes than it is meant as.
    pub fn add_sent(&mut self, what: &str, fate: Fate, headers: &str, sent: Vec<u8>, meant: &[u8]) {
        let headers = format!("Content-Type: application/xml\r\n{headers}");
        self.add_answer(what, fate, Answer::Reply(200, headers, sent), meant);
    }

    /// An answer of any form.
    pub fn add_answer(&mut self, what: &str, fate: Fate, answer: Answer, meant: &[u8]) {
        let sha256 = Sha256::digest(meant).iter().map(|byte| format!("{byte:02X}")).collect();
        self.cases.push(Case { what: what.to_owned(), answer, sha256, fate });
    }

    /// The number of the next patient.
    pub fn next(&self) -> usize {
        self.cases.len()
    }

    /// Starts the server, whose last patient is well too.
    pub async fn serve(&mut self) -> StandIn {
        self.add("the last of all", Fate::Accepted, |patient| chart(patient, ""));
        let answers: Vec<Answer> = self.cases.iter().map(|case| case.answer.clone()).collect();
        let script = move |request: &Request| if request.is_token() { request.good() } else { answers[request.patient].clone() };
        StandIn::start(1, self.cases.len(), script).await
    }

    /// Serves, runs, and holds everything against the table.
    pub async fn decide(mut self) {
        let stand_in = self.serve().await;
        let ended = stand_in.run(&[]).await;
        self.check(&stand_in, &ended).await;
    }

    /// Holds what a run left against the table.
    pub async fn check(&self, stand_in: &StandIn, ended: &Ended) {
        let found = stand_in.site.fetches().await;
        let wrong: Vec<_> = self.cases.iter().zip(&found).filter(|(case, found)| case.end() != **found).collect();
        let wrong: Vec<_> = wrong.into_iter().map(|(case, found)| format!("{}: {found} instead of {}", case.what, case.end())).collect();
        let attempts = "SELECT fetch_id, kind, coalesce(http_status, '-'), outcome, coalesce(reason, '-'), coalesce(detail, '') FROM attempts ORDER BY id";
        let attempts = stand_in.site.lines(attempts).await;
        assert!(wrong.is_empty() && found.len() == self.cases.len(), "{wrong:#?}\n{attempts:#?}");
        assert_eq!(ended.code(), i32::from(self.cases.iter().any(|case| !case.is_chart())), "{ended:#?}");
        self.check_reasons(stand_in, ended).await;
        self.check_charts(stand_in).await;
        let verified = stand_in.site.call("verify", &[]).await;
        assert_eq!(verified.code(), 0, "{verified:#?}");
    }

    /// Each refusal is told once for each attempt, and says in words what is wrong.
    async fn check_reasons(&self, stand_in: &StandIn, ended: &Ended) {
        let mut attempts: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &self.cases {
            if let Fate::Dead(reason) = case.fate {
                *attempts.entry(reason).or_default() += attempts_until_dead(reason);
            }
        }
        for (reason, count) in attempts {
            assert_eq!(ended.told(reason).len(), count, "{reason}: {}", ended.stderr);
        }
        let unexplained = "SELECT count(*) FROM attempts WHERE reason IS NOT NULL AND coalesce(detail, '') = ''";
        assert_eq!(stand_in.site.count(unexplained).await, 0);
        assert_eq!(stand_in.site.count("SELECT count(*) FROM refused_bodies WHERE length(bytes) > 1048576").await, 0);
    }

    /// What was accepted is kept as it was meant, and nothing else is.
    async fn check_charts(&self, stand_in: &StandIn) {
        let kept =
            "SELECT d.patient_id - 1, hex(b.sha256), d.warnings FROM documents d JOIN bodies b ON b.id = d.body_id ORDER BY d.patient_id";
        let kept = stand_in.site.ask(kept).await;
        let charts: Vec<_> = self.cases.iter().enumerate().filter(|(_, case)| case.is_chart()).collect();
        assert_eq!(kept.len(), charts.len());
        for (row, (patient, case)) in kept.iter().zip(charts) {
            assert_eq!(row[..2], [patient.to_string(), case.sha256.clone()], "{}", case.what);
            let is_warned = row[2].contains("encoding_mismatch");
            assert_eq!(is_warned, case.fate == Fate::Warned("encoding_mismatch"), "{}: {}", case.what, row[2]);
        }
    }
}

impl Case {
    fn is_chart(&self) -> bool {
        !matches!(self.fate, Fate::Dead(_))
    }

    /// State, reason and attempts of its fetch after the run.
    fn end(&self) -> String {
        match self.fate {
            Fate::Accepted | Fate::Warned(_) => "done - 1".to_owned(),
            Fate::Dead(reason) => format!("dead {reason} {}", attempts_until_dead(reason)),
        }
    }
}

/// How often one run asks before this reason ends a fetch.
fn attempts_until_dead(reason: &str) -> usize {
    match reason {
        "not_cda" | "malformed" => 2,
        "truncated" | "empty" => 5,
        _ => 1,
    }
}
