//! Pages as a PDF that a printer takes: fonts embedded, boxes for trim and bleed, no date of its own,
//! so that the same pieces are the same bytes.

use krilla::color::{cmyk, luma};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Data, Document};

use super::paper::{Ink, Mark, Page, Unset, Weight, data, glyph};

/// The file.
///
/// # Errors
///
/// [`Unset::File`] when a page cannot be written.
pub fn write(pages: &[Page]) -> Result<Vec<u8>, Unset> {
    let font = |weight| {
        let bytes: Data = data(weight).to_vec().into();
        Font::new(bytes, 0).ok_or(Unset::File)
    };
    let fonts = (font(Weight::Regular)?, font(Weight::Bold)?);
    let mut document = Document::new();
    for page in pages {
        let settings = settings(page).ok_or(Unset::File)?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for mark in &page.marks {
            draw(&mut surface, mark, &fonts, page.bleed).ok_or(Unset::File)?;
        }
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|_| Unset::File)
}

/// The paper with its bleed around it.
fn settings(page: &Page) -> Option<PageSettings> {
    let ((width, height), bleed) = (page.trim, page.bleed);
    let (whole_width, whole_height) = (width + 2.0 * bleed, height + 2.0 * bleed);
    let whole = Rect::from_xywh(0.0, 0.0, whole_width, whole_height)?;
    let trim = Rect::from_xywh(bleed, bleed, width, height)?;
    Some(
        PageSettings::from_wh(whole_width, whole_height)?
            .with_bleed_box(Some(whole))
            .with_trim_box(Some(trim)),
    )
}

fn fill(ink: Ink) -> Fill {
    Fill {
        paint: match ink {
            Ink::Black => luma::Color::new(0).into(),
            Ink::Gray => luma::Color::new(90).into(),
            Ink::White => luma::Color::new(255).into(),
            Ink::Accent => cmyk::Color::new(220, 60, 150, 60).into(),
        },
        ..Fill::default()
    }
}

fn draw(
    surface: &mut Surface<'_>,
    mark: &Mark,
    (regular, bold): &(Font, Font),
    bleed: f32,
) -> Option<()> {
    match mark {
        Mark::Words {
            x,
            y,
            size,
            weight,
            ink,
            text,
        } => {
            let mut glyphs = Vec::with_capacity(text.len());
            for (at, c) in text.char_indices() {
                let (id, advance) = glyph(*weight, c)?;
                let range = at..at + c.len_utf8();
                let id = GlyphId::new(u32::from(id));
                glyphs.push(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None));
            }
            let font = match weight {
                Weight::Regular => regular,
                Weight::Bold => bold,
            };
            surface.set_fill(Some(fill(*ink)));
            let start = Point::from_xy(x + bleed, y + bleed);
            surface.draw_glyphs(start, &glyphs, font.clone(), text, *size, false);
        }
        Mark::Box {
            at: [x, y, width, height],
            ink,
        } => {
            let mut path = PathBuilder::new();
            path.push_rect(Rect::from_xywh(x + bleed, y + bleed, *width, *height)?);
            surface.set_fill(Some(fill(*ink)));
            surface.draw_path(&path.finish()?);
        }
    }
    Some(())
}
