//! What must not be found: one unmistakable text for each kind of thing, made of letters and digits, so that it looks the same in a URL, a form,
//! JSON and XML.

use memchr::memmem;

/// Whose it is decides where it may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What opens doors: nowhere but in what a server itself has written into a body.
    Secret,
    /// The EHR's name of a patient.
    PatientToken,
    /// What the roster says of a patient.
    Own,
    /// What a chart says of a patient.
    Person,
}

pub const CLIENT_ID: &str = "clientid7qmark";
pub const CLIENT_SECRET: &str = "clientsecret7qmark";
pub const USER: &str = "user7qmark";
pub const PASSWORD: &str = "password7qmark";
pub const OTHER_PASSWORD: &str = "otherpass7qmark";
pub const ACCESS_TOKEN: &str = "accesstoken7qmark";
pub const PATIENT_TOKEN: &str = "patienttoken7qmark";
pub const OWN: &str = "owncolumn7qmark";
pub const GIVEN: &str = "Given7qmark";
pub const FAMILY: &str = "Family7qmark";
pub const BIRTH: &str = "19070713";
pub const MRN: &str = "mrn7qmark";
pub const ADDRESS: &str = "street7qmark";

pub const ALL: [(Kind, &str); 13] = [
    (Kind::Secret, CLIENT_ID),
    (Kind::Secret, CLIENT_SECRET),
    (Kind::Secret, USER),
    (Kind::Secret, PASSWORD),
    (Kind::Secret, OTHER_PASSWORD),
    (Kind::Secret, ACCESS_TOKEN),
    (Kind::PatientToken, PATIENT_TOKEN),
    (Kind::Own, OWN),
    (Kind::Person, GIVEN),
    (Kind::Person, FAMILY),
    (Kind::Person, BIRTH),
    (Kind::Person, MRN),
    (Kind::Person, ADDRESS),
];

/// Where something was found that does not belong there.
#[derive(Debug, Default)]
pub struct Leaks(pub Vec<String>);

impl Leaks {
    /// Looks for every mark in a place where none belongs.
    pub fn search(&mut self, place: &str, bytes: &[u8]) {
        self.search_for(&ALL.map(|(_, mark)| mark), place, bytes);
    }

    /// Looks for some.
    pub fn search_for(&mut self, marks: &[&str], place: &str, bytes: &[u8]) {
        let small = bytes.to_ascii_lowercase();
        for mark in marks.iter().filter(|mark| memmem::find(&small, mark.to_ascii_lowercase().as_bytes()).is_some()) {
            self.0.push(format!("{mark} is in {place}:\n{}", lines_with(bytes, mark)));
        }
    }

    pub fn assert_none(&self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// Whether the bytes hold the text, in capitals or not.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    memmem::find(&bytes.to_ascii_lowercase(), text.to_ascii_lowercase().as_bytes()).is_some()
}

/// Those of the kinds.
pub fn of(kinds: &[Kind]) -> Vec<&'static str> {
    ALL.into_iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, mark)| mark).collect()
}

fn lines_with(bytes: &[u8], mark: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().filter(|line| contains(line.as_bytes(), mark)).take(3);
    lines.map(|line| format!("    {}\n", line.chars().take(400).collect::<String>())).collect()
}

#[test]
fn a_mark_is_found_in_whatever_form_text_takes() {
    let mut leaks = Leaks::default();
    leaks.search("a URL", format!("/x?patient_token={}%3D", PATIENT_TOKEN.to_uppercase()).as_bytes());
    leaks.search("a line", format!("born {BIRTH}\n").as_bytes());
    leaks.search("an innocent line", b"TENANT_AB front-desk 42");
    assert_eq!(leaks.0.len(), 2, "{leaks:?}");
}
