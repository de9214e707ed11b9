//! The plain text twin of rendered HTML.

/// What a reader without HTML gets: paragraphs by empty lines, links with their address behind.
/// Slots stay as they are.
#[must_use]
pub fn from_html(html: &str) -> String {
    let body = html
        .find("<body")
        .and_then(|at| html.get(at..))
        .unwrap_or(html);
    let mut text = Text::default();
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        text.words(before);
        if let Some(after) = tag
            .strip_prefix("<!--")
            .and_then(|tag| tag.split_once("-->"))
        {
            rest = after.1;
            continue;
        }
        let end = tag_end(tag);
        let (inside, after) = tag.split_at(end);
        rest = after.strip_prefix('>').unwrap_or(after);
        // The preheader is for lists of messages, not for reading.
        if inside.starts_with("<div") && inside.contains("display:none") {
            rest = rest.split_once("</div>").map_or("", |(_, after)| after);
            continue;
        }
        text.tag(inside.get(1..).unwrap_or_default());
    }
    text.words(rest);
    text.finish()
}

/// Where a tag ends: at the first `>` outside quotes.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    tag.len()
}

#[derive(Default)]
struct Text {
    out: String,
    /// Line ends that are due before the next word.
    breaks: usize,
    href: Option<(String, usize)>,
    hidden: usize,
}

impl Text {
    fn words(&mut self, markup: &str) {
        if self.hidden > 0 {
            return;
        }
        let decoded = decode(markup);
        let begins_with_space = decoded.starts_with(char::is_whitespace);
        let mut is_first = true;
        for word in decoded.split_whitespace() {
            self.before_word(is_first && !begins_with_space);
            self.out.push_str(word);
            is_first = false;
        }
        if !is_first && decoded.ends_with(char::is_whitespace) {
            self.out.push(' ');
        }
    }

    fn before_word(&mut self, joins: bool) {
        if self.breaks > 0 {
            let kept = self.out.trim_end().len();
            self.out.truncate(kept);
            if !self.out.is_empty() {
                self.out
                    .extend(std::iter::repeat_n('\n', self.breaks.min(2)));
            }
            self.breaks = 0;
        } else if !joins && !self.out.is_empty() && !self.out.ends_with(char::is_whitespace) {
            self.out.push(' ');
        }
    }

    fn tag(&mut self, inside: &str) {
        let is_closing = inside.starts_with('/');
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        // The preheader and the head are not part of what is read.
        if matches!(name.as_str(), "style" | "title" | "head") {
            if is_closing {
                self.hidden = self.hidden.saturating_sub(1);
            } else {
                self.hidden += 1;
            }
            return;
        }
        match name.as_str() {
            "br" => self.breaks = self.breaks.max(1),
            "li" if !is_closing => {
                self.breaks = self.breaks.max(1);
                self.before_word(true);
                self.out.push_str("- ");
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "div" | "table"
            | "tr" | "blockquote" => self.breaks = 2,
            "a" if is_closing => {
                if let Some((target, from)) = self.href.take() {
                    let is_shown = self
                        .out
                        .get(from..)
                        .is_some_and(|text| text.contains(&target));
                    if !is_shown {
                        self.out.push_str(&format!(" ({target})"));
                    }
                }
            }
            "a" => self.href = href(inside).map(|target| (target, self.out.len())),
            _ => {}
        }
    }

    fn finish(self) -> String {
        let mut text = self.out.trim().to_owned();
        text.push('\n');
        text
    }
}

fn href(tag: &str) -> Option<String> {
    let from = tag.find("href=\"")? + 6;
    let target = tag.get(from..)?.split('"').next()?;
    (!target.is_empty()).then(|| decode(target))
}

/// The few entities that the renderer writes.
fn decode(markup: &str) -> String {
    if !markup.contains('&') {
        return markup.to_owned();
    }
    markup
        .replace("&nbsp;", " ")
        .replace("&#160;", " ")
        .replace("&#183;", "·")
        .replace("&middot;", "·")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
