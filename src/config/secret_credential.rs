//! Secrets that systemd hands to a service: `LoadCredential=NAME:PATH` of its unit makes a file NAME in a folder that only the service can read.

use std::{ffi::OsString, path::PathBuf};

use secrecy::SecretString;

use super::secret_file;

/// The secret of that name.
pub(super) fn read(name: &str) -> Result<SecretString, String> {
    secret_file::read(&file(name, std::env::var_os("CREDENTIALS_DIRECTORY"))?)
}

fn file(name: &str, folder: Option<OsString>) -> Result<PathBuf, String> {
    if name.contains('/') || matches!(name, "." | "..") {
        return Err("is no name of a credential; expected that of a LoadCredential= in the unit, without a slash".to_owned());
    }
    let folder = folder.map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder =
        folder.ok_or_else(|| format!("CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential={name}:PATH"))?;
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_file_in_the_folder_that_systemd_names() {
        assert_eq!(file("client-secret", Some("/run/credentials/x.service".into())), Ok("/run/credentials/x.service/client-secret".into()));
    }

    #[test]
    fn without_the_folder_the_message_says_what_is_missing() {
        for folder in [None, Some(""), Some("relative")] {
            assert!(file("a", folder.map(Into::into)).unwrap_err().starts_with("CREDENTIALS_DIRECTORY is not set"), "{folder:?}");
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["../shadow", "/etc/shadow", "a/b", ".", ".."] {
            assert!(file(name, Some("/run/c".into())).unwrap_err().contains("no name of a credential"), "{name}");
        }
    }
}
