//! The last guard: an e-mail address that got into a message does not get out.
//!
//! No message is meant to hold one. A guard that took half a sentence along would do less harm
//! than one that let an address through, so whole words go.

use rollcall_domain::alert::Message;

/// What stands in a word's place.
const INSTEAD: &str = "[left out: may be an e-mail address]";

/// An at sign, as it is and as it may be written.
const MARKS: [&str; 6] = ["@", "\u{ff20}", "\u{fe6b}", "%40", "&#64;", "\\u0040"];

/// The message without any word that holds an at sign.
pub(super) fn without_addresses(message: &Message) -> Message {
    Message {
        headline: words(&message.headline),
        cause: words(&message.cause),
        counts: message
            .counts
            .iter()
            .map(|(name, count)| (words(name), *count))
            .collect(),
        next_step: message.next_step.as_deref().map(words),
        report: words(&message.report),
        link: message.link.as_deref().map(words),
        ..message.clone()
    }
}

fn words(text: &str) -> String {
    if !has_mark(text) {
        return text.to_owned();
    }
    let spaced = text.split_inclusive(char::is_whitespace);
    let mut kept: Vec<String> = Vec::new();
    for piece in spaced {
        let word = piece.trim_end();
        if !has_mark(word) {
            kept.push(piece.to_owned());
            continue;
        }
        if word.contains("\"@") {
            leave_out_quoted(&mut kept, word);
        }
        kept.push(format!("{INSTEAD}{}", &piece[word.len()..]));
    }
    kept.concat()
}

/// A quoted local part may hold spaces (`"j doe"@example.com`): back to where it begins.
fn leave_out_quoted(kept: &mut Vec<String>, word: &str) {
    let before_at = word.split("\"@").next().unwrap_or_default();
    if before_at.contains('"') {
        return;
    }
    while let Some(piece) = kept.pop() {
        if piece.contains('"') {
            return;
        }
    }
}

fn has_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_an_address_goes_and_the_others_stay() {
        for (text, kept) in [
            ("37 users have no profile", "37 users have no profile"),
            ("ada@example.com has no profile", "# has no profile"),
            ("user (ada@example.com), and more", "user # and more"),
            (
                "Key (email)=(ada+x@example.com) exists.\nThe end",
                "Key # exists.\nThe end",
            ),
            ("ada\u{ff20}example.com", "#"),
            ("https://example.com/?user=ada%40example.com", "#"),
            ("see \"ada love\"@example.com now", "see # now"),
            ("\"ada\"@example.com", "#"),
            ("ada\n@example.com", "ada\n#"),
        ] {
            assert_eq!(words(text), kept.replace('#', INSTEAD), "{text}");
        }
    }
}
