//! Where a job and its files are when neither the command line nor the job says so: in the folders that systemd hands to a service, else in those
//! of the XDG Base Directory specification.
//!
//! Knows the environment as values alone, and asks no file system but by what it is given.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// This program's folder below those that it shares with others.
const OURS: &str = "ccda-export";

/// The folders that an environment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    /// Where state is kept; `None` where the environment names no folder at all.
    state: Option<PathBuf>,
    /// systemd's folders for configuration.
    handed: Vec<PathBuf>,
    /// The user's own one.
    own: Option<PathBuf>,
}

impl Places {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// Those of an environment. Variables that are empty count as unset, and so do paths that are not absolute, as the specification has it.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // systemd parts several folders by colons.
        let folders = |name: &str| -> Vec<PathBuf> {
            let value = variable(name).unwrap_or_default();
            value
                .as_bytes()
                .split(|byte| *byte == b':')
                .map(|path| PathBuf::from(OsStr::from_bytes(path)))
                .filter(|path| path.is_absolute())
                .collect()
        };
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let of_user = |xdg: &str, below_home: &str| {
            let folder = folder(xdg).or_else(|| Some(folder("HOME")?.join(below_home)));
            folder.map(|folder| folder.join(OURS))
        };
        Self {
            state: folders("STATE_DIRECTORY").into_iter().next().or_else(|| of_user("XDG_STATE_HOME", ".local/state")),
            handed: folders("CONFIGURATION_DIRECTORY"),
            own: of_user("XDG_CONFIG_HOME", ".config"),
        }
    }

    /// The job file that is meant: the path itself, or for a bare name that is no file here the first `NAME.toml` there is.
    ///
    /// # Errors
    /// Every file that was looked for, where there is none.
    pub fn job(&self, named: &Path, is_file: impl Fn(&Path) -> bool) -> Result<PathBuf, Vec<PathBuf>> {
        if named.as_os_str().as_bytes().contains(&b'/') || is_file(named) {
            return Ok(named.to_owned());
        }
        let mut file = named.as_os_str().to_owned();
        if named.extension() != Some(OsStr::new("toml")) {
            file.push(".toml");
        }
        let tried: Vec<PathBuf> = self.handed.iter().chain(&self.own).map(|folder| folder.join(&file)).collect();
        tried.iter().find(|path| is_file(path)).cloned().ok_or(tried)
    }

    /// The roster of a job that names none: `roster.toml` beside it, else in systemd's folder for configuration.
    ///
    /// # Errors
    /// Every file that was looked for, where there is none.
    pub fn roster(&self, job_file: &Path, is_file: impl Fn(&Path) -> bool) -> Result<PathBuf, Vec<PathBuf>> {
        let beside = job_file.with_file_name("roster.toml");
        let mut tried = vec![beside];
        tried.extend(self.handed.iter().map(|folder| folder.join("roster.toml")));
        // systemd's folder is where the job itself is, as a rule.
        tried.dedup();
        tried.iter().find(|path| is_file(path)).cloned().ok_or(tried)
    }

    /// The database of a job that names none: `NAME.sqlite` in the folder for state.
    ///
    /// # Errors
    /// What is wrong, about the key `database`.
    pub fn database(&self, job: &str) -> Result<PathBuf, String> {
        if job.contains('/') {
            return Err(format!(
                "is missing, and no file can be named after the job, for {job:?} holds a slash; set it, or give --database"
            ));
        }
        let state = self.state.as_ref().ok_or(
            "is missing, and no folder is known for it: none of STATE_DIRECTORY, XDG_STATE_HOME and HOME is set; set one, set the key, or give --database",
        )?;
        Ok(state.join(format!("{job}.sqlite")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Places {
        Places::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn the_database_is_where_systemd_says_else_xdg_else_below_home() {
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")], "/var/lib/a/night.sqlite"),
            (&[("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")], "/x/ccda-export/night.sqlite"),
            (&[("STATE_DIRECTORY", "not/absolute"), ("XDG_STATE_HOME", "/x")], "/x/ccda-export/night.sqlite"),
            (&[("XDG_STATE_HOME", ""), ("HOME", "/h")], "/h/.local/state/ccda-export/night.sqlite"),
            (&[("XDG_STATE_HOME", "state"), ("HOME", "/h")], "/h/.local/state/ccda-export/night.sqlite"),
            (&[("HOME", "/h")], "/h/.local/state/ccda-export/night.sqlite"),
            (&[("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/x")], "/x/ccda-export/night.sqlite"),
        ];
        for (variables, expected) in cases {
            assert_eq!(places(variables).database("night"), Ok(expected.into()), "{variables:?}");
        }
    }

    #[test]
    fn without_any_folder_the_database_must_be_named() {
        for variables in [&[][..], &[("HOME", ""), ("XDG_STATE_HOME", "relative")], &[("CONFIGURATION_DIRECTORY", "/etc/c")]] {
            assert!(places(variables).database("night").unwrap_err().contains("none of STATE_DIRECTORY"), "{variables:?}");
        }
    }

    #[test]
    fn no_name_of_a_job_leads_out_of_the_folder() {
        let places = places(&[("STATE_DIRECTORY", "/s")]);
        for name in ["../night", "/etc/night", "a/b", "/", ".././x"] {
            assert!(places.database(name).unwrap_err().contains("holds a slash"), "{name}");
        }
        for name in [".", "..", "...", "a b", "ä"] {
            assert_eq!(places.database(name).unwrap().parent(), Some(Path::new("/s")), "{name}");
        }
    }

    #[test]
    fn a_bare_name_is_looked_for_in_the_folders_for_configuration_in_order() {
        let all = [("CONFIGURATION_DIRECTORY", "/etc/a:/etc/b"), ("XDG_CONFIG_HOME", "/c"), ("HOME", "/h")];
        let tried = paths(&["/etc/a/night.toml", "/etc/b/night.toml", "/c/ccda-export/night.toml"]);
        for name in ["night", "night.toml"] {
            assert_eq!(places(&all).job(Path::new(name), |_| false), Err(tried.clone()), "{name}");
        }
        let there = |path: &Path| *path == tried[1] || *path == tried[2];
        assert_eq!(places(&all).job(Path::new("night"), there), Ok(tried[1].clone()));
        assert_eq!(places(&[("HOME", "/h")]).job(Path::new("a.b"), |_| false), Err(paths(&["/h/.config/ccda-export/a.b.toml"])));
        assert_eq!(places(&[("XDG_CONFIG_HOME", "c")]).job(Path::new("night"), |_| false), Err(vec![]));
    }

    #[test]
    fn what_is_a_path_or_a_file_here_is_looked_for_nowhere_else() {
        let places = places(&[("CONFIGURATION_DIRECTORY", "/etc/a")]);
        assert_eq!(places.job(Path::new("./night"), |_| false), Ok("./night".into()));
        assert_eq!(places.job(Path::new("night"), |_| true), Ok("night".into()));
    }

    #[test]
    fn the_roster_is_beside_the_job_or_in_the_folder_for_configuration() {
        let places = places(&[("CONFIGURATION_DIRECTORY", "/etc/a"), ("HOME", "/h")]);
        let tried = paths(&["/srv/roster.toml", "/etc/a/roster.toml"]);
        assert_eq!(places.roster(Path::new("/srv/job.toml"), |_| true), Ok(tried[0].clone()));
        assert_eq!(places.roster(Path::new("/srv/job.toml"), |path| path == tried[1]), Ok(tried[1].clone()));
        assert_eq!(places.roster(Path::new("/srv/job.toml"), |_| false), Err(tried));
        assert_eq!(places.roster(Path::new("/etc/a/job.toml"), |_| false), Err(paths(&["/etc/a/roster.toml"])));
        assert_eq!(places.roster(Path::new("job.toml"), |_| true), Ok("roster.toml".into()));
    }
}
