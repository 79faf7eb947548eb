//! How the sandbox behaves at present, and how a test changes that from night to night.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Asked, Fault, Kind, Request, Sandbox, SandboxOptions,
    faults::{self, Script},
    server::World,
};

/// What may change while the sandbox serves.
pub(super) struct Conduct {
    script: Script,
    latency: Duration,
    /// Patients who are another account's than in the directory, both as indexes.
    moved: HashMap<usize, usize>,
    /// Granted requests by kind and index of the account or patient.
    asked: HashMap<(Kind, usize), u64>,
}

impl Conduct {
    pub fn new(options: &SandboxOptions) -> Self {
        let script = faults::by_rules(options.faults.clone());
        Self { script, latency: options.latency, moved: HashMap::new(), asked: HashMap::new() }
    }
}

impl fmt::Debug for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A script has no words.
        f.debug_struct("Conduct").field("latency", &self.latency).field("moved", &self.moved).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// From now on `script` decides what goes wrong with each request that would be granted, in place of the faults of the options.
    pub fn misbehave(&self, script: impl Fn(&Asked<'_>) -> Option<Fault> + Send + Sync + 'static) {
        self.world.conduct().script = Arc::new(script);
    }

    /// From now on every document is waited for so long.
    pub fn set_latency(&self, latency: Duration) {
        self.world.conduct().latency = latency;
    }

    /// From now on this account, and no other, may see the patient; false where there is no such patient, or no such account.
    pub fn hand_over(&self, patient_token: &str, account: &str) -> bool {
        let directory = &self.world.directory;
        let account = directory.accounts.iter().position(|known| &*known.name == account);
        let (Some(patient), Some(account)) = (directory.patient_of_token(patient_token), account) else { return false };
        self.world.conduct().moved.insert(patient, account);
        true
    }

    /// The requests after the one of this number; with 0 all that are remembered.
    pub fn requests_after(&self, sequence: u64) -> Vec<Request> {
        self.world.journal().after(sequence)
    }

    /// Whether somebody waits for an answer that takes real time: not one that only the clock keeps waiting.
    pub fn is_busy(&self) -> bool {
        self.world.busy.is_anybody()
    }
}

impl World {
    /// How long every document is waited for at present.
    pub fn latency(&self) -> Duration {
        self.conduct().latency
    }

    /// The account that a patient belongs to at present, both as indexes.
    pub fn account_of(&self, patient: usize) -> usize {
        self.conduct().moved.get(&patient).copied().unwrap_or(self.directory.patients[patient].account)
    }

    /// What goes wrong with a request that came at `at` and is granted; `index` is that of the account or of the patient.
    pub fn fault(&self, kind: Kind, index: usize, account: usize, at: Duration) -> Option<Fault> {
        let (script, before) = {
            let mut conduct = self.conduct();
            let script = Arc::clone(&conduct.script);
            let count = conduct.asked.entry((kind, index)).or_default();
            *count += 1;
            (script, *count - 1)
        };
        let patient_token = (kind == Kind::Document).then(|| &*self.directory.patients[index].token);
        script(&Asked { kind, index, account: &self.directory.accounts[account].name, patient_token, before, at })
    }

    fn conduct(&self) -> MutexGuard<'_, Conduct> {
        self.conduct.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
