//! Print runs: letters and cards, from a launched campaign to the printer's hands and back.
//!
//! [`close`] decides everybody who waits, in the transaction that puts them into a batch.
//! [`take`] hands the files' content out while those answers are fresh and nobody of the batch has
//! said no since; [`decide_again`] makes another revision without those who have. [`hand_over`] makes
//! the pieces *sent*, [`undo`] lets their people wait again, [`returned`] takes in what came back.
//!
//! INVARIANT: no piece leaves the store without a decision of the last ten minutes, and an entry
//! about its person.
//! INVARIANT: a batch that was handed over gives no files any more: a second copy would be a second
//! letter.

mod card;
mod deciding;
mod files;
mod letter;
pub mod paper;
mod pdf;
#[cfg(test)]
mod tests;

use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{BatchId, CampaignId, EntryId, TypedId};
use placet_domain::print::{
    Batch, BatchTurn, End, FRESH_MINUTES, Piece, Returned, Stand, Turn, read_piece_code,
};
use placet_domain::report::Kind;
use placet_domain::settings::Settings;
use placet_domain::time::{Date, Timestamp};
use placet_store::{Tx, campaigns, print_batches};

use crate::content::author;
use crate::report::{self, Heard};
use crate::{ActError, Ctx, settings};

pub use crate::delivery::Deciding;
pub use deciding::{Closed, close, decide_again};
pub use files::{File, Frame, Says, Taken, proof, proof_file};
pub use paper::Unset;

/// A batch with everything that happened to it.
#[derive(Debug, Clone)]
pub struct View {
    /// The batch.
    pub batch: Batch,
    /// Where it stands.
    pub stand: Stand,
    /// What happened, oldest first.
    pub turns: Vec<BatchTurn>,
    /// The campaign's name.
    pub campaign_name: String,
}

/// One batch.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is none.
pub fn view(tx: &mut Tx, id: BatchId) -> Result<View, ActError> {
    let batch = print_batches::find(tx, id)?.ok_or(ActError::NotFound("batch"))?;
    view_of(tx, batch)
}

fn view_of(tx: &mut Tx, batch: Batch) -> Result<View, ActError> {
    let turns = print_batches::list_turns(tx, batch.id)?;
    let stand = Stand::of(&turns).ok_or(ActError::NotFound("batch"))?;
    let campaign = campaigns::find(tx, batch.campaign)?.ok_or(ActError::NotFound("campaign"))?;
    Ok(View {
        batch,
        stand,
        turns,
        campaign_name: campaign.brief.name,
    })
}

/// The batches of a campaign, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<View>, ActError> {
    let batches = print_batches::list_by_campaign(tx, campaign)?;
    batches.into_iter().map(|one| view_of(tx, one)).collect()
}

/// The content of a batch's files, with an entry about each person in it.
///
/// # Errors
///
/// Refused when the batch is over, its answers are not fresh, its campaign is held, sending is not
/// armed, or somebody in it may no longer be written to.
pub fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    with: &Deciding<'_>,
    id: BatchId,
    file: File,
) -> Result<Taken, ActError> {
    let view = view(tx, id)?;
    must_be_open(&view.stand)?;
    if !view.stand.is_fresh(ctx.now) {
        return Err(ActError::refused(
            "print.stale",
            format!(
                "the gate's answers of this batch are older than {FRESH_MINUTES} minutes: decide \
                 again, then take the files"
            ),
        ));
    }
    let n_changed = deciding::count_changed(tx, ctx, with, &view.batch)?;
    if n_changed > 0 {
        return Err(ActError::refused(
            "print.changed",
            "somebody in this batch may no longer be written to: decide again, then take the files",
        ));
    }
    let settings = settings::load(tx)?;
    let frame = frame(&settings, view.stand.decided_at)?;
    let mut pieces = Vec::new();
    let kind = match file {
        File::Pieces => Turn::TakenPieces,
        File::List => Turn::TakenList,
    };
    for (piece, says) in print_batches::open_pieces(tx, id)? {
        let says = serde_json::from_slice(&says)
            .map_err(|_| ActError::refused("print.unreadable", "a stored piece cannot be read"))?;
        tx.record(piece_entry("print.taken", &view.batch, &piece).with("file", file.ending()));
        pieces.push((piece.number, says));
    }
    add_turn(tx, ctx, &view, kind, None)?;
    Ok(Taken {
        code: view.batch.code,
        revision: view.stand.revision,
        frame,
        pieces,
    })
}

/// Says that a batch was handed to whoever prints, on a day: its pieces are sent.
///
/// # Errors
///
/// Refused when the batch is over, another revision than this was taken, or not both files of it; or
/// the day is not one since it was decided.
pub fn hand_over(
    tx: &mut Tx,
    ctx: &Ctx,
    id: BatchId,
    revision: u32,
    on: Date,
) -> Result<u64, ActError> {
    let view = view(tx, id)?;
    must_be_open(&view.stand)?;
    if view.stand.revision != revision {
        return Err(ActError::refused(
            "print.other_revision",
            format!(
                "this batch is at revision {} now: take its files and hand those over",
                view.stand.revision
            ),
        ));
    }
    if view.stand.taken != (true, true) {
        return Err(ActError::refused(
            "print.not_taken",
            "take both files of this revision first: nothing else can be handed over",
        ));
    }
    let zone = settings::load(tx)?.time_zone();
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    if !(day(view.stand.decided_at)..=day(ctx.now)).contains(&on) {
        return Err(ActError::invalid(
            "on",
            "give the day it was handed over: not before it was decided, not after today",
        ));
    }
    let answer = format!("handed to the printer on {on}");
    for piece in print_batches::list_pieces(tx, id)? {
        tx.record(piece_entry("delivery.sent", &view.batch, &piece).with("on", on));
    }
    let n = print_batches::hand_over(tx, id, &answer)?;
    add_turn(tx, ctx, &view, Turn::Handed, Some(on))?;
    Ok(n)
}

