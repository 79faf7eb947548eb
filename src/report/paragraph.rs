//! Lines that fit a terminal of 100 columns.

/// Columns of a line, its indent included.
const WIDTH: usize = 98;

/// Further lines of a paragraph stand so much deeper than its first.
const HANGING: usize = 4;

/// `text` broken between words, the first line behind `indent` blanks, further ones deeper; a word that is wider than a line stands alone.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(" ".repeat(indent + HANGING) + word),
            None => lines.push(" ".repeat(indent) + word),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_word_is_kept_in_order_and_no_line_of_several_is_too_wide(words in prop::collection::vec("[a-zé]{1,30}", 0..60), indent in 0usize..20) {
            let wrapped = wrap(&words.join(" "), indent);
            prop_assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), words);
            prop_assert!(wrapped.lines().all(|line| line.chars().count() <= WIDTH && line.starts_with(&" ".repeat(indent))));
        }
    }
}
