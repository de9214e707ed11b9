//! Print batches: which deliveries are printed together, what each piece says, what became of it.
//!
//! A piece's words and address are kept as they were decided, under the person's own key: the same
//! files can be made again, and erasing the person makes that impossible.

use placet_domain::channel::Channel;
use placet_domain::id::{BatchId, CampaignId, DecisionId, DeliveryId, PersonId, RawId};
use placet_domain::print::{Batch, BatchTurn, Piece, Turn};
use placet_domain::time::Date;

use crate::error::StoreError;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Param;

const PIECE_SEALED: &str = "print_pieces.sealed";

/// Adds a batch with the next number of its campaign; `batch.number` is not read.
///
/// # Errors
///
/// [`StoreError::Conflict`] when its code is taken, or somebody was faster.
pub fn add(tx: &mut Tx, batch: &Batch, by: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into print_batches (id, campaign_id, number, code, made_at, made_by)
        select $1, $2, count(*) + 1, $3, $4, $5
          from print_batches
         where campaign_id = $2";

    let now = tx.now();
    tx.execute(SQL, &[&batch.id, &batch.campaign, &batch.code, &now, &by])?;
    Ok(())
}

/// One batch.
///
/// # Errors
///
/// When the store fails.
pub fn find(tx: &mut Tx, id: BatchId) -> Result<Option<Batch>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, number, code
          from print_batches
         where id = $1";

    let row = tx.find_one(SQL, &[&id])?;
    row.map(|row| batch_from(&row)).transpose()
}

/// The batch whose code stands on a piece.
///
/// # Errors
///
/// When the store fails.
pub fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Batch>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, number, code
          from print_batches
         where code = $1";

    let row = tx.find_one(SQL, &[&code])?;
    row.map(|row| batch_from(&row)).transpose()
}

/// The batches of a campaign, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_by_campaign(tx: &mut Tx, campaign: CampaignId) -> Result<Vec<Batch>, StoreError> {
    const SQL: &str = "
        select id, campaign_id, number, code
          from print_batches
         where campaign_id = $1
         order by number desc";

    tx.list(SQL, &[&campaign])?.iter().map(batch_from).collect()
}

/// Records what happened to a batch.
///
/// # Errors
///
/// When the store fails.
pub fn add_turn(
    tx: &mut Tx,
    id: RawId,
    batch: BatchId,
    turn: &BatchTurn,
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into print_batch_turns (id, batch_id, turn, kind, revision, n_pieces, on_day, at, by)
        select $1, $2, count(*), $3, $4, $5, $6, $7, $8
          from print_batch_turns
         where batch_id = $2";

    let on = turn.on.map(|on| on.to_string());
    let params: [&dyn Param; 8] = [
        &id,
        &batch,
        &turn.turn.as_str(),
        &turn.revision,
        &turn.n_pieces,
        &on,
        &turn.at,
        &turn.by,
    ];
    tx.execute(SQL, &params)?;
    Ok(())
}

/// What happened to a batch, oldest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_turns(tx: &mut Tx, batch: BatchId) -> Result<Vec<BatchTurn>, StoreError> {
    const SQL: &str = "
        select id, kind, revision, n_pieces, on_day, at, by
          from print_batch_turns
         where batch_id = $1
         order by turn";

    tx.list(SQL, &[&batch])?.iter().map(turn_from).collect()
}

/// Adds a piece, with what it says sealed under the person's key.
///
/// # Errors
///
/// [`StoreError::Conflict`] when the delivery is a piece already.
pub fn add_piece(
    tx: &mut Tx,
    batch: BatchId,
    piece: &Piece,
    says: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into print_pieces (batch_id, number, delivery_id, person_id, sealed)
        values ($1, $2, $3, $4, $5)";

    let sealed = tx.seal(piece.person, PIECE_SEALED, piece.delivery.as_bytes(), says)?;
    tx.execute(
        SQL,
        &[
            &batch,
            &piece.number,
            &piece.delivery,
            &piece.person,
            &sealed,
        ],
    )?;
    Ok(())
}

/// Says anew what a piece says.
///
/// # Errors
///
/// When the store fails.
pub fn reword_piece(tx: &mut Tx, piece: &Piece, says: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "
        update print_pieces
           set sealed = $2
         where delivery_id = $1";

    let sealed = tx.seal(piece.person, PIECE_SEALED, piece.delivery.as_bytes(), says)?;
    tx.execute(SQL, &[&piece.delivery, &sealed])?;
    Ok(())
}

/// Takes every piece out of a batch that was undone.
///
/// # Errors
///
/// When the store fails.
pub fn remove_pieces(tx: &mut Tx, batch: BatchId) -> Result<u64, StoreError> {
    const SQL: &str = "delete from print_pieces where batch_id = $1";

    tx.execute(SQL, &[&batch])
}

