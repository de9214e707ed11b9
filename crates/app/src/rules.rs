//! The rules that decide, kept by the hash of their text, so that old decisions can be taken again.
//!
//! INVARIANT: what is kept is never changed; other rules are another row.

use placet_domain::entry::Entry;
use placet_ledger::{sha256, to_hex};
use placet_policy::Engine;
use placet_store::rule_packs::{self, KeptPack};
use placet_store::{StoreError, Tx};

use crate::{ActError, Ctx};

/// The hash of the rules of an engine.
#[must_use]
pub fn hash(engine: &Engine) -> [u8; 32] {
    engine.fingerprint(sha256)
}

/// Keeps the rules that this program decides by. Once is enough; each start looks again.
///
/// # Errors
///
/// When the store fails.
pub fn keep(tx: &mut Tx, ctx: &Ctx, engine: &Engine) -> Result<(), ActError> {
    let pack = engine.pack();
    let kept = KeptPack {
        hash: hash(engine),
        id: pack.id,
        version: pack.version,
        kept_at: ctx.now,
        kept_by: ctx.actor.code(),
    };
    let is_new = rule_packs::add(tx, &kept, &engine.to_text())?;
    let entry = if is_new { "rules.kept" } else { "rules.loaded" };
    tx.record(
        Entry::new(entry)
            .with("pack", format!("{} {}", kept.id, kept.version))
            .with("rules_hash", to_hex(&kept.hash))
            .with("n_rules", engine.rules().len()),
    );
    Ok(())
}

/// Whether these rules are kept.
///
/// # Errors
///
/// When the store fails.
pub fn are_kept(tx: &mut Tx, engine: &Engine) -> Result<bool, StoreError> {
    Ok(rule_packs::find_text(tx, &hash(engine))?.is_some())
}

/// Rules by their hash: those of now, or those that were kept.
#[derive(Debug)]
pub struct Kept {
    engines: Vec<([u8; 32], Option<Engine>)>,
    now: Engine,
}

impl Kept {
    /// Starts with the rules of now.
    #[must_use]
    pub fn new(now: &Engine) -> Self {
        Self {
            engines: vec![(hash(now), Some(now.clone()))],
            now: now.clone(),
        }
    }

    /// The rules of now.
    #[must_use]
    pub fn now(&self) -> &Engine {
        &self.now
    }

    /// The rules of this hash; none when they were never kept or no longer load.
    ///
    /// # Errors
    ///
    /// When the store fails, or the text is not what was kept.
    pub fn find(&mut self, tx: &mut Tx, hash: [u8; 32]) -> Result<Option<Engine>, StoreError> {
        if let Some((_, found)) = self.engines.iter().find(|(one, _)| *one == hash) {
            return Ok(found.clone());
        }
        let text = rule_packs::find_text(tx, &hash)?;
        let found = text.and_then(|text| Engine::from_text(&text).ok());
        self.engines.push((hash, found.clone()));
        Ok(found)
    }
}
