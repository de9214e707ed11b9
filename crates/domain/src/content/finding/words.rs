//! A text as words with their places, as a reader reads them: not as somebody typed them to get past.

use unicode_normalization::UnicodeNormalization as _;

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

/// How marks inside a word are read. Both readings are looked at: with a little style the one looks like
/// the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// They part words: `Book<a>today</a>` is two.
    Part,
    /// They part nothing: `gu**ar**anteed` is one.
    Join,
}

/// The words of a text as a reader reads them. Variables, link targets and markup are no words, and a
/// variable parts what stands around it no more than a word does.
pub(super) fn of(source: &str, is_markup: bool, marks: Marks) -> Vec<Word> {
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
        if let Some((text, length)) = word(rest, is_markup, marks) {
            words.push(Word {
                text,
                start: at,
                end: at + length,
                begins,
            });
            begins = false;
            at += length;
            continue;
        }
        let (next, length) = letter(rest, is_markup);
        begins |= matches!(next, '.' | '!' | '?' | ';' | ':' | '|' | '•')
            || rest.starts_with("\n\n")
            || rest.starts_with("\n- ");
        at += length;
    }
    words
}

/// The words of attributes that are read aloud, or shown when images are not.
pub(super) fn of_attributes(mjml: &str) -> Vec<Word> {
    let names = ["alt", "title"].into_iter();
    let mut words: Vec<Word> = names
        .flat_map(|name| mjml.match_indices(name).map(move |(at, _)| at + name.len()))
        .filter_map(|at| {
            let rest = mjml.get(at..)?.strip_prefix('=')?;
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let value = rest.get(1..)?.split(quote).next()?;
            Some((at + 2, value))
        })
        .flat_map(|(at, value)| {
            of(value, true, Marks::Part)
                .into_iter()
                .map(move |word| Word {
                    start: word.start + at,
                    end: word.end + at,
                    ..word
                })
        })
        .collect();
    words.sort_by_key(|word| word.start);
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
    let most = MAX_SKIPPED.min(rest.len());
    let most = (0..=most).rfind(|&n| rest.is_char_boundary(n))?;
    let at = rest.get(..most)?.find(end)?;
    Some(at + end.len())
}

fn is_inline(tag: &str) -> bool {
    let name = tag.strip_prefix('<').unwrap_or(tag);
    let name = name.strip_prefix('/').unwrap_or(name);
    let name = name
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .next();
    matches!(name, Some("a" | "b" | "i" | "em" | "strong" | "span" | "u"))
}

/// The word that stands here, in lower case and plain letters, and where it ends.
fn word(rest: &str, is_markup: bool, marks: Marks) -> Option<(String, usize)> {
    let mut text = String::new();
    let (mut at, mut end) = (0, 0);
    while let Some(after) = rest.get(at..).filter(|after| !after.is_empty()) {
        if !text.is_empty() {
            let hidden = unseen(after, is_markup, marks);
            if hidden > 0 {
                at += hidden;
                continue;
            }
        }
        let (c, length) = letter(after, is_markup);
        let next = || {
            let after = after.get(length..)?;
            let after = after.get(unseen(after, is_markup, marks)..)?;
            (!after.is_empty()).then(|| letter(after, is_markup).0)
        };
        if !is_part(c, &text, next) {
            break;
        }
        text.extend(folded(c));
        at += length;
        end = at;
    }
    (end > 0).then_some((text, end))
}

fn is_part(c: char, before: &str, next: impl Fn() -> Option<char>) -> bool {
    let joins = |is: fn(&char) -> bool| !before.is_empty() && next().as_ref().is_some_and(is);
    match c {
        c if c.is_alphanumeric() => true,
        '\'' | '’' => joins(|next| next.is_alphabetic()),
        '.' | ',' => joins(char::is_ascii_digit) && ends_in_digit(before),
        '%' => ends_in_digit(before),
        '$' | '€' | '#' => before.is_empty() && next().is_some_and(|next| next.is_ascii_digit()),
        _ => false,
    }
}

/// The letter that stands here, and how many bytes write it.
fn letter(rest: &str, is_markup: bool) -> (char, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    let entity = (is_markup && first == '&').then(|| entity(rest)).flatten();
    entity.unwrap_or((first, first.len_utf8()))
}