/// Takes a delivery out of its batch; its number is not given again.
///
/// # Errors
///
/// When the store fails.
pub fn remove_piece(tx: &mut Tx, delivery: DeliveryId) -> Result<(), StoreError> {
    const SQL: &str = "delete from print_pieces where delivery_id = $1";

    tx.execute(SQL, &[&delivery])?;
    Ok(())
}

/// The pieces of a batch, by number; opens nothing.
///
/// # Errors
///
/// When the store fails.
pub fn list_pieces(tx: &mut Tx, batch: BatchId) -> Result<Vec<Piece>, StoreError> {
    const SQL: &str = "
        select number, delivery_id, person_id
          from print_pieces
         where batch_id = $1
         order by number";

    tx.list(SQL, &[&batch])?.iter().map(piece_from).collect()
}

/// The pieces of a batch with what each says, by number; those of erased people are left out.
///
/// # Errors
///
/// When the store fails.
pub fn open_pieces(tx: &mut Tx, batch: BatchId) -> Result<Vec<(Piece, Vec<u8>)>, StoreError> {
    const SQL: &str = "
        select number, delivery_id, person_id, sealed
          from print_pieces
         where batch_id = $1
         order by number";

    let mut opened = Vec::new();
    for row in tx.list(SQL, &[&batch])? {
        let piece = piece_from(&row)?;
        if tx.is_erased(piece.person)? {
            continue;
        }
        let id = piece.delivery.as_bytes();
        let says = tx.open_sealed(piece.person, PIECE_SEALED, id, row.bytes(3)?)?;
        opened.push((piece, says));
    }
    Ok(opened)
}

/// The delivery of one piece.
///
/// # Errors
///
/// When the store fails.
pub fn find_piece(tx: &mut Tx, batch: BatchId, number: u32) -> Result<Option<Piece>, StoreError> {
    const SQL: &str = "
        select number, delivery_id, person_id
          from print_pieces
         where batch_id = $1 and number = $2";

    let row = tx.find_one(SQL, &[&batch, &number])?;
    row.map(|row| piece_from(&row)).transpose()
}

/// Puts a waiting delivery into a batch; false when it waits no more.
///
/// # Errors
///
/// When the store fails.
pub fn collect(tx: &mut Tx, id: DeliveryId, decision: DecisionId) -> Result<bool, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'batched', decision_id = $2, claimed_at = $3, n_attempts = 1
         where id = $1 and state = 'pending'";

    let now = tx.now();
    Ok(tx.execute(SQL, &[&id, &decision, &now])? > 0)
}

/// Lets everybody in a batch wait again, to be decided anew.
///
/// # Errors
///
/// When the store fails.
pub fn release(tx: &mut Tx, batch: BatchId) -> Result<u64, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'pending', n_attempts = 0, not_before = 0
         where state = 'batched'
           and id in (select delivery_id from print_pieces where batch_id = $1)";

    tx.execute(SQL, &[&batch])
}

/// Everybody in a batch was handed to the printer.
///
/// # Errors
///
/// When the store fails.
pub fn hand_over(tx: &mut Tx, batch: BatchId, answer: &str) -> Result<u64, StoreError> {
    const SQL: &str = "
        update deliveries
           set state = 'sent', settled_at = $2, answer = $3
         where state = 'batched'
           and id in (select delivery_id from print_pieces where batch_id = $1)";

    let now = tx.now();
    tx.execute(SQL, &[&batch, &now, &answer])
}

/// The campaigns of post that are launched, newest first.
///
/// # Errors
///
/// When the store fails.
pub fn list_campaigns(tx: &mut Tx) -> Result<Vec<CampaignId>, StoreError> {
    const SQL: &str = "
        select l.campaign_id
          from campaign_launches l
          join campaigns c on c.id = l.campaign_id
          join content_versions v on v.id = c.version_id and v.channel = $1
         order by l.launched_at desc, l.campaign_id";

    let channel = Channel::Postal.as_str();
    tx.list(SQL, &[&channel])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

fn batch_from(row: &Row) -> Result<Batch, StoreError> {
    Ok(Batch {
        id: row.get(0)?,
        campaign: row.get(1)?,
        number: row.get(2)?,
        code: row.get(3)?,
    })
}

fn turn_from(row: &Row) -> Result<BatchTurn, StoreError> {
    let on: Option<String> = row.get(4)?;
    let on: Option<Date> = on
        .map(|on| on.parse().map_err(|_| row.corrupt()))
        .transpose()?;
    Ok(BatchTurn {
        turn: row.code(1, Turn::find)?,
        revision: row.get(2)?,
        n_pieces: row.get(3)?,
        on,
        at: row.get(5)?,
        by: row.get(6)?,
    })
}

fn piece_from(row: &Row) -> Result<Piece, StoreError> {
    Ok(Piece {
        number: row.get(0)?,
        delivery: row.get(1)?,
        person: row.get::<PersonId>(2)?,
    })
}
