//! A postcard: a front in one colour, and a side with words on the left and the address on the right.
//!
//! Everything on it is outside. The lower right corner stays clear for the bar code of the post, the
//! upper right one for the postage.

use placet_domain::content::Format;
use placet_domain::content::body::{Block, blocks};

use super::paper::{Ink, Mark, Page, Unset, Weight, fitted, lines, runs, set};
use super::{Frame, Says};

/// Printed beyond the edge, an eighth of an inch.
const BLEED: f32 = 9.0;
/// Nothing is nearer to the edge.
const MARGIN: f32 = 20.0;
/// How high the post's own corner is.
const CLEAR: f32 = 50.0;

struct Card {
    trim: (f32, f32),
    headline: f32,
    size: f32,
    small: f32,
}

fn card(format: Format) -> Card {
    match format {
        Format::LargeCard => Card {
            trim: (648.0, 432.0),
            headline: 44.0,
            size: 10.5,
            small: 7.5,
        },
        _ => Card {
            trim: (432.0, 306.0),
            headline: 30.0,
            size: 8.5,
            small: 6.5,
        },
    }
}

/// Sets a card: its front, then its written side.
///
/// # Errors
///
/// [`Unset`] says what does not fit.
pub fn set_card(frame: &Frame, says: &Says, code: &str) -> Result<Vec<Page>, Unset> {
    let card = card(says.format);
    Ok(vec![
        front(&card, frame, says)?,
        written(&card, frame, says, code)?,
    ])
}

fn front(card: &Card, frame: &Frame, says: &Says) -> Result<Page, Unset> {
    let (width, height) = card.trim;
    let room = width - 4.0 * MARGIN;
    let mut marks = vec![Mark::Box {
        at: [-BLEED, -BLEED, width + 2.0 * BLEED, height + 2.0 * BLEED],
        ink: Ink::Accent,
    }];
    let headline = format!("**{}**", says.heading);
    let headline = lines(&runs(&headline), card.headline, room)?;
    let leading = card.headline * 1.2;
    let high = leading * headline.len() as f32;
    let mut y = (height * 0.44 - high / 2.0).max(2.0 * MARGIN);
    for line in &headline {
        y += leading;
        marks.extend(set(line, (2.0 * MARGIN, y), card.headline, Ink::White)?);
    }
    let size = card.headline * 0.46;
    y += size * 0.6;
    for line in lines(&runs(&says.second), size, room)? {
        y += size * 1.4;
        marks.extend(set(&line, (2.0 * MARGIN, y), size, Ink::White)?);
    }
    if y > height - 2.4 * MARGIN {
        return Err(Unset::Long);
    }
    if let Some(name) = frame.return_lines.first() {
        let size = fitted(name, Weight::Bold, (card.size + 1.0, 6.0), room)?;
        marks.push(Mark::Words {
            x: 2.0 * MARGIN,
            y: height - 1.5 * MARGIN,
            size,
            weight: Weight::Bold,
            ink: Ink::White,
            text: name.clone(),
        });
    }
    Ok(page(card, marks))
}

fn page(card: &Card, marks: Vec<Mark>) -> Page {
    Page {
        trim: card.trim,
        bleed: BLEED,
        marks,
    }
}

fn written(card: &Card, frame: &Frame, says: &Says, code: &str) -> Result<Page, Unset> {
    let (width, height) = card.trim;
    let left = width * 0.46 - MARGIN;
    let mut marks = Vec::new();
    let mut y = MARGIN;
    for (n, line) in frame.return_lines.iter().enumerate() {
        let weight = if n == 0 {
            Weight::Bold
        } else {
            Weight::Regular
        };
        let size = fitted(line, weight, (card.small + 0.5, 5.0), left)?;
        y += card.small * 1.35;
        marks.push(Mark::Words {
            x: MARGIN,
            y,
            size,
            weight,
            ink: Ink::Black,
            text: line.clone(),
        });
    }
    y += card.size * 1.4;
    let mut paragraph = |text: &str, size: f32, ink: Ink, y: &mut f32| {
        for line in lines(&runs(text), size, left)? {
            *y += size * 1.38;
            marks.extend(set(&line, (MARGIN, *y), size, ink)?);
        }
        *y += size * 0.5;
        Ok::<(), Unset>(())
    };
    for block in blocks(&says.body) {
        let all: Vec<String> = match block {
            Block::Heading(_, text) => vec![format!("**{text}**")],
            Block::Paragraph(all) => all.into_iter().map(str::to_owned).collect(),
            Block::List(items) => items.into_iter().map(|item| format!("• {item}")).collect(),
            Block::Button(label, target) => vec![format!("[{label}]({target})")],
            Block::Rule => Vec::new(),
        };
        for text in all {
            paragraph(&text, card.size, Ink::Black, &mut y)?;
        }
    }
    paragraph(&frame.removal(), card.small, Ink::Gray, &mut y)?;
    if y > height - CLEAR {
        return Err(Unset::Long);
    }
    marks.push(Mark::Box {
        at: [width * 0.5, MARGIN, 0.5, height - MARGIN - CLEAR],
        ink: Ink::Gray,
    });
    marks.extend(address(card, says, code)?);
    Ok(page(card, marks))
}

fn address(card: &Card, says: &Says, code: &str) -> Result<Vec<Mark>, Unset> {
    let (width, height) = card.trim;
    let (x, room) = (width * 0.54, width * 0.46 - MARGIN);
    let mut y = height * 0.5;
    let words = |y, size, ink, text: &str| Mark::Words {
        x,
        y,
        size,
        weight: Weight::Regular,
        ink,
        text: text.to_owned(),
    };
    let mut marks = vec![words(y - 8.0, 6.0, Ink::Gray, code)];
    for line in [&says.name].into_iter().chain(&says.lines) {
        let size = fitted(line, Weight::Regular, (card.size + 1.0, 6.0), room)?;
        y += (card.size + 1.0) * 1.3;
        marks.push(words(y, size, Ink::Black, line));
    }
    if y > height - CLEAR {
        return Err(Unset::Long);
    }
    Ok(marks)
}
