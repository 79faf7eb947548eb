//! The roster while it is read. Whoever has a mistake is still known by name, so that a line which refers to them is no second mistake.

use secrecy::ExposeSecret;

use super::{
    csv_table::LineMistake,
    duplicates::{Duplicate, Seen},
    mistake::{Findings, Place},
    names::{Files, Names, Spot},
};
use crate::{
    domain::{AccountName, PatientToken},
    edvak::Credentials,
    export::{Account, RosterPatient, Tenant},
};

/// Number of the roster itself among [`Draft::files`].
pub(super) const ROSTER: u32 = 0;

#[derive(Default)]
pub(super) struct Draft {
    pub files: Files,
    pub names: Names,
    /// By the numbers of `names`; `None` where a mistake was noted.
    pub tenants: Vec<Option<Tenant>>,
    /// The same.
    pub accounts: Vec<Option<Account>>,
    /// Patients who stand in the roster itself.
    pub inline: Vec<InlinePatient>,
    /// A whole credentials file could not be read: that its accounts are unknown is no mistake of the lines that refer to them.
    pub incomplete: bool,
    logins: Seen,
}

/// A patient who stands in the roster itself.
pub(super) struct InlinePatient {
    pub account: u32,
    pub spot: Spot,
    pub token: PatientToken,
}

impl InlinePatient {
    /// The patient as a line without columns of the operator's own.
    pub fn plain(&self) -> RosterPatient {
        RosterPatient { account: self.account, token: self.token.clone(), extra: "{}".to_owned() }
    }
}

impl Draft {
    /// Adds an account with its credentials; `Err` when it stands twice.
    pub fn add_account(&mut self, tenant: u32, name: &str, credentials: Credentials, spot: Spot) -> Result<u32, LineMistake> {
        let number = self.name_account(tenant, name, spot)?;
        if let Some(Some(tenant)) = self.tenants.get(tenant as usize) {
            let server = &tenant.endpoint;
            let parts = [server.base_url.as_str(), &server.client_id, credentials.username.expose_secret()];
            self.logins.add(&parts.map(str::as_bytes), spot, number);
        }
        self.accounts[number as usize] = Some(Account { tenant, name: AccountName(name.to_owned()), credentials });
        Ok(number)
    }

    /// Adds an account whose credentials are missing or wrong; `Err` when it stands twice.
    pub fn name_account(&mut self, tenant: u32, name: &str, spot: Spot) -> Result<u32, LineMistake> {
        let number = self.names.add_account(tenant, name, spot);
        let number = number.map_err(|first| LineMistake::AccountTwice { tenant, account: name.to_owned(), first })?;
        self.accounts.push(None);
        Ok(number)
    }

    /// A bad line as a message.
    pub fn describe(&self, spot: Spot, mistake: &LineMistake) -> (Place, String) {
        let text = mistake.explain(&self.names, &self.files, spot.file);
        (Place { key: mistake.column().map(str::to_owned), ..self.files.place(spot) }, text)
    }

    /// `account front-desk of tenant TENANT_AA`.
    pub fn account(&self, number: u32) -> String {
        let (tenant, account) = self.names.owner(number);
        format!("account {account} of tenant {tenant}")
    }

    /// Notes tenants without accounts, and accounts that log in as the same user.
    pub fn check(&mut self, allow_shared_client_user: bool, findings: &Findings) {
        if !self.incomplete {
            self.note_empty_tenants(findings);
        }
        for shared in std::mem::take(&mut self.logins).duplicates() {
            self.note_shared(shared, allow_shared_client_user, findings);
        }
    }

    fn note_empty_tenants(&self, findings: &Findings) {
        for (name, spot, _) in self.names.tenants().filter(|(.., accounts)| *accounts == 0) {
            let text = format!("tenant {name} has no account; add [[tenants.accounts]] or a credentials file");
            findings.configuration(self.files.place(spot).key("tenants.accounts"), text);
        }
    }

    /// Two tenants with one login are one of them copied and half changed; two accounts with one are only impolite.
    fn note_shared(&self, shared: Duplicate, allowed: bool, findings: &Findings) {
        let tenant = |account: u32| self.names.owner(account).0;
        let place = self.files.place(shared.spot).key("username");
        let first = self.files.name(shared.first, shared.spot.file);
        let text =
            format!("{} has the same client and user as {} ({first})", self.account(shared.account), self.account(shared.first_account));
        if tenant(shared.account) == tenant(shared.first_account) || allowed {
            findings.warn(|| (place, text));
        } else {
            findings.configuration(place, format!("{text}; set allow_shared_client_user = true in the job if that is meant"));
        }
    }
}
