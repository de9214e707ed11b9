//! The receipt of what a person did: shown at once, and to keep as a file.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use placet_app::patient::{Change, Done};
use placet_app::timeline::{self, Receipt};
use placet_domain::id::EntryId;
use placet_domain::preference::Topic;
use placet_ledger::to_hex;
use placet_store::{StoreError, Tx, ledger};
use serde_json::json;

use super::door::{Opened, no_such_link, organization};
use super::words::Language;
use crate::components::{definitions, hash, number, quiet_link, time};
use crate::error::WebError;
use crate::layout;
use crate::site::Site;

/// The page after an act.
pub(super) async fn page(
    site: &Site,
    opened: &Opened,
    language: Language,
    done: &Done,
) -> Result<Markup, WebError> {
    let entry = done.entry;
    sign(site).await;
    let receipts = site
        .store()
        .read(move |tx| -> Result<_, StoreError> { timeline::receipts(tx, &[entry]) })
        .await?;
    let t = |english, spanish| language.say(english, spanish);
    let title = t("Done. Here is your receipt", "Listo. Este es su recibo");
    let base = format!("/p/receipt/{}/{entry}", opened.token);
    let body = html! {
        h1 { (title) }
        section.receipt aria-label=(t("Receipt", "Recibo")) {
            p.title { span aria-hidden="true" { "✓ " } (t("What you did", "Lo que hizo")) }
            (changes(&done.changes, language))
            (definitions(&facts(done, receipts.first(), language)))
        }
        p { (t("Keep this receipt. It proves what you told us, and when.",
               "Guarde este recibo. Demuestra qué nos dijo y cuándo.")) }
        p.row {
            (quiet_link(&base, t("Save as text", "Guardar como texto")))
            (quiet_link(&format!("{base}/json"), t("Save for machines (JSON)", "Guardar para máquinas (JSON)")))
        }
        p { a href={ (opened.link.path(site.store().keys())) } {
            (t("Back to my choices", "Volver a mis opciones"))
        } }
    };
    let organization = organization(site).await?;
    Ok(layout::patient(
        language.code(),
        &organization,
        title,
        &body,
    ))
}

/// Has the log signed at once, so that the receipt that is saved now can be checked by anybody. The
/// executable signs each second; when it cannot be done here, the page says so.
async fn sign(site: &Site) {
    let (store, now) = (site.store().clone(), site.now());
    let signed = tokio::task::spawn_blocking(move || store.checkpoint(now)).await;
    if !matches!(signed, Ok(Ok(_))) {
        tracing::warn!("a receipt was shown before its entry was signed");
    }
}

fn facts<'a>(done: &Done, receipt: Option<&Receipt>, language: Language) -> Vec<(&'a str, Markup)> {
    let t = |english: &'a str, spanish: &'a str| language.say(english, spanish);
    let mut rows = vec![
        (t("When", "Cuándo"), time(done.at)),
        (t("Number", "Número"), html! { code { (done.entry) } }),
    ];
    if let Some(receipt) = receipt {
        rows.push((
            t("Fingerprint", "Huella"),
            hash(&to_hex(&receipt.leaf_hash)),
        ));
        if let Some(place) = receipt.place {
            rows.push((
                t("Place in our log", "Lugar en el registro"),
                html! { (number(place)) },
            ));
        }
        let signed = match &receipt.checkpoint {
            Some(_) => t("Yes", "Sí"),
            None => t(
                "In a moment. The saved receipt will have it.",
                "En un momento. El recibo guardado la tendrá.",
            ),
        };
        rows.push((t("Signed", "Firmado"), html! { (signed) }));
    }
    rows
}

fn changes(changes: &[Change], language: Language) -> Markup {
    html! {
        @if changes.is_empty() {
            p { (language.say(
                "Nothing was different from what we hold. We noted that you looked and confirmed it.",
                "Nada cambió. Anotamos que usted lo revisó y lo confirmó.",
            )) }
        } @else {
            ul { @for change in changes { li { (said(*change, language)) } } }
        }
    }
}

