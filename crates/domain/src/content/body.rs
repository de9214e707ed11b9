//! What a writer types, as MJML.
//!
//! A body is either MJML (it begins with `<mjml`) or simple text blocks, parted by empty lines:
//!
//! ```text
//! # A headline
//! A paragraph with **bold words** and [a link](https://example.org/).
//! - a list
//! - of points
//! [A button](https://example.org/book)
//! ---
//! ```
//!
//! INVARIANT: in text blocks every character a writer types is escaped; only MJML brings markup.

use std::fmt::Write;

use super::Footer;

#[cfg(test)]
mod tests;

/// One block of a simple body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block<'a> {
    /// `# …` is 1, `## …` is 2.
    Heading(u8, &'a str),
    /// Lines up to the next empty one.
    Paragraph(Vec<&'a str>),
    /// Lines that begin with `- `.
    List(Vec<&'a str>),
    /// `[label](target)` on a line of its own.
    Button(&'a str, &'a str),
    /// `---`.
    Rule,
}

/// Whether the body is written in MJML rather than in text blocks.
#[must_use]
pub fn is_mjml(body: &str) -> bool {
    body.trim_start()
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("<mjml"))
}

/// The blocks of a simple body.
#[must_use]
pub fn blocks(body: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    for line in body.lines().map(str::trim) {
        match (block(line), found.last_mut()) {
            (None, _) => found.push(Block::Paragraph(Vec::new())),
            (Some(Block::Paragraph(more)), Some(Block::Paragraph(lines))) => lines.extend(more),
            (Some(Block::List(more)), Some(Block::List(items))) => items.extend(more),
            (Some(block), _) => found.push(block),
        }
    }
    found.retain(|block| *block != Block::Paragraph(Vec::new()));
    found
}

/// The block that one line begins or goes on with; none for an empty line.
fn block(line: &str) -> Option<Block<'_>> {
    if line.is_empty() {
        return None;
    }
    if line == "---" {
        return Some(Block::Rule);
    }
    if let Some(text) = line.strip_prefix("## ") {
        return Some(Block::Heading(2, text));
    }
    if let Some(text) = line.strip_prefix("# ") {
        return Some(Block::Heading(1, text));
    }
    if let Some(item) = line.strip_prefix("- ") {
        return Some(Block::List(vec![item]));
    }
    if let Some((label, target, "")) = link(line) {
        return Some(Block::Button(label, target));
    }
    Some(Block::Paragraph(vec![line]))
}

/// `[label](target)` at the beginning, and what follows.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, rest) = rest.split_once(')')?;
    let is_plain =
        !label.is_empty() && !label.contains(['[', ']']) && !target.contains(char::is_whitespace);
    is_plain.then_some((label, target, rest))
}

/// The body as a whole MJML document, without the layout's frame.
#[must_use]
pub fn to_mjml(body: &str) -> String {
    if is_mjml(body) {
        return body.to_owned();
    }
    let mut out = String::with_capacity(body.len() * 2 + 200);
    out.push_str("<mjml><mj-body><mj-section><mj-column>");
    for block in blocks(body) {
        write_block(&mut out, &block);
    }
    out.push_str("</mj-column></mj-section></mj-body></mjml>");
    out
}

fn write_block(out: &mut String, block: &Block<'_>) {
    match block {
        Block::Heading(level, text) => {
            let size = if *level == 1 { 26 } else { 20 };
            let _ = write!(
                out,
                "<mj-text font-size=\"{size}px\" line-height=\"1.3\"><h{level} style=\"margin:0;font-size:inherit;line-height:inherit\">"
            );
            write_inline(out, text);
            let _ = write!(out, "</h{level}></mj-text>");
        }
        Block::Paragraph(lines) => {
            out.push_str("<mj-text><p style=\"margin:0\">");
            for (index, line) in lines.iter().enumerate() {
                if index > 0 {
                    out.push_str("<br/>");
                }
                write_inline(out, line);
            }
            out.push_str("</p></mj-text>");
        }
        Block::List(items) => {
            out.push_str("<mj-text><ul style=\"margin:0\">");
            for item in items {
                out.push_str("<li>");
                write_inline(out, item);
                out.push_str("</li>");
            }
            out.push_str("</ul></mj-text>");
        }
        Block::Button(label, target) => {
            let (label, target) = (escaped(label), escaped(target));
            let _ = write!(
                out,
                "<mj-button align=\"left\" href=\"{target}\">{label}</mj-button>"
            );
        }
        Block::Rule => out.push_str("<mj-divider border-width=\"1px\" border-color=\"#c9d2cf\"/>"),
    }
}

/// Escaped text in which `**bold**` and `[links](target)` are markup.
fn write_inline(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(start) = rest.find(['*', '[']) {
        let (before, from) = rest.split_at(start);
        out.push_str(&escaped(before));
        if let Some((bold, after)) = from
            .strip_prefix("**")
            .and_then(|from| from.split_once("**"))
        {
            let _ = write!(out, "<strong>{}</strong>", escaped(bold));
            rest = after;
        } else if let Some((label, target, after)) = link(from) {
            let _ = write!(
                out,
                "<a href=\"{}\">{}</a>",
                escaped(target),
                escaped(label)
            );
            rest = after;
        } else {
            let mut chars = from.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out.push_str(&escaped(rest));
}

/// The frame's head and foot as MJML: common type, the preheader, and the footer's slots.
#[must_use]
pub fn frame(preheader: &str, footer: Footer) -> String {
    let unsubscribe = match footer {
        Footer::Commercial => "<a href=\"{{unsubscribe_url}}\">Unsubscribe</a> &#183; ",
        Footer::Relationship => "",
    };
    let preview = if preheader.is_empty() {
        String::new()
    } else {
        format!("<mj-preview>{}</mj-preview>", escaped(preheader))
    };
    format!(
        "<mjml><mj-head>{preview}<mj-attributes>\
         <mj-all font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\"/>\
         <mj-text font-size=\"16px\" line-height=\"1.5\" color=\"#1d2a27\"/>\
         <mj-button background-color=\"#0d6b5c\" color=\"#ffffff\" font-size=\"16px\" border-radius=\"6px\"/>\
         </mj-attributes></mj-head><mj-body><mj-section padding=\"24px 0 0\"><mj-column>\
         <mj-divider border-width=\"1px\" border-color=\"#c9d2cf\"/>\
         <mj-text font-size=\"13px\" color=\"#53625e\">\
         <p style=\"margin:0\">{{{{organization_name}}}}<br/>{{{{organization_address}}}}</p>\
         <p style=\"margin:8px 0 0\">{unsubscribe}<a href=\"{{{{preferences_url}}}}\">What we may send you</a></p>\
         </mj-text></mj-column></mj-section></mj-body></mjml>"
    )
}

/// The foot of the plain text twin.
#[must_use]
pub fn text_footer(footer: Footer) -> String {
    let unsubscribe = match footer {
        Footer::Commercial => "Unsubscribe: {{unsubscribe_url}}\n",
        Footer::Relationship => "",
    };
    format!(
        "\n--\n{{{{organization_name}}}}\n{{{{organization_address}}}}\n\n\
         {unsubscribe}What we may send you: {{{{preferences_url}}}}\n"
    )
}

/// Text as it stands in markup and in quoted attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
