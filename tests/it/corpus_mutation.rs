//! Real documents of many vendors, damaged as a line, a disk or an enemy would: whatever was done to them is decided, without a panic and without
//! telling anything of the patient.

use ccda_export::{ccda, domain::Reason};

use crate::corpus_check::bodies;

/// What one damaged body came to; a refusal holds but two numbers and words of ours.
fn reason(path: &str, damaged: &[u8]) -> Option<Reason> {
    let refusal = ccda::check(damaged).err()?;
    let place =
        refusal.detail.strip_prefix("line ").and_then(|rest| rest.split_once(": ")).map(|(place, _)| place.replace(", column ", ""));
    let is_place = place.is_none_or(|place| place.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(is_place && refusal.detail.is_ascii() && refusal.detail.len() < 160, "{path}: {}", refusal.detail);
    Some(refusal.reason)
}

/// Every tag of a text, from its `<` to its `>`; in comments and CDATA sections too, where they are none.
fn tags(body: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = find(body, at, b'<') {
        let Some(end) = find(body, start, b'>') else { break };
        tags.push(start..end + 1);
        at = end + 1;
    }
    tags
}

fn find(body: &[u8], from: usize, byte: u8) -> Option<usize> {
    body[from..].iter().position(|b| *b == byte).map(|at| from + at)
}

#[test]
fn a_document_of_the_corpus_that_is_cut_anywhere_is_no_chart() {
    let Some(bodies) = bodies() else { return };
    let mut cuts = 0;
    for (path, body) in bodies {
        let is_chart = ccda::check(&body).is_ok();
        let end = body.trim_ascii_end().len();
        // What follows the root may be missing.
        let root_end = body[..end].windows(2).rposition(|pair| pair == b"</").unwrap_or(end);
        for cut in (0..root_end).step_by(1 + root_end / 7).chain([root_end]) {
            let reason = reason(&path, &body[..cut]);
            assert!(!is_chart || matches!(reason, Some(Reason::Malformed | Reason::Empty)), "{path} cut at {cut}: {reason:?}");
            cuts += 1;
        }
    }
    eprintln!("{cuts} cuts");
}

#[test]
fn a_document_of_the_corpus_with_changed_bytes_is_decided() {
    let Some(bodies) = bodies() else { return };
    let mut dice = fastrand::Rng::with_seed(6);
    let mut outcomes = std::collections::BTreeMap::<_, u32>::new();
    for (path, body) in bodies.into_iter().filter(|(_, body)| !body.is_empty()) {
        for changes in [1, 2, 8, 64] {
            let mut damaged = body.clone();
            for _ in 0..changes {
                let at = dice.usize(..damaged.len());
                // Markup hurts more than letters do.
                damaged[at] = if dice.bool() { *dice.choice(b"<>&\"'/=!?-[]; \0").unwrap_or(&0) } else { dice.u8(..) };
            }
            *outcomes.entry(reason(&path, &damaged).map_or("accepted", Reason::as_str)).or_default() += 1;
        }
    }
    eprintln!("{outcomes:?}");
    assert!(outcomes.contains_key("malformed") && outcomes.contains_key("bad_encoding"), "{outcomes:?}");
}

#[test]
fn a_document_of_the_corpus_with_a_tag_too_many_is_no_chart() {
    let Some(bodies) = bodies() else { return };
    let mut dice = fastrand::Rng::with_seed(6);
    let mut doubled = 0;
    for (path, body) in bodies {
        let is_plain = ccda::check(&body).is_ok() && !body.windows(4).any(|start| start == b"<!--" || start == b"<![C");
        let tags = tags(&body);
        for _ in 0..3.min(tags.len()) {
            let tag = tags[dice.usize(..tags.len())].clone();
            let damaged = [&body[..tag.end], &body[tag.start..]].concat();
            let reason = reason(&path, &damaged);
            let text = &body[tag];
            let is_harmless = text.ends_with(b"/>") || text.starts_with(b"<?") && !text.starts_with(b"<?xml ");
            if is_plain && !text[1..text.len() - 1].contains(&b'<') {
                assert_eq!(reason, (!is_harmless).then_some(Reason::Malformed), "{path}: {}", String::from_utf8_lossy(text));
                doubled += 1;
            }
        }
    }
    eprintln!("{doubled} tags twice");
    assert!(doubled > 100);
}
