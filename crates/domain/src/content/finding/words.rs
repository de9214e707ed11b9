//! A text as words with their places.

/// The longest variable, link target or tag that is skipped, in bytes.
const MAX_SKIPPED: usize = 1_024;

/// One word, in lower case.
pub(super) struct Word {
    pub(super) text: String,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether a sentence or a block ended before it: no phrase goes across.
    pub(super) begins: bool,
}

/// The words of a text. Variables, link targets and markup are no words, and a variable parts what
/// stands around it no more than a word does.
pub(super) fn of(source: &str, is_markup: bool) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    let mut begins = true;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = skipped(rest, is_markup) {
            // Inline markup stands inside sentences; blocks end them.
            begins |= is_markup && rest.starts_with('<') && !is_inline(rest);
            at += length;
            continue;
        }
        let length = word_length(rest);
        if length > 0 {
            words.push(Word {
                text: rest
                    .get(..length)
                    .unwrap_or_default()
                    .to_lowercase()
                    .replace('’', "'"),
                start: at,
                end: at + length,
                begins,
            });
            begins = false;
            at += length;
            continue;
        }
        let next = rest.chars().next().unwrap_or(' ');
        begins |= matches!(next, '.' | '!' | '?' | ';' | ':' | '|' | '•')
            || rest.starts_with("\n\n")
            || rest.starts_with("\n- ");
        at += next.len_utf8();
    }
    words
}

/// How many bytes from here on are not read: a variable, a link's target, a tag.
fn skipped(rest: &str, is_markup: bool) -> Option<usize> {
    let through = |end: &str| end_within(rest, end);
    if rest.starts_with("{{") {
        return through("}}");
    }
    if rest.starts_with("](") {
        return through(")");
    }
    if is_markup && rest.starts_with("<!--") {
        return through("-->");
    }
    if is_markup && rest.starts_with('<') {
        return through(">");
    }
    ["https://", "http://"]
        .iter()
        .any(|scheme| rest.starts_with(scheme))
        .then(|| rest.find(char::is_whitespace).unwrap_or(rest.len()))
}

/// Where `end` stops, when it comes soon: what is never closed is read as text, and the search for
/// its end takes no time that grows with the text.
fn end_within(rest: &str, end: &str) -> Option<usize> {
    let near = rest.as_bytes().get(..MAX_SKIPPED.min(rest.len()))?;
    let at = near
        .windows(end.len())
        .position(|window| window == end.as_bytes())?;
    Some(at + end.len())
}

fn is_inline(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let name = name
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .next();
    matches!(name, Some("a" | "b" | "i" | "em" | "strong" | "span" | "u"))
}

fn word_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let mut end = 0;
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let joins = |is: fn(&char) -> bool| at > 0 && next.as_ref().is_some_and(is);
        let is_part = match c {
            c if c.is_alphanumeric() => true,
            '\'' | '’' => joins(|next| next.is_alphabetic()),
            '.' | ',' => joins(char::is_ascii_digit) && rest.get(..at).is_some_and(ends_in_digit),
            '%' => at > 0 && rest.get(..at).is_some_and(ends_in_digit),
            '$' | '€' | '#' => at == 0 && next.is_some_and(|next| next.is_ascii_digit()),
            _ => false,
        };
        if !is_part {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

/// Line and column, from 1, of a byte.
pub(super) fn place(source: &str, at: usize) -> (u32, u32) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// The byte of a line and column, from 1.
pub(super) fn offset(source: &str, (line, column): (u32, u32)) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += source.get(start..)?.find('\n')? + 1;
    }
    let mut chars = source.get(start..)?.char_indices();
    let at = chars.nth(usize::try_from(column).ok()?.checked_sub(1)?)?;
    Some(start + at.0)
}

/// Where images stand that have no `alt`.
pub(super) fn images_without_words(mjml: &str) -> impl Iterator<Item = usize> {
    ["<mj-image", "<img"].into_iter().flat_map(move |name| {
        mjml.match_indices(name).filter_map(move |(at, _)| {
            let tag = mjml.get(at..)?;
            let tag = tag.get(..end_within(tag, ">")?)?;
            (!tag.split_whitespace().any(|part| part.starts_with("alt="))).then_some(at)
        })
    })
}
