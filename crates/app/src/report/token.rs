//! The return address of one message: `r-` and its delivery, signed, so that nobody can make a
//! bounce for a message that they did not get.

use placet_domain::id::DeliveryId;
use placet_ledger::to_hex;
use placet_store::Keys;

const PURPOSE: &str = "returns";
/// Bytes of the signature that stand in the address.
const SIGNED: usize = 10;

/// The address to which a bounce of this delivery goes.
#[must_use]
pub fn return_path(keys: &Keys, delivery: DeliveryId, domain: &str) -> String {
    format!("r-{delivery}-{}@{domain}", signature(keys, delivery))
}

fn signature(keys: &Keys, delivery: DeliveryId) -> String {
    let mac = keys.sign_link(PURPOSE, delivery.as_bytes());
    to_hex(mac.get(..SIGNED).unwrap_or_default())
}

/// The delivery of the first return address of ours in a text; mail systems may have changed its
/// case.
#[must_use]
pub fn find_return_path(keys: &Keys, text: &str) -> Option<DeliveryId> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("r-").find_map(|(at, _)| {
        let rest = lower.get(at + 2..at + 2 + 32 + 1 + 2 * SIGNED)?;
        let (id, signed) = rest.split_once('-')?;
        let delivery: DeliveryId = id.parse().ok()?;
        let ours = signature(keys, delivery);
        let is_ours = subtle::ConstantTimeEq::ct_eq(ours.as_bytes(), signed.as_bytes());
        bool::from(is_ours).then_some(delivery)
    })
}
