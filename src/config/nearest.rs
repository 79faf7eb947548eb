//! The known word that a mistyped one probably meant.

/// `; did you mean "…"?` with the word most like `typed`, or nothing where none is like it.
pub(super) fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |word| format!("; did you mean {word:?}?"))
}

/// The word most like `typed`, if one is like it.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed_lower = typed.to_lowercase();
    let likeness = |word: &str| strsim::jaro_winkler(&typed_lower, &word.to_lowercase());
    let nearest = known.into_iter().map(|word| (likeness(word), word)).max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.filter(|(likeness, _)| *likeness > 0.8).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_another_word_is_not() {
        assert_eq!(did_you_mean("dealine", ["database", "deadline"]), "; did you mean \"deadline\"?");
        assert_eq!(did_you_mean("colour", ["database", "deadline"]), "");
    }
}
