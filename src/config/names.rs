//! The names of a roster's tenants and accounts: which number each has, where it was written, and what a CSV line means by it.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use super::{mistake::Place, nearest::did_you_mean};

/// Above this many names, the nearest is not looked for: it would take long and mean little.
const MOST_TO_COMPARE: usize = 2_000;

/// A line of one of the roster's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    /// Index of the file in [`Files`].
    pub file: u32,
    pub line: u32,
}

/// The files of a roster in the order in which they are read, the roster itself first.
#[derive(Debug, Default)]
pub(super) struct Files(Vec<PathBuf>);

impl Files {
    pub fn add(&mut self, path: PathBuf) -> u32 {
        self.0.push(path);
        self.0.len() as u32 - 1
    }

    pub fn place(&self, spot: Spot) -> Place {
        Place::line(&self.0[spot.file as usize], u64::from(spot.line))
    }

    /// `first` as a text in a message about a line of the file `seen_from`.
    pub fn name(&self, first: Spot, seen_from: u32) -> String {
        if first.file == seen_from { format!("line {}", first.line) } else { self.place(first).to_string() }
    }
}

impl Spot {
    pub fn new(file: u32, line: u64) -> Self {
        Self { file, line: u32::try_from(line).unwrap_or(u32::MAX) }
    }
}

/// A name that means nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unknown {
    Tenant(String),
    Account {
        tenant: u32,
        account: String,
    },
    /// No tenant was named, and there are several.
    WhichTenant,
    /// No account was named, and the tenant has none or several.
    WhichAccount {
        tenant: u32,
    },
}

#[derive(Debug)]
struct Tenant {
    name: Box<str>,
    spot: Spot,
    accounts: HashMap<Arc<str>, u32>,
}

#[derive(Debug)]
struct Account {
    tenant: u32,
    name: Arc<str>,
    spot: Spot,
}

/// Tenants and accounts by their names. Both are numbered in the order in which they are added.
#[derive(Debug, Default)]
pub(super) struct Names {
    tenants: Vec<Tenant>,
    tenants_by_name: HashMap<Box<str>, u32>,
    accounts: Vec<Account>,
}

impl Names {
    /// Adds a tenant; `Err` where the first of that name stands.
    pub fn add_tenant(&mut self, name: &str, spot: Spot) -> Result<u32, Spot> {
        if let Some(first) = self.tenants_by_name.get(name) {
            return Err(self.tenants[*first as usize].spot);
        }
        let number = self.tenants.len() as u32;
        self.tenants_by_name.insert(name.into(), number);
        self.tenants.push(Tenant { name: name.into(), spot, accounts: HashMap::new() });
        Ok(number)
    }

    /// Adds an account of a tenant; `Err` where the first of that name stands.
    pub fn add_account(&mut self, tenant: u32, name: &str, spot: Spot) -> Result<u32, Spot> {
        let accounts = &mut self.tenants[tenant as usize].accounts;
        if let Some(first) = accounts.get(name) {
            return Err(self.accounts[*first as usize].spot);
        }
        let number = self.accounts.len() as u32;
        let name: Arc<str> = name.into();
        accounts.insert(name.clone(), number);
        self.accounts.push(Account { tenant, name, spot });
        Ok(number)
    }

    /// The tenant that a line names; a line that names none means the only one.
    pub fn tenant(&self, name: &str) -> Result<u32, Unknown> {
        match (name, self.tenants.len()) {
            ("", 1) => Ok(0),
            ("", _) => Err(Unknown::WhichTenant),
            (name, _) => self.tenants_by_name.get(name).copied().ok_or_else(|| Unknown::Tenant(name.to_owned())),
        }
    }

    /// The tenant's account that a line names; a line that names none means the only one.
    pub fn account(&self, tenant: u32, name: &str) -> Result<u32, Unknown> {
        let accounts = &self.tenants[tenant as usize].accounts;
        match (name, accounts.len()) {
            ("", 1) => accounts.values().next().copied().ok_or(Unknown::WhichAccount { tenant }),
            ("", _) => Err(Unknown::WhichAccount { tenant }),
            (name, _) => accounts.get(name).copied().ok_or_else(|| Unknown::Account { tenant, account: name.to_owned() }),
        }
    }

    pub fn tenant_name(&self, tenant: u32) -> &str {
        &self.tenants[tenant as usize].name
    }

    /// An account's name, after its tenant's.
    pub fn owner(&self, account: u32) -> (&str, &str) {
        let account = &self.accounts[account as usize];
        (self.tenant_name(account.tenant), &account.name)
    }

    /// Each tenant's name, where it stands, and how many accounts it has.
    pub fn tenants(&self) -> impl Iterator<Item = (&str, Spot, usize)> {
        self.tenants.iter().map(|tenant| (&*tenant.name, tenant.spot, tenant.accounts.len()))
    }

    pub fn account_spot(&self, account: u32) -> Spot {
        self.accounts[account as usize].spot
    }

    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// What to tell about a name that means nobody. It is not shown: where columns are swapped, it is a password or a patient token.
    pub fn explain(&self, unknown: &Unknown) -> String {
        match unknown {
            Unknown::Tenant(name) => {
                let known = self.tenants.iter().map(|tenant| &*tenant.name);
                format!("the roster has no such tenant{}", nearest(name, known, self.tenants.len()))
            }
            Unknown::Account { tenant, account } => {
                let Tenant { name, accounts, .. } = &self.tenants[*tenant as usize];
                let known = accounts.keys().map(|known| &**known);
                format!("tenant {name} has no such account{}", nearest(account, known, accounts.len()))
            }
            Unknown::WhichTenant => format!("is needed, because the roster has {} tenants", self.tenants.len()),
            Unknown::WhichAccount { tenant } => {
                let Tenant { name, accounts, .. } = &self.tenants[*tenant as usize];
                format!("is needed, because tenant {name} has {} accounts", accounts.len())
            }
        }
    }
}

impl Unknown {
    /// The column that names it.
    pub fn column(&self) -> &'static str {
        match self {
            Self::Tenant(_) | Self::WhichTenant => "tenant",
            Self::Account { .. } | Self::WhichAccount { .. } => "account",
        }
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>, count: usize) -> String {
    if count > MOST_TO_COMPARE { String::new() } else { did_you_mean(name, known) }
}
