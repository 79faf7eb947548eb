//! What a column means: its own comment, else what is said of it elsewhere, so that a sentence stands once.

use std::collections::BTreeMap;

use super::{
    reference::Relation,
    supplement::{ANY, SUPPLEMENT},
};

pub struct Meanings<'a> {
    relations: &'a [Relation],
    /// What tables say of columns of this name, and what views say.
    namesakes: [BTreeMap<&'a str, Vec<&'a str>>; 2],
}

impl<'a> Meanings<'a> {
    pub fn new(relations: &'a [Relation]) -> Self {
        let namesakes = [false, true].map(|is_view| {
            let mut namesakes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for relation in relations.iter().filter(|relation| relation.is_view == is_view) {
                let own = relation.comments.columns.iter().map(|(column, text)| (column.as_str(), text.as_str()));
                let supplied = SUPPLEMENT.iter().filter(|line| line.0 == relation.name).map(|line| (line.1, line.2));
                for (column, text) in own.chain(supplied) {
                    namesakes.entry(column).or_default().push(text);
                }
            }
            namesakes
        });
        Self { relations, namesakes }
    }

    pub fn of_relation(&self, relation: &Relation) -> Option<String> {
        relation.comments.whole.clone().or_else(|| supplement(&relation.name, ""))
    }

    /// In this order: its own comment; that of the table's column that a view shows; that of the view which shows the same with history; the row that
    /// it refers to; what is the same everywhere; what it is to the column beside it; that of all columns of its name which say something, if at least
    /// two say the same and none another thing.
    pub fn of_column(&self, relation: &Relation, column: &str) -> Option<String> {
        let own = || relation.comments.columns.get(column).cloned();
        let refers_to = || Some(format!("a row of `{}`", relation.column(column)?.refers_to.as_ref()?));
        let ways: [&dyn Fn() -> Option<String>; 8] = [
            &own,
            &|| supplement(&relation.name, column),
            &|| self.of_origin(relation, column),
            &|| self.of_history(relation, column),
            &refers_to,
            &|| supplement(ANY, column),
            &|| of_pair(relation, column),
            &|| self.of_namesakes(column),
        ];
        ways.iter().find_map(|way| way())
    }

    fn of_history(&self, relation: &Relation, column: &str) -> Option<String> {
        let history = format!("{}_all", relation.name);
        let history = self.relations.iter().find(|relation| relation.name == history)?;
        self.of_column(history, column)
    }

    fn of_origin(&self, relation: &Relation, column: &str) -> Option<String> {
        let (table, name) = relation.column(column)?.origin.clone()?;
        if (table.as_str(), name.as_str()) == (relation.name.as_str(), column) {
            return None;
        }
        let table = self.relations.iter().find(|relation| relation.name == table)?;
        Some(format!("`{}.{name}`: {}", table.name, self.of_column(table, &name)?))
    }

    fn of_namesakes(&self, column: &str) -> Option<String> {
        let agreed = |said: &&Vec<&str>| said.len() > 1 && said.iter().all(|text| *text == said[0]);
        let said = self.namesakes.iter().find_map(|namesakes| namesakes.get(column).filter(agreed))?;
        said.first().map(|text| (*text).to_owned())
    }

    /// Lines of the supplement for which there is nothing, or which a comment has made needless.
    pub fn needless(&self) -> Vec<String> {
        let is_needless = |(name, column, _): &&(&str, &str, &str)| {
            let relation = self.relations.iter().find(|relation| relation.name == *name);
            *name != ANY
                && relation.is_none_or(|relation| match *column {
                    "" => relation.comments.whole.is_some(),
                    column => relation.column(column).is_none() || relation.comments.columns.contains_key(column),
                })
        };
        SUPPLEMENT.iter().filter(is_needless).map(|(name, column, _)| format!("{name}.{column} of the supplement")).collect()
    }
}

/// Columns that always stand beside another one: their ending, that of the other, and what they say of it.
const PAIRS: [(&str, &str, &str); 6] = [
    ("_display", "", "name of that code"),
    ("_system", "", "OID of its system"),
    ("_unit", "", "its unit"),
    ("_raw", "", "as written"),
    ("_precision", "", "year, month, day, hour, minute, second, fraction"),
    ("_ext", "_root", "the extension beside that root"),
];

fn of_pair(relation: &Relation, column: &str) -> Option<String> {
    let is_one = |(ending, other, _): &&(&str, &str, &str)| {
        column.strip_suffix(ending).is_some_and(|stem| relation.column(&format!("{stem}{other}")).is_some())
    };
    PAIRS.iter().find(is_one).map(|(_, _, text)| (*text).to_owned())
}

fn supplement(name: &str, column: &str) -> Option<String> {
    SUPPLEMENT.iter().find(|line| (line.0, line.1) == (name, column)).map(|line| line.2.to_owned())
}

/// The paths in a C-CDA document that a meaning names: elements with a slash, an attribute or an inner capital, in their order.
pub fn sources(meaning: &str) -> Vec<String> {
    let words = meaning.split(|char: char| char.is_whitespace() || ",;()`".contains(char));
    let mut found = Vec::new();
    for word in words.map(|word| word.trim_end_matches([':', '.', '…'])) {
        if is_path(word) && !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}

fn is_path(word: &str) -> bool {
    let is_element = |part: &str| {
        let part = part.strip_prefix('@').unwrap_or(part);
        let name = part.strip_prefix("sdtc:").or_else(|| part.strip_prefix("xsi:")).unwrap_or(part);
        let name = name.split('[').next().unwrap_or_default();
        name.len() > 1 && name.chars().all(char::is_alphanumeric) && (name.starts_with(char::is_lowercase) || name == "ClinicalDocument")
    };
    let is_telling =
        word.contains(['/', '@']) || word.starts_with("sdtc:") || word.starts_with("xsi:") || word.chars().skip(1).any(char::is_uppercase);
    is_telling && !word.contains("//") && word.split('/').all(is_element)
}

#[test]
fn paths_are_told_from_words() {
    for (meaning, expected) in [
        ("effectiveTime/low, ISO 8601 at its own precision: 2017-03-01T12:05-05:00", vec!["effectiveTime/low"]),
        ("M, F, UN: patient/administrativeGenderCode/@code", vec!["patient/administrativeGenderCode/@code"]),
        ("@classCode", vec!["@classCode"]),
        ("statusCode, lower case", vec!["statusCode"]),
        ("race: raceCode, sdtc:raceCode; SNOMED CT, else LOINC", vec!["raceCode", "sdtc:raceCode"]),
        ("its element: ClinicalDocument/author[2]", vec!["ClinicalDocument/author[2]"]),
        ("a JSON array of [root, extension], https://example.org/x, DuckDB, entry_ids", vec![]),
    ] {
        assert_eq!(sources(meaning), expected, "{meaning}");
    }
}
