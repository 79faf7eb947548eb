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
    /// What was read last; kept to be filled anew.
    piece: Piece<'a>,
}

impl<'a> Narratives<'a> {
    /// The narratives of a text, whose tokens go by.
    pub fn new(text: &'a str) -> Self {
        Self { text, spans: Spans::default(), is_complete: false, budget: text.len().saturating_mul(4), piece: Piece::default() }
    }

    /// Takes the token that `tokens` has just given.
    pub fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        if !self.is_complete {
            self.spans.take(token, tokens);
        }
    }

    /// The text of the element with this ID; `None` where there is none, or it says nothing.
    pub fn get(&mut self, id: &str) -> Option<String> {
        // Most stand before what points to them; the first pointer to another one reads the rest ahead.
        if !self.is_complete && !self.spans.ended.contains_key(id) {
            for (id, span) in Spans::of(self.text).ended {
                self.spans.ended.entry(id).or_insert(span);
            }
            self.is_complete = true;
        }
        let Span { at, told } = self.spans.ended.get_mut(id)?;
        if let Some(told) = told {
            self.budget = self.budget.saturating_sub(told.as_ref().map_or(0, String::len));
            return told.clone().filter(|_| self.budget > 0);
        }
        if at.len() > LONGEST || at.len() > self.budget {
            return None;
        }
        self.budget -= at.len();
        let mut tokens = Tokens::new(&self.text[at.clone()]);
        let text = match tokens.next() {
            Some(Token::Start { space, local, .. }) => {
                self.piece.read((space, local), &mut tokens);
                narrative::plain(self.piece.element())
            }
            _ => None,
        };
        *told = Some(text.clone());
        text
    }
}

/// An element with an ID.
struct Span {
    /// Where it stands in the text.
    at: Range<usize>,
    /// What it says, once it was read.
    told: Option<Option<String>>,
}

/// The elements with IDs, while the tokens of a text go by. `ID` is what the schema says; `id` and `xml:id` occur. The first of equal ones counts.
#[derive(Default)]
struct Spans<'a> {
    ended: HashMap<Cow<'a, str>, Span>,
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
                    self.ended.entry(id).or_insert(Span { at: from..*at, told: None });
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
