//! Whom a document names, and whether two documents name the same person. Compared is what clerks compare: identifiers, names, the birth date.
//!
//! A new record number alone, or a new family name alone, makes nobody another person. What is missing on either side says nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One person, as a `recordTarget` names them. It is PHI: `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Root and extension of each identifier that tells patients apart: no null flavour, not masked.
    pub ids: Vec<(String, String)>,
    /// Family name.
    pub family: Option<String>,
    /// First given name.
    pub given: Option<String>,
    /// Birth date or time, as HL7 writes it: `YYYY`, `YYYYMM`, `YYYYMMDD…`.
    pub birth_date: Option<String>,
}

/// All whom a document names; most name one person, a few nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(pub Vec<Person>);

/// What the roster itself states of a patient.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// A medical record number, whoever assigned it.
    pub mrn: Option<String>,
    /// `YYYYMMDD`.
    pub birth_date: Option<String>,
}

impl Identity {
    /// Whether the other one names somebody else: nobody whom both may mean.
    pub fn is_another(&self, other: &Self) -> bool {
        !self.0.is_empty() && !other.0.is_empty() && self.pairs(other).all(|(a, b)| a.is_another(b))
    }

    /// Whether both name the same person for certain: an identifier that they share, or the same full name and birth date.
    pub fn is_same(&self, other: &Self) -> bool {
        self.pairs(other).any(|(a, b)| a.is_same(b))
    }

    /// Whether what the roster states cannot be true of anybody named.
    pub fn contradicts(&self, stated: &Stated) -> bool {
        !self.0.is_empty() && self.0.iter().all(|person| person.contradicts(stated))
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Person, &'a Person)> {
        self.0.iter().flat_map(|a| other.0.iter().map(move |b| (a, b)))
    }
}

impl Person {
    fn is_another(&self, other: &Self) -> bool {
        !self.shares_id(other)
            && (differ(&self.family, &other.family, same_text)
                || differ(&self.given, &other.given, same_text)
                || differ(&self.birth_date, &other.birth_date, same_date))
    }

    fn is_same(&self, other: &Self) -> bool {
        let all = [
            agree(&self.family, &other.family, same_text),
            agree(&self.given, &other.given, same_text),
            agree(&self.birth_date, &other.birth_date, same_date),
        ];
        self.shares_id(other) || all == [true; 3]
    }

    fn shares_id(&self, other: &Self) -> bool {
        self.ids.iter().any(|id| other.ids.contains(id))
    }

    fn contradicts(&self, stated: &Stated) -> bool {
        let has = |mrn: &String| self.ids.iter().any(|(_, extension)| same_number(extension, mrn));
        stated.mrn.as_ref().is_some_and(|mrn| !self.ids.is_empty() && !has(mrn)) || differ(&self.birth_date, &stated.birth_date, same_date)
    }
}

/// Both are known, and not the same.
fn differ(a: &Option<String>, b: &Option<String>, same: fn(&str, &str) -> bool) -> bool {
    matches!((a, b), (Some(a), Some(b)) if !same(a, b))
}

/// Both are known, and the same.
fn agree(a: &Option<String>, b: &Option<String>, same: fn(&str, &str) -> bool) -> bool {
    matches!((a, b), (Some(a), Some(b)) if same(a, b))
}

/// Letters and digits alone, without regard to case: vendors change the rest at will.
fn same_text(a: &str, b: &str) -> bool {
    let folded = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    folded(a) == folded(b)
}

/// At the precision that both have, of a day at most.
fn same_date(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).take(8).collect::<String>();
    let (a, b) = (digits(a), digits(b));
    let precision = a.len().min(b.len());
    a[..precision] == b[..precision]
}

