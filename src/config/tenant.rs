//! One `[[tenants]]` table of a roster: the server, the client's identity there, and the accounts that stand below it.

use chrono_tz::Tz;
use reqwest::{Certificate, Url};
use toml::de::DeValue;

use super::{
    base_url,
    draft::{Draft, InlinePatient, ROSTER},
    limits,
    names::Spot,
    secret::{Literal, Secrets},
    toml_reader::{Table, Value},
    values,
};
use crate::{
    domain::{PatientToken, TenantName},
    edvak::{Credentials, Endpoint, TenantLimits},
    export::Tenant,
};

/// What a tenant has where it does not say otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub zone: Tz,
    pub limits: TenantLimits,
}

/// Adds the tenant and its accounts to the draft.
pub(super) fn read(table: Table<'_>, defaults: Defaults, secrets: &Secrets, draft: &mut Draft) {
    let name = table.require("tenant", values::text);
    let base_url = base_url(&table);
    // Whoever has to mend the URL first is not told about literals on top.
    let literal = if base_url.as_ref().is_none_or(base_url::is_loopback) { Literal::Allowed } else { Literal::Refused };
    let endpoint = endpoint(&table, name.clone(), base_url, literal, defaults.limits, secrets);
    let zone = table.take("time_zone", values::zone).unwrap_or(defaults.zone);
    let permitted_hours = table.take("permitted_hours", values::hours);
    let tenant = endpoint.map(|endpoint| Tenant { name: endpoint.tenant.clone(), endpoint, zone, permitted_hours });
    let accounts = table.tables("accounts");
    let number = name.and_then(|name| add(&table, &name, tenant, draft));
    accounts.into_iter().for_each(|account| read_account(account, number, literal, secrets, draft));
    table.finish();
}

fn add(table: &Table<'_>, name: &str, tenant: Option<Tenant>, draft: &mut Draft) -> Option<u32> {
    let number = draft.names.add_tenant(name, Spot::new(ROSTER, table.line()));
    if number.is_ok() {
        draft.tenants.push(tenant);
    }
    number.map_err(|first| table.mistake("tenant", format!("{name} stands twice, first on line {}", first.line))).ok()
}

fn endpoint(
    table: &Table<'_>,
    name: Option<String>,
    base_url: Option<Url>,
    literal: Literal,
    limits: TenantLimits,
    secrets: &Secrets,
) -> Option<Endpoint> {
    let client_id = table.require("client_id", values::text);
    let client_secret = secrets.require(table, "client_secret", literal);
    let certificates = table.take("ca_file", |value| certificates(table, value)).unwrap_or_default();
    let limits = limits::of_tenant(table, limits);
    Some(Endpoint {
        tenant: TenantName(name?),
        base_url: base_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        certificates,
        limits,
    })
}

/// The address: one's own, or that of an environment which the contract names.
fn base_url(table: &Table<'_>) -> Option<Url> {
    let own = table.take("base_url", |value| values::text(value).and_then(|text| base_url::parse(&text)));
    let named = table.take("environment", values::word(&base_url::ENVIRONMENTS)).and_then(|url| base_url::parse(url).ok());
    match (table.has("base_url"), table.has("environment")) {
        (true, true) => table.mistake("environment", "stands beside base_url; choose one"),
        (false, false) => table.mistake("base_url", "is missing; expected it, or environment = \"sandbox\" or \"production\""),
        _ => {}
    }
    own.or(named)
}

fn certificates(table: &Table<'_>, value: &DeValue<'_>) -> Result<Vec<Certificate>, String> {
    let path = table.source.resolve(values::text(value)?);
    let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    match Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!("{} holds no certificate in PEM", path.display())),
    }
}

fn read_account(table: Table<'_>, tenant: Option<u32>, literal: Literal, secrets: &Secrets, draft: &mut Draft) {
    let name = table.require("account", values::text);
    // A user name is no secret of the program's: it stands in the file unless the operator wants it elsewhere.
    let username = secrets.require(&table, "username", Literal::Allowed);
    let password = secrets.require(&table, "password", literal);
    let patients = table.get("patients");
    let spot = Spot::new(ROSTER, table.line());
    // Below a tenant with a mistake, an account is looked at for its own mistakes alone.
    if let Some((tenant, name)) = tenant.zip(name) {
        let number = match username.zip(password) {
            Some((username, password)) => draft.add_account(tenant, &name, Credentials { username, password }, spot),
            None => draft.name_account(tenant, &name, spot),
        };
        match number {
            Ok(number) => read_patients(&table, patients, number, draft),
            Err(mistake) => table.mistake("account", draft.describe(spot, &mistake).1),
        }
    }
    table.finish();
}

fn read_patients(table: &Table<'_>, patients: Option<&Value<'_>>, account: u32, draft: &mut Draft) {
    let tokens = match patients.map(|value| value.get_ref()) {
        None => return,
        Some(DeValue::Array(tokens)) => tokens,
        Some(_) => return table.mistake("patients", "is no list; expected patient tokens in quotes, between [ and ]"),
    };
    for token in tokens.iter() {
        // Not shown, whatever it is: a patient token is PHI.
        match token.get_ref().as_str().map(str::trim).filter(|token| !token.is_empty() && !token.contains(char::is_control)) {
            Some(text) => {
                let spot = Spot::new(ROSTER, table.source.line(token.span().start));
                draft.inline.push(InlinePatient { account, spot, token: PatientToken::new(text) });
            }
            None => table.mistake("patients", "holds something that is no patient token; expected text in quotes"),
        }
    }
}
