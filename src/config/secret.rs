//! References to secrets, as a roster writes them: `{ env = "NAME" }`, `{ file = "path" }`, `{ credential = "NAME" }`,
//! `{ command = ["program", "argument"], timeout = "10s" }`.

use std::{cell::RefCell, collections::HashMap, path::PathBuf, time::Duration};

use secrecy::SecretString;
use toml::de::{DeTable, DeValue};

use super::{
    secret_command, secret_credential, secret_file,
    toml_reader::{Table, Value},
    values,
};

const EXPECTED: &str =
    "expected { env = \"NAME\" }, { file = \"path\" }, { credential = \"NAME\" } or { command = [\"program\", \"argument\"] }";

/// Whether a secret may stand in the file itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    Allowed,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Reference {
    Environment(String),
    File(PathBuf),
    Credential(String),
    Command { command: Vec<String>, timeout: Duration },
}

/// A secret as a file has it: itself, or a reference that nobody has followed yet.
pub(super) struct Unresolved(Source);

enum Source {
    Literal(SecretString),
    Reference(Reference),
}

/// The secrets of a job and its roster. A reference that stands there several times is resolved once: a program may ask a person to unlock something.
#[derive(Default)]
pub(super) struct Secrets {
    /// Environment variables that hold secrets: the programs that are started are not given them.
    variables: RefCell<Vec<String>>,
    resolved: RefCell<HashMap<Reference, Result<SecretString, String>>>,
}

impl Secrets {
    /// Hides the variables that these tables name from every program that is started from now on.
    pub fn hide(&self, tables: &DeTable<'_>) {
        let mut variables = self.variables.borrow_mut();
        tables.values().for_each(|value| collect_variables(value.get_ref(), &mut variables));
    }

    /// The secret that the key of the table, which must be there, is or refers to.
    pub fn require(&self, table: &Table<'_>, key: &'static str, literal: Literal) -> Option<SecretString> {
        if !table.has(key) {
            table.mistake(key, format!("is missing; {EXPECTED}"));
        }
        let secret = self.read(table, key, literal)?;
        self.resolve(secret).map_err(|text| table.mistake(key, text)).ok()
    }

    /// What the key is, if it is there. Its variable is hidden from now on.
    pub fn read(&self, table: &Table<'_>, key: &'static str, literal: Literal) -> Option<Unresolved> {
        let value = table.get(key)?;
        collect_variables(value.get_ref(), &mut self.variables.borrow_mut());
        let source = match value.get_ref() {
            DeValue::String(text) => Source::Literal(read_literal(text, literal).map_err(|text| table.mistake(key, text)).ok()?),
            _ => Source::Reference(read_reference(table, key, value)?),
        };
        Some(Unresolved(source))
    }

    /// The secret itself, or what is wrong with where it should be.
    pub fn resolve(&self, secret: Unresolved) -> Result<SecretString, String> {
        match secret.0 {
            Source::Literal(secret) => Ok(secret),
            Source::Reference(reference) => {
                let variables = self.variables.borrow();
                self.resolved.borrow_mut().entry(reference).or_insert_with_key(|reference| reference.resolve(&variables)).clone()
            }
        }
    }
}

impl Reference {
    fn resolve(&self, variables: &[String]) -> Result<SecretString, String> {
        match self {
            Self::Environment(name) => from_environment(name),
            Self::File(path) => secret_file::read(path),
            Self::Credential(name) => secret_credential::read(name),
            Self::Command { command, timeout } => secret_command::run(command, *timeout, variables),
        }
    }
}

/// Finds `{ env = "NAME" }` wherever it stands.
fn collect_variables(value: &DeValue<'_>, variables: &mut Vec<String>) {
    match value {
        DeValue::Table(table) => {
            variables.extend(table.get("env").and_then(|name| name.get_ref().as_str()).map(str::to_owned));
            table.values().for_each(|value| collect_variables(value.get_ref(), variables));
        }
        DeValue::Array(items) => items.iter().for_each(|item| collect_variables(item.get_ref(), variables)),
        _ => {}
    }
}

fn from_environment(name: &str) -> Result<SecretString, String> {
    let value = std::env::var_os(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
    let text = value.into_string().map_err(|_| format!("the environment variable {name} is not UTF-8"))?;
    if text.is_empty() { Err(format!("the environment variable {name} is empty")) } else { Ok(text.into()) }
}

fn read_literal(text: &str, literal: Literal) -> Result<SecretString, String> {
    match literal {
        Literal::Allowed if text.is_empty() => Err("is empty".to_owned()),
        Literal::Allowed => Ok(text.into()),
        Literal::Refused => {
            Err(format!("is a secret in plain text, which is accepted only where the base URL is on this machine; {EXPECTED}"))
        }
    }
}

/// Notes what is wrong with it and returns `None` then.
fn read_reference(table: &Table<'_>, key: &'static str, value: &Value<'_>) -> Option<Reference> {
    // Never through a reader that shows what it found: a password may well be a number.
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        table.mistake(key, format!("is neither text nor a reference; {EXPECTED}"));
        return None;
    }
    let inner = table.sub_table(key, value)?;
    let kinds = ["env", "file", "credential", "command"].map(|kind| inner.has(kind));
    let reference = if kinds.iter().filter(|there| **there).count() == 1 {
        one_reference(&inner)
    } else {
        table.mistake(key, format!("names no single source; {EXPECTED}"));
        None
    };
    inner.finish();
    reference
}

fn one_reference(inner: &Table<'_>) -> Option<Reference> {
    let environment = inner.take("env", values::text).map(Reference::Environment);
    let file = inner.take("file", values::text).map(|path| Reference::File(inner.source.resolve(path)));
    let credential = inner.take("credential", values::text).map(Reference::Credential);
    environment.or(file).or(credential).or_else(|| read_command(inner))
}

fn read_command(inner: &Table<'_>) -> Option<Reference> {
    let mut command = inner.take("command", values::texts)?;
    let timeout = inner.take("timeout", values::duration).unwrap_or(Duration::from_secs(10));
    // A bare name is looked up in PATH; anything else is a path like all others here.
    if let Some(program) = command.first_mut().filter(|program| program.contains('/')) {
        *program = inner.source.resolve(&*program).to_string_lossy().into_owned();
    }
    Some(Reference::Command { command, timeout })
}
