//! Who exists: tenants, their accounts and the accounts' patients, with the secrets that they are known by. Fixed once made.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use super::{SandboxOptions, chance::Chance, files};
use crate::synthetic::Population;

/// Everybody.
#[derive(Debug)]
pub(super) struct Directory {
    pub tenants: Vec<Tenant>,
    /// In the order of their tenants.
    pub accounts: Vec<Account>,
    /// In the order of their accounts.
    pub patients: Vec<Patient>,
    /// Below which the patients' files lie, where there are any.
    pub documents: Option<PathBuf>,
    by_username: HashMap<String, usize>,
    by_token: HashMap<Arc<str>, usize>,
}

#[derive(Debug)]
pub(super) struct Tenant {
    pub name: Arc<str>,
    pub client_id: String,
    pub client_secret: String,
    pub time_zone: &'static str,
    pub population: Population,
}

#[derive(Debug)]
pub(super) struct Account {
    pub name: Arc<str>,
    /// Index of its tenant.
    pub tenant: usize,
    pub username: String,
    pub password: String,
    /// The tenant that its tokens name.
    pub claimed_tenant: Arc<str>,
    pub rejected: bool,
}

#[derive(Debug)]
pub(super) struct Patient {
    pub token: Arc<str>,
    /// Index of its account.
    pub account: usize,
    pub chart: Source,
}

/// Where a patient's document comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The patient of this number in the population of the tenant.
    Synthetic(u64),
    /// This file, relative to [`Directory::documents`].
    File(PathBuf),
}

/// Names of the first accounts: what a practice would call them.
const ACCOUNTS: &[&str] = &["front-desk", "nursing", "billing", "records", "laboratory"];

/// The seed of the synthetic patients where none is given: they are the same in every demo, only the secrets are not.
const PATIENTS_SEED: u64 = 20_250_516;

impl Directory {
    /// Makes everybody whom the options ask for. Fails on options that contradict each other, and where files cannot be listed.
    pub fn new(options: &SandboxOptions, chance: &mut Chance) -> io::Result<Self> {
        let sources = sources(options)?;
        let few = options.documents.is_some();
        let tenants = options.tenants.unwrap_or(if few { 1 } else { 3 });
        let accounts = options.accounts.unwrap_or(if few { tenants } else { tenants.max(5) });
        if tenants == 0 || accounts < tenants {
            return Err(invalid(format!("{accounts} accounts for {tenants} tenants: every tenant needs one, and there must be a tenant")));
        }
        let tenants = (0..tenants).map(|at| tenant(at, options.seed, chance)).collect::<io::Result<Vec<_>>>()?;
        let accounts = (0..accounts).map(|at| account(at, accounts, &tenants, options, chance)).collect::<io::Result<Vec<_>>>()?;
        check_names(options, &accounts)?;
        let patients = patients(sources, accounts.len(), chance)?;
        Ok(Self {
            by_username: accounts.iter().enumerate().map(|(at, account)| (account.username.clone(), at)).collect(),
            by_token: patients.iter().enumerate().map(|(at, patient)| (Arc::clone(&patient.token), at)).collect(),
            documents: options.documents.clone(),
            tenants,
            accounts,
            patients,
        })
    }

    /// The tenant that this client belongs to.
    pub fn tenant_of_client(&self, client_id: &str) -> Option<usize> {
        self.tenants.iter().position(|tenant| tenant.client_id == client_id)
    }

    /// The account of this user.
    pub fn account_of_user(&self, username: &str) -> Option<usize> {
        self.by_username.get(username).copied()
    }

    /// The first patient of an account, as an index; past the end of its patients where it has none.
    pub fn first_patient(&self, account: usize) -> usize {
        self.patients.partition_point(|patient| patient.account < account)
    }