/// Undoes a batch that was not handed over: its people wait again.
///
/// # Errors
///
/// Refused when the batch is over.
pub fn undo(tx: &mut Tx, ctx: &Ctx, id: BatchId) -> Result<u64, ActError> {
    let view = view(tx, id)?;
    must_be_open(&view.stand)?;
    for piece in print_batches::list_pieces(tx, id)? {
        tx.record(piece_entry("delivery.released", &view.batch, &piece));
    }
    let n = print_batches::release(tx, id)?;
    print_batches::remove_pieces(tx, id)?;
    add_turn(tx, ctx, &view, Turn::Undone, None)?;
    Ok(n)
}

/// Takes in a piece that came back, by the code that stands on it.
///
/// # Errors
///
/// [`ActError::Invalid`] when no piece that was handed over has this code.
pub fn returned(
    tx: &mut Tx,
    ctx: &Ctx,
    typed: &str,
    why: Returned,
) -> Result<report::Taken, ActError> {
    let unknown = || ActError::invalid("code", "no piece that was handed over has this code");
    let (code, number) = read_piece_code(typed).ok_or_else(unknown)?;
    let batch = print_batches::find_by_code(tx, &code)?.ok_or_else(unknown)?;
    let stand = Stand::of(&print_batches::list_turns(tx, batch.id)?).ok_or_else(unknown)?;
    if !matches!(stand.end, Some(End::Handed { .. })) {
        return Err(unknown());
    }
    let piece = print_batches::find_piece(tx, batch.id, number)?.ok_or_else(unknown)?;
    let heard = Heard {
        kind: match why {
            Returned::NoSuchAddress | Returned::Moved => Kind::HardBounce,
            // Who will not take it said no.
            Returned::Refused => Kind::Stop,
        },
        status: Some(why.as_str().to_owned()),
        delivery: Some(piece.delivery),
        channel: Channel::Postal,
        from: None,
        hash: placet_ledger::sha256(format!("returned {}", piece.delivery).as_bytes()),
    };
    report::take(tx, ctx, "post", &heard)
}

/// How many pieces a batch of this campaign would have, at most: those who wait now.
///
/// # Errors
///
/// When the store fails.
pub fn count_waiting(
    tx: &mut Tx,
    campaign: CampaignId,
    now: Timestamp,
    at_most: usize,
) -> Result<usize, ActError> {
    Ok(placet_store::deliveries::count_waiting(
        tx, campaign, now, at_most,
    )?)
}

fn frame(settings: &Settings, at: Timestamp) -> Result<Frame, ActError> {
    let (Some(organization), Some(shop)) = (&settings.organization, &settings.print) else {
        return Err(ActError::refused(
            "sending.not_ready",
            "the organization, and who prints for it, are set first",
        ));
    };
    let day = at.to_zoned(settings.time_zone()).date();
    Ok(Frame::new(organization, shop, day))
}

fn must_be_open(stand: &Stand) -> Result<(), ActError> {
    let why = match stand.end {
        None => return Ok(()),
        Some(End::Handed { on }) => format!(
            "this batch was handed to the printer on {on}: a second copy would be a second letter"
        ),
        Some(End::Undone) => "this batch was undone; its people wait again".to_owned(),
    };
    Err(ActError::refused("print.over", why))
}

fn piece_entry(kind: &str, batch: &Batch, piece: &Piece) -> Entry {
    Entry::new(kind)
        .about(piece.person)
        .with("campaign", batch.campaign)
        .with("delivery", piece.delivery)
        .with("batch", batch.id)
}

fn add_turn(
    tx: &mut Tx,
    ctx: &Ctx,
    view: &View,
    turn: Turn,
    on: Option<Date>,
) -> Result<(), ActError> {
    let Stand {
        revision, n_pieces, ..
    } = view.stand;
    note(tx, ctx, &view.batch, (turn, revision, n_pieces), on)
}

/// Records what happened to a batch, with its entry.
fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    batch: &Batch,
    (turn, revision, n_pieces): (Turn, u32, u32),
    on: Option<Date>,
) -> Result<(), ActError> {
    let record = BatchTurn {
        turn,
        revision,
        n_pieces,
        on,
        at: ctx.now,
        by: author(&ctx.actor),
    };
    let id = ctx.new_id::<EntryId>().raw();
    print_batches::add_turn(tx, id, batch.id, &record)?;
    let mut entry = Entry::new(match turn {
        Turn::Decided => "print.decided",
        Turn::TakenPieces | Turn::TakenList => "print.files_taken",
        Turn::Handed => "print.handed_over",
        Turn::Undone => "print.undone",
    })
    .with("batch", batch.id)
    .with("campaign", batch.campaign)
    .with("revision", revision)
    .with("n_pieces", n_pieces);
    entry = match turn {
        Turn::TakenPieces => entry.with("file", File::Pieces.ending()),
        Turn::TakenList => entry.with("file", File::List.ending()),
        _ => entry,
    };
    if let Some(on) = on {
        entry = entry.with("on", on);
    }
    tx.record(entry);
    Ok(())
}