/// As text, but for the zeros in front that spreadsheets drop.
fn same_number(a: &str, b: &str) -> bool {
    same_text(a.trim().trim_start_matches('0'), b.trim().trim_start_matches('0'))
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl fmt::Debug for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stated(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(id: &str, family: &str, given: &str, birth_date: &str) -> Identity {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let ids = known(id).map(|extension| ("1.2.3".to_owned(), extension)).into_iter().collect();
        Identity(vec![Person { ids, family: known(family), given: known(given), birth_date: known(birth_date) }])
    }

    fn stated(mrn: &str, birth_date: &str) -> Stated {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Stated { mrn: known(mrn), birth_date: known(birth_date) }
    }

    #[test]
    fn another_person_shares_no_id_and_differs_in_a_name_or_the_birth_date() {
        let ann = person("7", "Miller", "Ann", "19700102");
        for other in
            [person("8", "Smith", "Ann", "19700102"), person("8", "Miller", "Eve", "19700102"), person("8", "Miller", "Ann", "19710102")]
        {
            assert!(ann.is_another(&other) && other.is_another(&ann));
        }
    }

    #[test]
    fn a_new_number_alone_or_a_marriage_alone_makes_nobody_another() {
        let ann = person("7", "Miller", "Ann", "19700102");
        assert!(!ann.is_another(&person("8", "Miller", "Ann", "19700102")));
        assert!(!ann.is_another(&person("7", "Smith", "Ann", "19700102")));
        assert!(!ann.is_another(&person("8", "MIL-LER ", "ann", "197001021530-0500")));
        assert!(!ann.is_another(&person("8", "Miller", "Ann", "1970")));
    }

    #[test]
    fn what_is_missing_says_nothing() {
        let ann = person("7", "Miller", "Ann", "19700102");
        assert!(!ann.is_another(&person("8", "", "", "")));
        assert!(!ann.is_another(&Identity::default()));
        assert!(ann.is_another(&person("", "Smith", "", "")));
    }

    #[test]
    fn one_of_several_persons_may_be_the_one() {
        let mut twins = person("8", "Smith", "Eve", "1990");
        assert!(person("7", "Miller", "Ann", "19700102").is_another(&twins));
        twins.0.push(person("7", "Smith", "Ann", "19700102").0.remove(0));
        assert!(!person("7", "Miller", "Ann", "19700102").is_another(&twins));
    }

    #[test]
    fn the_roster_contradicts_where_it_states_what_cannot_be_true() {
        let ann = person("0042", "Miller", "Ann", "197001021530");
        assert!(!ann.contradicts(&stated("42", "19700102")) && !ann.contradicts(&Stated::default()));
        assert!(ann.contradicts(&stated("43", "19700102")));
        assert!(ann.contradicts(&stated("42", "19700103")));
        // Without a usable number, or with the year alone, there is nothing to hold against it.
        assert!(!person("", "Miller", "Ann", "1970").contradicts(&stated("43", "19700103")));
        assert!(!Identity::default().contradicts(&stated("43", "19700103")));
    }

    #[test]
    fn debug_names_nobody() {
        assert_eq!(format!("{:?} {:?}", person("7", "Miller", "", ""), stated("7", "")), "Identity([Person(…)]) Stated(…)");
    }

    fn any_identity() -> impl Strategy<Value = Identity> {
        let text = |words: &'static [&'static str]| prop::option::of(prop::sample::select(words).prop_map(str::to_owned));
        let ids = prop::collection::vec(("[12]", "[ab]"), 0..3);
        let person = (ids, text(&["Miller", "Smith"]), text(&["Ann", "Eve"]), text(&["1970", "19700102", "19710102"]));
        let person = person.prop_map(|(ids, family, given, birth_date)| Person { ids, family, given, birth_date });
        prop::collection::vec(person, 0..3).prop_map(Identity)
    }

    proptest! {
        #[test]
        fn nobody_is_another_than_themselves_and_sameness_is_mutual(a in any_identity(), b in any_identity()) {
            prop_assert!(!a.is_another(&a));
            prop_assert_eq!(a.is_another(&b), b.is_another(&a));
            prop_assert_eq!(a.is_same(&b), b.is_same(&a));
            let json = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Identity>(&json).unwrap(), a);
        }
    }
}