fn said(change: Change, language: Language) -> String {
    let t = |english, spanish| language.say(english, spanish);
    match change {
        Change::Allowed(way) if way.topic == Topic::CareReminders => format!(
            "{}: {}",
            t("Reminders are on again", "Los recordatorios están activos"),
            language.channel(way.channel)
        ),
        Change::Allowed(way) => format!(
            "{}: {}, {}",
            t("You said yes", "Dijo que sí"),
            language.topic(way.topic),
            language.channel(way.channel)
        ),
        Change::Refused(way) => format!(
            "{}: {}, {}",
            t("You said no", "Dijo que no"),
            language.topic(way.topic),
            language.channel(way.channel)
        ),
        Change::Stopped(channel) => format!(
            "{}: {}",
            t("No more marketing messages", "No más mensajes de marketing"),
            language.channel(channel)
        ),
        Change::Revoked => t(
            "You took back a permission to use your health information for marketing",
            "Retiró un permiso para usar su información de salud en marketing",
        )
        .to_owned(),
    }
}

/// What a receipt file says.
struct Kept {
    kind: String,
    says: String,
    body: String,
    receipt: Receipt,
    proof: Option<String>,
}

fn read(
    tx: &mut Tx,
    opened: placet_domain::id::PersonId,
    id: EntryId,
) -> Result<Option<Kept>, StoreError> {
    // Only what is about this person; an entry of somebody else is not there at all.
    let Some(entry) = ledger::find(tx, id)?.filter(|entry| entry.person == Some(opened)) else {
        return Ok(None);
    };
    let body = entry.read()?;
    let proof = match entry.place {
        Some(place) => ledger::receipt(tx, place)?.map(|proof| proof.to_text()),
        None => None,
    };
    let receipt = timeline::receipts(tx, &[id])?.pop();
    Ok(receipt.map(|receipt| Kept {
        says: timeline::says(&body.kind, &body.facts),
        kind: body.kind,
        body: String::from_utf8_lossy(&entry.body).into_owned(),
        receipt,
        proof,
    }))
}

async fn find(site: &Site, opened: &Opened, entry: &str) -> Result<Option<Kept>, WebError> {
    let Ok(id) = entry.parse() else {
        return Ok(None);
    };
    let person = opened.link.person;
    Ok(site.store().read(move |tx| read(tx, person, id)).await?)
}

/// `GET`: the receipt as plain text.
pub async fn text(
    State(site): State<Site>,
    opened: Opened,
    Path((_, entry)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let Some(kept) = find(&site, &opened, &entry).await? else {
        return Ok(no_such_link(&site, opened.language).await);
    };
    let Receipt {
        entry,
        place,
        leaf_hash,
        checkpoint,
    } = kept.receipt;
    let organization = organization(&site).await?;
    let place = place.map_or_else(|| "not yet".to_owned(), |place| place.to_string());
    let text = format!(
        "RECEIPT\n\nFrom: {organization}\nWhat: {}\nNumber: {entry}\n\
         Fingerprint (SHA-256 leaf hash, RFC 6962): {}\nPlace in the log: {place}\n\n\
         The entry, byte by byte:\n{}\n\nThe signed head of the log:\n{}\n\n{}",
        kept.says,
        to_hex(&leaf_hash),
        kept.body,
        checkpoint
            .unwrap_or_else(|| "not yet signed; save this receipt again in a moment".to_owned()),
        kept.proof
            .map(|proof| format!("The proof that the entry is in it:\n{proof}"))
            .unwrap_or_default(),
    );
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        attachment("receipt.txt"),
    ];
    Ok((headers, text).into_response())
}

/// `GET`: the receipt for machines.
pub async fn json(
    State(site): State<Site>,
    opened: Opened,
    Path((_, entry)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let Some(kept) = find(&site, &opened, &entry).await? else {
        return Ok(no_such_link(&site, opened.language).await);
    };
    let value = json!({
        "number": kept.receipt.entry,
        "kind": kept.kind,
        "says": kept.says,
        "leaf_hash": to_hex(&kept.receipt.leaf_hash),
        "place": kept.receipt.place,
        "checkpoint": kept.receipt.checkpoint,
        "entry": kept.body,
        "proof": kept.proof,
    });
    Ok(([attachment("receipt.json")], Json(value)).into_response())
}

fn attachment(name: &'static str) -> (HeaderName, HeaderValue) {
    let value = match name {
        "receipt.json" => "attachment; filename=\"receipt.json\"",
        _ => "attachment; filename=\"receipt.txt\"",
    };
    (header::CONTENT_DISPOSITION, HeaderValue::from_static(value))
}
