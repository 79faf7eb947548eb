//! What stands beside elements: comments, processing instructions, the declaration, and what is in the wrong place. Knows one token at a time.

use super::{
    declaration,
    refusal::Fault,
    wellformed::{is_blank, is_name, is_space},
};

/// A piece of the text as the tokenizer cut it, and where it begins.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub raw: &'a str,
    pub offset: usize,
}

/// Outside the root element there is white space and nothing else.
pub(super) fn check_outside(token: Token) -> Result<(), Fault> {
    if is_blank(token.raw) { Ok(()) } else { Err(Fault::malformed(token.offset, "text outside the root element")) }
}

/// Where `]]>` stands in a text, by its rarest character: most texts are a few blanks, for which a search for a string is not worth its start.
pub(super) fn find_cdata_end(text: &str) -> Option<usize> {
    text.match_indices('>').map(|(at, _)| &text[..at]).find_map(|before| before.strip_suffix("]]")).map(str::len)
}

/// XML 1.0, 2.5
pub(super) fn check_comment(token: Token) -> Result<(), Fault> {
    let content = token.raw.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
    match content {
        Some(content) if !content.contains("--") && !content.ends_with('-') => Ok(()),
        _ => Err(Fault::malformed(token.offset, "`--` in a comment")),
    }
}

/// XML 1.0, 2.6
pub(super) fn check_instruction(token: Token) -> Result<(), Fault> {
    let content = token.raw.strip_prefix("<?").and_then(|rest| rest.strip_suffix("?>")).unwrap_or_default();
    let target = &content[..content.bytes().position(is_space).unwrap_or(content.len())];
    if !is_name(target) || target.eq_ignore_ascii_case("xml") {
        return Err(Fault::malformed(token.offset, "a processing instruction without an allowed name"));
    }
    Ok(())
}

pub(super) fn check_declaration(token: Token) -> Result<(), Fault> {
    if token.offset > 0 {
        return Err(Fault::malformed(token.offset, "the XML declaration is not at the start"));
    }
    declaration::read(token.raw, token.offset).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_cdata_is_found_wherever_it_stands() {
        assert_eq!(["]]>", "a > b ]]]> c", "é]]>]]>"].map(find_cdata_end), [Some(0), Some(7), Some(2)]);
        assert_eq!(["", ">", "]>", "]] >", "a]]", ">]]"].map(find_cdata_end), [None; 6]);
    }

    #[test]
    fn comments_and_instructions_keep_their_grammar() {
        let token = |raw| Token { raw, offset: 0 };
        assert!(["<!---->", "<!-- - -->", "<!-->-->"].into_iter().all(|raw| check_comment(token(raw)).is_ok()));
        assert!(["<!-->", "<!--->", "<!-- -- -->", "<!-- --->"].into_iter().all(|raw| check_comment(token(raw)).is_err()));
        assert!(["<?a?>", "<?a b?>", "<?xml-stylesheet ??>"].into_iter().all(|raw| check_instruction(token(raw)).is_ok()));
        assert!(["<??>", "<? a?>", "<?1?>", "<?XML x?>", "<?a<b?>"].into_iter().all(|raw| check_instruction(token(raw)).is_err()));
    }
}
