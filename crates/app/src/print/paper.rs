//! Words on paper: the fonts, how wide words are, how lines break, and a page of marks.
//!
//! Measures are in points, 72 to the inch, from the top left corner. The fonts come with the
//! program (DejaVu) and are embedded in each file, so that a printer sets what was approved.

use std::sync::LazyLock;

use placet_domain::content::piece::unprintable;
use ttf_parser::Face;

/// Why a piece cannot be set. It never repeats what it was to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unset {
    /// A character that no font here has.
    #[error("a character of it cannot be printed: its script is not one that can be set here")]
    Character,
    /// A line that is wider than its place.
    #[error("a line of the address or the heading is too long for its place")]
    Wide,
    /// More words than the paper holds.
    #[error("it is too long for its paper: shorten it")]
    Long,
    /// A file that could not be written.
    #[error("the file could not be written")]
    File,
}

/// Which font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// For text.
    Regular,
    /// For headings and what stands out.
    Bold,
}

/// In what colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Black.
    Black,
    /// Gray, for what is small print.
    Gray,
    /// The one colour of a card's front.
    Accent,
    /// Paper, on the accent.
    White,
}

/// One mark on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// Words on a base line.
    Words {
        /// Left end.
        x: f32,
        /// Base line.
        y: f32,
        /// Size of the font.
        size: f32,
        /// Which font.
        weight: Weight,
        /// In what colour.
        ink: Ink,
        /// What.
        text: String,
    },
    /// A filled box.
    Box {
        /// Left, top, width, height.
        at: [f32; 4],
        /// In what colour.
        ink: Ink,
    },
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width and height after trimming.
    pub trim: (f32, f32),
    /// How much is printed beyond each edge.
    pub bleed: f32,
    /// What stands on it.
    pub marks: Vec<Mark>,
}

struct Fonts {
    regular: Option<Face<'static>>,
    bold: Option<Face<'static>>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts {
    regular: Face::parse(data(Weight::Regular), 0).ok(),
    bold: Face::parse(data(Weight::Bold), 0).ok(),
});

/// The font's file.
pub fn data(weight: Weight) -> &'static [u8] {
    match weight {
        Weight::Regular => dejavu::sans_condensed::regular(),
        Weight::Bold => dejavu::sans_condensed::bold(),
    }
}

/// One character as a font has it: which glyph, and how wide for a size of 1.
pub fn glyph(weight: Weight, c: char) -> Option<(u16, f32)> {
    let face = match weight {
        Weight::Regular => FONTS.regular.as_ref(),
        Weight::Bold => FONTS.bold.as_ref(),
    }?;
    let id = face.glyph_index(c)?;
    let advance = f32::from(face.glyph_hor_advance(id)?);
    Some((id.0, advance / f32::from(face.units_per_em())))
}

/// How wide words are; refused when a character cannot be set.
pub fn width(text: &str, weight: Weight, size: f32) -> Result<f32, Unset> {
    if unprintable(text).is_some() {
        return Err(Unset::Character);
    }
    let mut sum = 0.0;
    for c in text.chars() {
        sum += glyph(weight, c).ok_or(Unset::Character)?.1;
    }
    Ok(sum * size)
}

/// Words on one line, smaller when they must be, down to a size that can be read.
pub fn fitted(text: &str, weight: Weight, sizes: (f32, f32), room: f32) -> Result<f32, Unset> {
    let wide = width(text, weight, sizes.0)?;
    let size = if wide <= room {
        sizes.0
    } else {
        sizes.0 * room / wide
    };
    if size < sizes.1 {
        Err(Unset::Wide)
    } else {
        Ok(size)
    }
}

/// A stretch of a line in one font.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What.
    pub text: String,
    /// In which font.
    pub weight: Weight,
}

/// Text with `**bold**` and `[words](target)` as runs; a link's target stands behind its words.
pub fn runs(text: &str) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    let mut bold = false;
    for (n, part) in text.split("**").enumerate() {
        // A mark without its twin is a sign like any other.
        if n > 0 {
            bold = !bold;
        }
        let weight = if bold { Weight::Bold } else { Weight::Regular };
        if !part.is_empty() {
            out.push(Run {
                text: spelled(part),
                weight,
            });
        }
    }
    out
}

/// Links spelled out: `words (target)`.
fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('[') {
        out.push_str(before);
        let link = from.split_once("](").and_then(|(label, after)| {
            let (target, after) = after.split_once(')')?;
            Some((label, target, after))
        });
        match link {
            Some((label, target, after)) if !label.contains('[') => {
                let shown = target.split_once("://").map_or(target, |(_, host)| host);
                out.push_str(&format!("{label} ({})", shown.trim_end_matches('/')));
                rest = after;
            }
            _ => {
                out.push('[');
                rest = from;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Runs broken into lines no wider than `room`; a word that is wider alone is broken inside.
pub fn lines(runs: &[Run], size: f32, room: f32) -> Result<Vec<Vec<Run>>, Unset> {
    let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
    let mut used = 0.0;
    for run in runs {
        for word in words(&run.text) {
            let mut word = word.to_owned();
            let mut wide = width(word.trim_end(), run.weight, size)?;
            if used > 0.0 && used + wide > room {
                lines.push(Vec::new());
                used = 0.0;
            }
            while wide > room {
                let (head, tail) = split(&word, run.weight, size, room)?;
                push(&mut lines, head, run.weight);
                lines.push(Vec::new());
                word = tail;
                wide = width(word.trim_end(), run.weight, size)?;
            }
            used += width(&word, run.weight, size)?;
            push(&mut lines, word, run.weight);
        }
    }
    for line in &mut lines {
        if let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
    }
    Ok(lines)
}

/// Words with the blanks behind them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// The longest beginning that fits, and the rest.
fn split(word: &str, weight: Weight, size: f32, room: f32) -> Result<(String, String), Unset> {
    let mut head = String::new();
    for c in word.chars() {
        head.push(c);
        if head.chars().count() > 1 && width(&head, weight, size)? > room {
            head.pop();
            break;
        }
    }
    let tail = word.get(head.len()..).unwrap_or_default().to_owned();
    if tail.is_empty() {
        return Err(Unset::Wide);
    }
    Ok((head, tail))
}

fn push(lines: &mut [Vec<Run>], text: String, weight: Weight) {
    let Some(line) = lines.last_mut() else {
        return;
    };
    match line.last_mut() {
        Some(last) if last.weight == weight => last.text.push_str(&text),
        _ => line.push(Run { text, weight }),
    }
}

/// A line as marks.
pub fn set(line: &[Run], (x, y): (f32, f32), size: f32, ink: Ink) -> Result<Vec<Mark>, Unset> {
    let mut x = x;
    let mut marks = Vec::with_capacity(line.len());
    for run in line {
        marks.push(Mark::Words {
            x,
            y,
            size,
            weight: run.weight,
            ink,
            text: run.text.clone(),
        });
        x += width(&run.text, run.weight, size)?;
    }
    Ok(marks)
}
