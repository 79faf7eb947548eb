//! A credentials file: one account a line, with its user name and password. For rosters of very many accounts.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::{
    bad_lines::{BadLinePolicy, BadLines},
    csv_lines::Fields,
    csv_table::{CsvTable, Header, HeaderMistake, LineMistake, Unreadable, cell},
    draft::Draft,
    mistake::Place,
    names::{Names, Spot},
    nearest::did_you_mean,
    secret_file,
};
use crate::edvak::Credentials;

const COLUMNS: [&str; 4] = ["tenant", "account", "username", "password"];

struct Columns {
    tenant: Option<usize>,
    account: usize,
    username: usize,
    password: usize,
}

/// Adds the accounts of the file to the draft; `named_at` is where the roster names it.
pub(super) fn read(path: PathBuf, named_at: Place, draft: &mut Draft, bad_lines: &BadLines<'_>) {
    let file = draft.files.add(path.clone());
    let read = open(&path, &draft.names).and_then(|(columns, table)| Ok(read_lines(table, &columns, file, draft, bad_lines)?));
    if let Err(unreadable) = read {
        draft.incomplete = true;
        unreadable.note(&path, named_at, bad_lines.findings);
    }
}

fn open(path: &Path, names: &Names) -> Result<(Columns, CsvTable<File>), Unreadable> {
    let table = CsvTable::open(secret_file::open_private(path).map_err(Unreadable::Refused)?)?;
    Ok((columns(&table.header, names).map_err(Unreadable::Header)?, table))
}

fn columns(header: &Header, names: &Names) -> Result<Columns, Vec<HeaderMistake>> {
    let several = names.tenants().count() > 1;
    let mut mistakes = header.mistakes(if several { &COLUMNS } else { &COLUMNS[1..] });
    for (index, name) in header.columns().filter(|(_, name)| !name.is_empty() && !COLUMNS.contains(name)) {
        let text = format!("column {} has a name that is not known here{}", index + 1, did_you_mean(name, COLUMNS));
        mistakes.push(header.mistake(None, text));
    }
    let tenant = header.index("tenant");
    match (header.index("account"), header.index("username"), header.index("password")) {
        (Some(account), Some(username), Some(password)) if mistakes.is_empty() => Ok(Columns { tenant, account, username, password }),
        _ => Err(mistakes),
    }
}

fn read_lines(mut table: CsvTable<File>, columns: &Columns, file: u32, draft: &mut Draft, bad_lines: &BadLines<'_>) -> io::Result<()> {
    while let Some((line, fields)) = table.next()? {
        let spot = Spot::new(file, line);
        if let Err(mistake) = fields.and_then(|fields| add(fields, columns, spot, draft, bad_lines.policy)) {
            bad_lines.note(|| draft.describe(spot, &mistake));
        }
    }
    Ok(())
}

/// Adds the line's account; one whose credentials are wrong is still known by its name, unless its line is left out.
fn add(fields: Fields<'_>, columns: &Columns, spot: Spot, draft: &mut Draft, policy: BadLinePolicy) -> Result<(), LineMistake> {
    let (tenant, account) = columns.owner(fields, &draft.names)?;
    match columns.credentials(fields) {
        Ok(credentials) => draft.add_account(tenant, account, credentials, spot)?,
        Err(mistake) => {
            if policy == BadLinePolicy::Refuse {
                draft.name_account(tenant, account, spot)?;
            }
            return Err(mistake);
        }
    };
    Ok(())
}

impl Columns {
    fn owner<'a>(&self, fields: Fields<'a>, names: &Names) -> Result<(u32, &'a str), LineMistake> {
        let tenant = self.tenant.map_or("", |column| fields.get(column).trim());
        let tenant = names.tenant(tenant).map_err(LineMistake::Unknown)?;
        Ok((tenant, cell(fields.get(self.account).trim(), "account")?))
    }

    fn credentials(&self, fields: Fields<'_>) -> Result<Credentials, LineMistake> {
        let username = not_empty(fields.get(self.username), "username")?.into();
        let password = not_empty(fields.get(self.password), "password")?.into();
        Ok(Credentials { username, password })
    }
}

/// Credentials are taken as they are, blanks and all.
fn not_empty<'a>(text: &'a str, column: &'static str) -> Result<&'a str, LineMistake> {
    if text.is_empty() { Err(LineMistake::Empty { column }) } else { Ok(text) }
}
