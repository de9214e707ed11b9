//! What rendered HTML may hold, and where in it a value may stand.
//!
//! A short list of elements is let through; scripts, forms, frames, images and style sheets that
//! fetch anything are not. A value may stand between tags, in `alt`, `title` and `aria-label`;
//! as a link's whole target only a link that the program makes itself may stand.
//!
//! INVARIANT: nothing that passes makes a mail program call somebody else's server.
//! INVARIANT: a value about a person never stands in a link.

use super::variable::{self, Kind};
use super::{BadTemplate, Token, tokens};

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "li",
    "meta",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];
const FETCHING: &[&str] = &[
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "dynsrc",
    "formaction",
    "icon",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "profile",
    "src",
    "srcdoc",
    "srcset",
    "usemap",
    "xlink:href",
];
const WORDY: &[&str] = &["alt", "aria-label", "title"];
const SCHEMES: &[&str] = &["https://", "mailto:", "tel:", "#"];

/// Refuses HTML that fetches, runs or hides something, and slots that stand where they may not.
///
/// # Errors
///
/// The first thing found, in words for the writer.
pub fn check(source: &str) -> Result<(), BadTemplate> {
    let mut scanner = Scanner::new();
    for token in tokens(source)? {
        let (result, variable) = match &token {
            Token::Text(text) => (text.chars().try_for_each(|c| scanner.take(c)), None),
            Token::Slot(slot) => (scanner.slot(&slot.name), Some(slot.name.clone())),
        };
        result.map_err(|says| BadTemplate {
            at: (1, 1),
            variable,
            says,
        })?;
    }
    scanner.end().map_err(|says| BadTemplate {
        at: (1, 1),
        variable: None,
        says,
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Text,
    TagOpen,
    TagName,
    InTag,
    AttributeName,
    AfterName,
    BeforeValue,
    Value(Option<char>),
    Markup,
    Comment,
    Raw,
}

/// A tokenizer of the well-formed HTML that the renderer writes; what it cannot follow it refuses.
struct Scanner {
    state: State,
    element: String,
    is_closing: bool,
    attribute: String,
    value: String,
    /// A link slot ended; only the closing quote may follow.
    is_link_done: bool,
    gathered: String,
}

type Step = Result<(), String>;

impl Scanner {
    fn new() -> Self {
        Self {
            state: State::Text,
            element: String::new(),
            is_closing: false,
            attribute: String::new(),
            value: String::new(),
            is_link_done: false,
            gathered: String::new(),
        }
    }

    fn take(&mut self, c: char) -> Step {
        match self.state {
            State::Text => {
                if c == '<' {
                    self.state = State::TagOpen;
                }
            }
            State::TagOpen => return self.tag_open(c),
            State::TagName => match c {
                c if c.is_ascii_whitespace() || c == '/' || c == '>' => {
                    self.check_element()?;
                    self.state = State::InTag;
                    return self.in_tag(c);
                }
                _ => self.element.push(c.to_ascii_lowercase()),
            },
            State::InTag => return self.in_tag(c),
            State::AttributeName => match c {
                '=' => self.state = State::BeforeValue,
                c if c.is_ascii_whitespace() => self.state = State::AfterName,
                '>' | '/' => {
                    self.attribute_done()?;
                    return self.in_tag(c);
                }
                _ => self.attribute.push(c.to_ascii_lowercase()),
            },
            State::AfterName => match c {
                '=' => self.state = State::BeforeValue,
                c if c.is_ascii_whitespace() => {}
                _ => {
                    self.attribute_done()?;
                    return self.in_tag(c);
                }
            },
            State::BeforeValue => match c {
                '"' | '\'' => self.state = State::Value(Some(c)),
                c if c.is_ascii_whitespace() => {}
                '>' => return Err("an attribute has no value".to_owned()),
                _ => {
                    self.state = State::Value(None);
                    self.value.push(c);
                }
            },
            State::Value(quote) => return self.value(c, quote),
            State::Markup => return self.markup(c),
            State::Comment => {
                self.gathered.push(c);
                if c == '>'
                    && (self.gathered.ends_with("-->")
                        || self.gathered == ">"
                        || self.gathered == "->")
                {
                    return self.comment_done();
                }
            }
            State::Raw => {
                self.gathered.push(c.to_ascii_lowercase());
                let end = format!("</{}", self.element);
                if self.gathered.ends_with(&end) {
                    return self.raw_done();
                }
            }
        }
        Ok(())
    }

    fn slot(&mut self, name: &str) -> Step {
        let is_link = variable::find(name).is_some_and(|variable| variable.kind == Kind::Link);
        match &self.state {
            State::Text => Ok(()),
            State::Raw if self.element == "title" => Ok(()),
            State::Value(Some(_)) if self.is_link_done => Err(after_link()),
            State::Value(Some(_))
                if self.attribute == "href" && is_link && self.value.is_empty() =>
            {
                self.is_link_done = true;
                Ok(())
            }
            State::Value(Some(_)) if self.attribute == "href" => Err(format!(
                "`{{{{{name}}}}}` may not stand in a link: what is known of a person would reach whoever \
                 runs the page behind it, and every log on the way"
            )),
            State::Value(Some(_)) if WORDY.contains(&self.attribute.as_str()) => {
                self.value.push('x');
                Ok(())
            }
            _ => Err(format!(
                "`{{{{{name}}}}}` may stand in text, not in the middle of a tag, style or comment"
            )),
        }
    }

    fn end(&self) -> Step {
        match self.state {
            State::Text => Ok(()),
            _ => Err("a tag or comment is not closed".to_owned()),
        }
    }

    fn tag_open(&mut self, c: char) -> Step {
        self.element.clear();
        self.is_closing = false;
        match c {
            '!' => {
                self.gathered.clear();
                self.state = State::Markup;
            }
            '/' => {
                self.is_closing = true;
                self.state = State::TagName;
            }
            c if c.is_ascii_alphabetic() => {
                self.element.push(c.to_ascii_lowercase());
                self.state = State::TagName;
            }
            _ => return Err("a `<` that opens no tag is written `&lt;`".to_owned()),
        }
        Ok(())
    }

    fn in_tag(&mut self, c: char) -> Step {
        self.state = State::InTag;
        match c {
            '>' => {
                let is_raw =
                    !self.is_closing && ["style", "title"].contains(&self.element.as_str());
                self.gathered.clear();
                self.state = if is_raw { State::Raw } else { State::Text };
            }
            c if c.is_ascii_whitespace() || c == '/' => {}
            '"' | '\'' | '<' | '=' => return Err(format!("a stray `{c}` stands in a tag")),
            _ => {
                self.attribute.clear();
                self.value.clear();
                self.is_link_done = false;
                self.attribute.push(c.to_ascii_lowercase());
                self.state = State::AttributeName;
            }
        }
        Ok(())
    }

    fn value(&mut self, c: char, quote: Option<char>) -> Step {
        let is_end = match quote {
            Some(quote) => c == quote,
            None => c.is_ascii_whitespace() || c == '>',
        };
        if !is_end {
            if self.is_link_done {
                return Err(after_link());
            }
            self.value.push(c);
            return Ok(());
        }
        self.attribute_done()?;
        self.state = State::InTag;
        if quote.is_none() {
            self.in_tag(c)
        } else {
            Ok(())
        }
    }

    fn markup(&mut self, c: char) -> Step {
        self.gathered.push(c);
        if self.gathered == "--" {
            self.gathered.clear();
            self.state = State::Comment;
        } else if c == '>' {
            // The document type, or the end of a conditional block; neither shows anything.
            self.state = State::Text;
        }
        Ok(())
    }

    fn comment_done(&mut self) -> Step {
        self.state = State::Text;
        let text = self.gathered.to_ascii_lowercase();
        let fetching = ["//", "src=", "href=", "<script", "javascript:"];
        if fetching.into_iter().any(|word| text.contains(word)) {
            return Err(
                "a part for one mail program only may not fetch or link anything".to_owned(),
            );
        }
        Ok(())
    }

    fn raw_done(&mut self) -> Step {
        if self.element == "style" {
            check_style(&self.gathered)?;
        }
        self.is_closing = true;
        self.state = State::InTag;
        Ok(())
    }

    fn check_element(&self) -> Step {
        if ELEMENTS.contains(&self.element.as_str()) {
            return Ok(());
        }
        let why = match self.element.as_str() {
            "img" | "video" | "audio" | "picture" | "source" => {
                ": fetching it would tell somebody's server that the mail was opened"
            }
            "script" | "iframe" | "object" | "embed" => ": a message never runs anything",
            "form" | "input" | "button" | "select" | "textarea" => {
                ": link to a page with a form instead"
            }
            _ => "",
        };
        Err(format!("`<{}>` is not let through{why}", self.element))
    }

    /// Looks at the attribute just read; `value` is empty when it had none.
    fn attribute_done(&mut self) -> Step {
        let (name, value) = (self.attribute.as_str(), self.value.as_str());
        if name.starts_with("on") || FETCHING.contains(&name) {
            return Err(format!(
                "the attribute `{name}` is not let through: it would fetch or run something"
            ));
        }
        let lower = value.to_ascii_lowercase();
        match name {
            "href" if self.is_link_done => Ok(()),
            "href" if SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) && !has_space(value) => Ok(()),
            "href" => Err("a link begins with `https://`, `mailto:` or `tel:`, or is a link variable such as \
                           `{{preferences_url}}`"
                .to_owned()),
            "style" => check_style(&lower),
            "http-equiv" if lower.contains("refresh") => {
                Err("a message may not send its reader to another page".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn has_space(value: &str) -> bool {
    value.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn after_link() -> String {
    "a link variable is a whole link: nothing may follow it inside the quotes".to_owned()
}

/// Refuses styles that fetch, or that hide what they do behind escapes.
fn check_style(lower: &str) -> Step {
    let fetching = [
        "url(",
        "image-set(",
        "image(",
        "src(",
        "@import",
        "expression(",
        "javascript:",
        "behavior:",
        "//",
        "\\",
        "&#",
    ];
    match fetching.into_iter().find(|word| lower.contains(word)) {
        Some(word) => Err(format!(
            "`{word}` is not let through in a style: a message fetches nothing"
        )),
        None => Ok(()),
    }
}