    /// The patient of this token.
    pub fn patient_of_token(&self, token: &str) -> Option<usize> {
        self.by_token.get(token).copied()
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn sources(options: &SandboxOptions) -> io::Result<Vec<Source>> {
    let Some(folder) = &options.documents else {
        return Ok((1..=options.patients.unwrap_or(60) as u64).map(Source::Synthetic).collect());
    };
    if options.patients.is_some() {
        return Err(invalid("a number of patients and a folder of documents: the folder tells how many patients there are".to_owned()));
    }
    let found = files::below(folder)?;
    if found.is_empty() {
        return Err(invalid(format!("no file that is not hidden lies below {}", folder.display())));
    }
    Ok(found.into_iter().map(Source::File).collect())
}

/// `TENANT_AA`, `TENANT_AB` … as the vendor spells them.
fn tenant_name(at: usize) -> String {
    let letter = |at: usize| char::from(b'A' + (at % 26) as u8);
    let mut letters = vec![letter(at)];
    let mut rest = at / 26;
    while rest > 0 || letters.len() < 2 {
        letters.push(letter(rest));
        rest /= 26;
    }
    format!("TENANT_{}", letters.into_iter().rev().collect::<String>())
}

fn tenant(at: usize, seed: Option<u64>, chance: &mut Chance) -> io::Result<Tenant> {
    // Populations of one seed are apart: a step that is prime and large keeps those of neighbouring seeds apart too.
    let population = Population::new(seed.unwrap_or(PATIENTS_SEED).wrapping_add(at as u64 * 1_000_000_007));
    Ok(Tenant {
        name: tenant_name(at).into(),
        client_id: chance.uuid()?,
        client_secret: chance.letters(40)?,
        time_zone: population.practice().place.time_zone,
        population,
    })
}

fn account(at: usize, of: usize, tenants: &[Tenant], options: &SandboxOptions, chance: &mut Chance) -> io::Result<Account> {
    let name = ACCOUNTS.get(at).map_or_else(|| format!("account-{}", at + 1), |name| (*name).to_owned());
    let named = |names: &[String]| names.contains(&name);
    let tenant = at * tenants.len() / of;
    let claimed_tenant = if named(&options.wrong_tenant) {
        tenant_name((tenant + 1) % tenants.len().max(2)).into()
    } else {
        Arc::clone(&tenants[tenant].name)
    };
    Ok(Account {
        rejected: named(&options.reject),
        username: format!("{}@example.com", chance.letters(22)?.to_lowercase()),
        password: chance.letters(32)?,
        name: name.into(),
        tenant,
        claimed_tenant,
    })
}

fn check_names(options: &SandboxOptions, accounts: &[Account]) -> io::Result<()> {
    let known: HashSet<_> = accounts.iter().map(|account| &*account.name).collect();
    match options.wrong_tenant.iter().chain(&options.reject).find(|name| !known.contains(name.as_str())) {
        Some(unknown) => Err(invalid(format!("no account is called {unknown:?}; the first is {:?}", accounts[0].name))),
        None => Ok(()),
    }
}

/// Spread over the accounts in blocks of nearly the same size.
fn patients(sources: Vec<Source>, accounts: usize, chance: &mut Chance) -> io::Result<Vec<Patient>> {
    let count = sources.len();
    let patient = |(at, chart)| Ok(Patient { token: chance.letters(22)?.into(), account: at * accounts / count, chart });
    sources.into_iter().enumerate().map(patient).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_counted_as_the_vendor_counts() {
        assert_eq!([0, 1, 25, 26, 27].map(tenant_name), ["TENANT_AA", "TENANT_AB", "TENANT_AZ", "TENANT_BA", "TENANT_BB"]);
    }

    #[test]
    fn with_a_seed_the_secrets_are_the_same_and_without_they_are_not() {
        let secret = |seed| {
            let options = SandboxOptions { seed, ..SandboxOptions::default() };
            Directory::new(&options, &mut Chance::new(seed)).unwrap().tenants[0].client_secret.clone()
        };
        assert_eq!(secret(Some(3)), secret(Some(3)));
        assert_ne!(secret(Some(3)), secret(Some(4)));
        assert_ne!(secret(None), secret(None));
    }

    #[test]
    fn as_many_accounts_as_patients_have_one_each() {
        let options = SandboxOptions { accounts: Some(1000), patients: Some(1000), seed: Some(1), ..SandboxOptions::default() };
        let directory = Directory::new(&options, &mut Chance::new(Some(1))).unwrap();
        assert!(directory.patients.iter().enumerate().all(|(at, patient)| patient.account == at));
    }

    #[test]
    fn an_account_that_nobody_has_cannot_be_rejected() {
        let options = SandboxOptions { reject: vec!["nobody".to_owned()], ..SandboxOptions::default() };
        assert!(Directory::new(&options, &mut Chance::new(None)).unwrap_err().to_string().contains("nobody"));
    }
}