/// A character written as `&#97;`, `&#x61;` or by one of the names that hide or part letters.
fn entity(rest: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 24;
    let near = rest.as_bytes().get(..LONGEST.min(rest.len()))?;
    let end = near.iter().position(|byte| *byte == b';')?;
    let name = rest.get(1..end)?;
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let c = match name.strip_prefix('#') {
        Some(digits) => char::from_u32(match digits.strip_prefix(['x', 'X']) {
            Some(digits) => code(digits, 16)?,
            None => code(digits, 10)?,
        })?,
        None => match name {
            "shy" => '\u{ad}',
            "zwj" => '\u{200d}',
            "zwnj" => '\u{200c}',
            "ZeroWidthSpace" | "NegativeThinSpace" => '\u{200b}',
            "NoBreak" => '\u{2060}',
            "apos" | "rsquo" => '\'',
            "dollar" => '$',
            "percnt" => '%',
            _ if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => ' ',
            _ => return None,
        },
    };
    Some((c, end + 1))
}

/// How many bytes from here on show nothing between two letters.
fn unseen(rest: &str, is_markup: bool, marks: Marks) -> usize {
    let (c, length) = letter(rest, is_markup);
    if is_invisible(c) {
        return length;
    }
    let mark = match marks {
        Marks::Part => None,
        Marks::Join if is_markup && c == '<' && (rest.starts_with("<!--") || is_inline(rest)) => {
            skipped(rest, true)
        }
        Marks::Join if is_markup => None,
        Marks::Join if rest.starts_with("**") => Some(2),
        Marks::Join if c == '[' => Some(1),
        Marks::Join => rest
            .starts_with("](")
            .then(|| skipped(rest, false))
            .flatten(),
    };
    mark.unwrap_or(0)
}

/// Characters that no reader sees: soft hyphens, joiners, marks of direction, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A letter as phrases are written: small, without style, and Latin when it looks Latin.
fn folded(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c)
        .nfkc()
        .map(latin)
        .flat_map(char::to_lowercase)
}

/// The Latin letter that a Cyrillic or Greek one looks like.
#[rustfmt::skip] // A table.
fn latin(c: char) -> char {
    match c {
        '’' => '\'',
        'а' | 'А' | 'Α' | 'α' => 'a',
        'В' | 'Β'             => 'b',
        'с' | 'С' | 'ϲ'       => 'c',
        'ԁ'                   => 'd',
        'е' | 'Е' | 'Ε'       => 'e',
        'ɡ'                   => 'g',
        'һ' | 'Н' | 'Η'       => 'h',
        'і' | 'І' | 'Ι' | 'ι' | 'ı' => 'i',
        'ј' | 'Ј'             => 'j',
        'К' | 'Κ' | 'κ'       => 'k',
        'ӏ' | 'Ӏ'             => 'l',
        'М' | 'Μ'             => 'm',
        'Ν'                   => 'n',
        'о' | 'О' | 'Ο' | 'ο' => 'o',
        'р' | 'Р' | 'Ρ' | 'ρ' => 'p',
        'ԛ'                   => 'q',
        'ѕ' | 'Ѕ'             => 's',
        'Т' | 'Τ'             => 't',
        'υ'                   => 'u',
        'ν' | 'ѵ'             => 'v',
        'ԝ'                   => 'w',
        'х' | 'Х' | 'Χ'       => 'x',
        'у' | 'У' | 'Υ'       => 'y',
        'Ζ'                   => 'z',
        other => other,
    }
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

/// Lines and columns of a text, asked for in rising order: the text is walked through once.
pub(super) struct Places<'a> {
    source: &'a str,
    walked: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    pub(super) const fn of(source: &'a str) -> Self {
        Self {
            source,
            walked: 0,
            line: 1,
            column: 1,
        }
    }

    /// Line and column, from 1, of a byte that is not before the last one asked for.
    pub(super) fn at(&mut self, byte: usize) -> (u32, u32) {
        let between = self.source.get(self.walked..byte).unwrap_or_default();
        for c in between.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line.saturating_add(1), 1);
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.walked += between.len();
        (self.line, self.column)
    }
}

/// Line and column, from 1, of a byte.
pub(super) fn place(source: &str, at: usize) -> (u32, u32) {
    Places::of(source).at(at)
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
