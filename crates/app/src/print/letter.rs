//! A letter on US Letter paper, folded in three for a #10 envelope with a window.
//!
//! The sheet plays inside the envelope, by 0.46 inch up and down and by one inch to either side. What
//! stands in [`ADDRESS`] is seen in the window however it lies; what stands outside of [`WINDOW`]
//! never is. So the words begin below it.

use placet_domain::content::body::{Block, blocks};

use super::paper::{Ink, Mark, Page, Unset, Weight, fitted, lines, runs, set};
use super::{Frame, Says};

/// The paper.
const PAPER: (f32, f32) = (612.0, 792.0);
/// Left and right margin.
const MARGIN: f32 = 72.0;
/// What the window may ever show: left, top, right, bottom.
const WINDOW: [f32; 4] = [0.0, 146.0, 388.0, 262.0];
/// What it always shows: left, top, right, bottom.
const ADDRESS: [f32; 4] = [72.0, 180.0, 314.0, 228.0];
/// Where words begin under the window, and on a further page.
const FIRST: f32 = 292.0;
const NEXT: f32 = 78.0;
/// Where they end.
const LAST: f32 = 716.0;
/// The most pages of one letter.
const MOST_PAGES: usize = 4;
const SIZE: f32 = 10.5;
const LEADING: f32 = 15.0;
/// Between two blocks.
const GAP: f32 = 8.0;

/// Sets a letter.
///
/// # Errors
///
/// [`Unset`] says what does not fit.
pub fn set_letter(frame: &Frame, says: &Says, code: &str) -> Result<Vec<Page>, Unset> {
    let mut sheet = Sheet {
        pages: vec![first_page(frame, says, code)?],
        y: FIRST,
    };
    if !says.heading.is_empty() {
        sheet.words(&format!("**{}**", says.heading), 12.5, 0.0, Ink::Black)?;
        sheet.y += GAP;
    }
    for block in blocks(&says.body) {
        sheet.block(&block)?;
        sheet.y += GAP;
    }
    sheet.y += GAP;
    sheet.words(&frame.removal(), 8.0, 0.0, Ink::Gray)?;
    let n = sheet.pages.len();
    for (number, page) in sheet.pages.iter_mut().enumerate() {
        let foot = if n == 1 {
            code.to_owned()
        } else {
            format!("{code}   page {} of {n}", number + 1)
        };
        page.marks.push(words(MARGIN, 756.0, 7.0, &foot));
    }
    Ok(sheet.pages)
}

fn words(x: f32, y: f32, size: f32, text: &str) -> Mark {
    Mark::Words {
        x,
        y,
        size,
        weight: Weight::Regular,
        ink: Ink::Gray,
        text: text.to_owned(),
    }
}

/// Letterhead, address and the marks for folding.
fn first_page(frame: &Frame, says: &Says, code: &str) -> Result<Page, Unset> {
    let mut marks = Vec::new();
    let mut y = 54.0;
    for (n, line) in frame.return_lines.iter().enumerate() {
        let (weight, size) = if n == 0 {
            (Weight::Bold, 13.0)
        } else {
            (Weight::Regular, 9.0)
        };
        let size = fitted(line, weight, (size, 7.0), 340.0)?;
        marks.push(Mark::Words {
            x: MARGIN,
            y,
            size,
            weight,
            ink: Ink::Black,
            text: line.clone(),
        });
        y += if n == 0 { 15.0 } else { 12.0 };
    }
    let [left, top, right, bottom] = ADDRESS;
    let address: Vec<&String> = [&says.name].into_iter().chain(&says.lines).collect();
    // As many lines as there are share the room; a single one stands where the first would.
    let leading = (bottom - top) / address.len().max(4) as f32;
    for (n, line) in address.iter().enumerate() {
        let size = fitted(line, Weight::Regular, (leading * 0.86, 6.5), right - left)?;
        marks.push(Mark::Words {
            x: left,
            y: top + leading * (n as f32 + 0.85),
            size,
            weight: Weight::Regular,
            ink: Ink::Black,
            text: (*line).clone(),
        });
    }
    // Read by whoever opens a piece that came back.
    marks.push(words(left, top - 5.0, 6.0, code));
    let date = frame.date.as_str();
    marks.push(words(WINDOW[2] + 20.0, WINDOW[1] - 8.0, 9.5, date));
    for third in [264.0, 528.0] {
        marks.push(Mark::Box {
            at: [14.0, third, 9.0, 0.4],
            ink: Ink::Gray,
        });
    }
    Ok(Page {
        trim: PAPER,
        bleed: 0.0,
        marks,
    })
}

/// Pages as they fill.
struct Sheet {
    pages: Vec<Page>,
    y: f32,
}

impl Sheet {
    fn block(&mut self, block: &Block<'_>) -> Result<(), Unset> {
        match block {
            Block::Heading(level, text) => {
                let size = if *level == 1 { 14.0 } else { 12.0 };
                self.y += GAP / 2.0;
                self.words(&format!("**{text}**"), size, 0.0, Ink::Black)
            }
            Block::Paragraph(all) => all
                .iter()
                .try_for_each(|line| self.words(line, SIZE, 0.0, Ink::Black)),
            Block::List(items) => items.iter().try_for_each(|item| {
                let marker = Mark::Words {
                    x: MARGIN + 4.0,
                    y: 0.0,
                    size: SIZE,
                    weight: Weight::Regular,
                    ink: Ink::Black,
                    text: "•".to_owned(),
                };
                self.item(item, Some(marker))
            }),
            Block::Button(label, target) => {
                self.words(&format!("[{label}]({target})"), SIZE, 0.0, Ink::Black)
            }
            Block::Rule => {
                let y = self.room(LEADING)?;
                self.put(Mark::Box {
                    at: [MARGIN, y, PAPER.0 - 2.0 * MARGIN, 0.5],
                    ink: Ink::Gray,
                });
                Ok(())
            }
        }
    }

    fn item(&mut self, text: &str, marker: Option<Mark>) -> Result<(), Unset> {
        let before = self.pages.len();
        let at = self.y;
        self.words(text, SIZE, 16.0, Ink::Black)?;
        let y = if self.pages.len() == before { at } else { NEXT };
        if let (
            Some(Mark::Words {
                x,
                size,
                weight,
                ink,
                text,
                ..
            }),
            Some(page),
        ) = (marker, self.pages.last_mut())
        {
            let y = y + size;
            page.marks.push(Mark::Words {
                x,
                y,
                size,
                weight,
                ink,
                text,
            });
        }
        Ok(())
    }

    fn words(&mut self, text: &str, size: f32, indent: f32, ink: Ink) -> Result<(), Unset> {
        let room = PAPER.0 - 2.0 * MARGIN - indent;
        let leading = (size * LEADING / SIZE).max(size + 3.0);
        for line in lines(&runs(text), size, room)? {
            let y = self.room(leading)?;
            for mark in set(&line, (MARGIN + indent, y + size), size, ink)? {
                self.put(mark);
            }
        }
        Ok(())
    }

    /// Where the next line goes, on another page when this one is full.
    fn room(&mut self, height: f32) -> Result<f32, Unset> {
        if self.y + height > LAST {
            if self.pages.len() == MOST_PAGES {
                return Err(Unset::Long);
            }
            self.pages.push(Page {
                trim: PAPER,
                bleed: 0.0,
                marks: Vec::new(),
            });
            self.y = NEXT;
        }
        let y = self.y;
        self.y += height;
        Ok(y)
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.marks.push(mark);
        }
    }
}
