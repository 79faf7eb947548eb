//! What references of entries point to: the elements of all narratives by their IDs, looked up when they are asked for.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use super::{
    element::Piece,
    narrative,
    tokens::{Token, Tokens},
};

/// A narrative element that is longer than this is no text of an entry.
const LONGEST: usize = 256 << 10;

/// Where in the text each ID stands, and what was read of them.
pub(super) struct Narratives<'a> {
    text: &'a str,
    spans: Spans<'a>,
    /// Whether that is all of them, and not only those that have gone by.
    is_complete: bool,
    /// Bytes of narrative that may still be read: a document cannot make us read much more than it is, however often it points to the same.
    budget: usize,
    read: HashMap<String, Option<String>>,
}

impl<'a> Narratives<'a> {
    /// The narratives of a text, whose tokens go by.
    pub fn new(text: &'a str) -> Self {
        Self { text, spans: Spans::default(), is_complete: false, budget: text.len().saturating_mul(4), read: HashMap::new() }
    }

    /// Takes the token that `tokens` has just given.
    pub fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        if !self.is_complete {
            self.spans.take(token, tokens);
        }
    }

    /// The text of the element with this ID; `None` where there is none, or it says nothing.
    pub fn get(&mut self, id: &str) -> Option<String> {
        if let Some(read) = self.read.get(id) {
            let known = read.clone();
            self.budget = self.budget.saturating_sub(known.as_ref().map_or(0, String::len));
            return known.filter(|_| self.budget > 0);
        }
        let span = self.find(id)?;
        if span.len() > LONGEST || span.len() > self.budget {
            return None;
        }
        self.budget -= span.len();
        let text = read(&self.text[span]);
        self.read.insert(id.to_owned(), text.clone());
        text
    }

    /// Where the element with this ID stands. Most stand before what points to them; the first pointer to another one reads the rest ahead.
    fn find(&mut self, id: &str) -> Option<Range<usize>> {
        if !self.is_complete && !self.spans.spans.contains_key(id) {
            self.spans = Spans::of(self.text);
            self.is_complete = true;
        }
        self.spans.spans.get(id).cloned()
    }
}

fn read(element: &str) -> Option<String> {
    let mut tokens = Tokens::new(element);
    let Some(Token::Start { space, local, .. }) = tokens.next() else { return None };
    narrative::plain(Piece::read(&mut tokens, (space, local)).element())
}

/// By ID, where its element begins and ends, while the tokens of a text go by. `ID` is what the schema says; `id` and `xml:id` occur. The first of equal
/// ones counts.
#[derive(Default)]
struct Spans<'a> {
    spans: HashMap<Cow<'a, str>, Range<usize>>,
    /// Elements that have begun and not ended: the ID of each, and from where on it stands.
    open: Vec<(Option<Cow<'a, str>>, usize)>,
}

impl<'a> Spans<'a> {
    fn of(text: &'a str) -> Self {
        let (mut tokens, mut spans) = (Tokens::new(text), Self::default());
        while let Some(token) = tokens.next() {
            spans.take(&token, &tokens);
        }
        spans
    }

    fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        match token {
            Token::Start { at, .. } => {
                let id = tokens.attributes().iter().find(|(name, _)| name.eq_ignore_ascii_case("id"));
                self.open.push((id.map(|(_, value)| value.clone()), *at));
            }
            Token::End { at } => {
                if let Some((Some(id), from)) = self.open.pop() {
                    self.spans.entry(id).or_insert(from..*at);
                }
            }
            Token::Text(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_ids_in_all_spellings() {
        let text =
            "<a><reference/><td ID='x'>one <b>two</b></td><tr id='r'><td>1</td><td>2</td></tr><p xml:id='e'/><td ID='x'>other</td></a>";
        let mut narratives = Narratives::new(text);
        assert_eq!(narratives.get("x").as_deref(), Some("one two"));
        assert_eq!(narratives.get("r").as_deref(), Some("1 | 2"));
        assert_eq!((narratives.get("e"), narratives.get("nowhere")), (None, None));
    }

    #[test]
    fn pointing_to_the_same_for_ever_ends() {
        let text = format!("<a><reference/><td ID='x'>{}</td></a>", "y".repeat(10_000));
        let mut narratives = Narratives::new(&text);
        let found = (0..1_000).filter(|_| narratives.get("x").is_some()).count();
        assert!((1..10).contains(&found), "{found}");
    }
}
