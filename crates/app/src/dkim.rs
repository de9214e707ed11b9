//! The keys that sign our mail: made here, published by an administrator, used, ended.
//!
//! INVARIANT: the secret half never leaves the store but to whoever signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_domain::entry::Entry;
use placet_domain::id::SigningKeyId;
use placet_domain::signing::{Algorithm, SigningKey, Turn, is_domain};
use placet_store::Tx;
use placet_store::signing::{self, FreshKey};

use crate::{ActError, Ctx};

#[cfg(test)]
mod tests;

/// A pair of fresh keys, one an algorithm; slow, so outside of the act that keeps them.
///
/// # Errors
///
/// When the system gives no randomness.
pub fn make() -> Result<Vec<FreshKey>, ActError> {
    Algorithm::ALL
        .iter()
        .map(|algorithm| Ok(FreshKey::make(*algorithm)?))
        .collect()
}

/// Keeps fresh keys for a domain. They sign nothing until [`turn`] says that they are published.
///
/// # Errors
///
/// When the domain cannot be one.
pub fn add(
    tx: &mut Tx,
    ctx: &Ctx,
    domain: &str,
    fresh: &[FreshKey],
) -> Result<Vec<SigningKey>, ActError> {
    let domain = domain.trim().to_ascii_lowercase();
    if !is_domain(&domain) {
        return Err(ActError::invalid(
            "domain",
            "give the domain of your sender's addresses, such as hospital.example",
        ));
    }
    let mut made = Vec::new();
    for one in fresh {
        let id: SigningKeyId = ctx.new_id();
        let key = SigningKey {
            id,
            domain: domain.clone(),
            selector: selector(id, one.algorithm),
            algorithm: one.algorithm,
            public: STANDARD.encode(one.public()),
            made_at: ctx.now,
            turn: Turn::Made,
        };
        signing::add(tx, &key, one, &ctx.actor.code())?;
        tx.record(
            Entry::new("signing_key.made")
                .with("key", id)
                .with("domain", &key.domain)
                .with("algorithm", key.algorithm.as_str()),
        );
        made.push(key);
    }
    Ok(made)
}

/// A name that no other key of the domain has: it comes from the key's own id.
fn selector(id: SigningKeyId, algorithm: Algorithm) -> String {
    let id = id.to_string();
    let tail = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
    let kind = match algorithm {
        Algorithm::Rsa => "r",
        Algorithm::Ed25519 => "e",
    };
    format!("placet-{kind}-{tail}")
}

/// Lets a key sign, once its record is published, or ends it for good.
///
/// # Errors
///
/// When there is no such key, or it stands elsewhere.
pub fn turn(tx: &mut Tx, ctx: &Ctx, id: SigningKeyId, next: Turn) -> Result<(), ActError> {
    let key = signing::list(tx)?
        .into_iter()
        .find(|key| key.id == id)
        .ok_or(ActError::NotFound("signing key"))?;
    if !key.turn.may_become(next) {
        let why = format!("this key stands at “{}”", key.turn.label());
        return Err(ActError::refused("signing_key.turn", why));
    }
    signing::add_turn(tx, id, next, &ctx.actor.code())?;
    tx.record(
        Entry::new(match next {
            Turn::Ended => "signing_key.ended",
            _ => "signing_key.used",
        })
        .with("key", id)
        .with("domain", &key.domain),
    );
    Ok(())
}
