//! Remarks on places of a text, open until somebody settles them.

use placet_domain::content::Field;
use placet_domain::entry::Entry;
use placet_domain::id::{CommentId, VersionId};
use placet_domain::operator::Capability;
use placet_domain::review::comment::{self, Comment, MAX_QUOTE_CHARS, MAX_REMARK_CHARS};
use placet_store::{Tx, comments, contents};

use crate::content::author;
use crate::{ActError, Ctx};

/// A remark before it is made.
#[derive(Debug, Clone)]
pub struct New {
    /// On which part.
    pub field: Field,
    /// On which words, as they stand in it.
    pub quote: String,
    /// Near which character they begin.
    pub near: u32,
    /// What is remarked.
    pub remark: String,
}

/// Makes a remark on words of a version.
///
/// # Errors
///
/// [`ActError::Invalid`] when the words do not stand in that part.
pub fn make(tx: &mut Tx, ctx: &Ctx, id: VersionId, new: &New) -> Result<CommentId, ActError> {
    let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
    let (quote, remark) = (new.quote.trim(), new.remark.trim());
    if remark.is_empty() || remark.chars().count() > MAX_REMARK_CHARS {
        let problem = format!("say what you remark, in at most {MAX_REMARK_CHARS} characters");
        return Err(ActError::invalid("remark", problem));
    }
    if quote.chars().count() > MAX_QUOTE_CHARS {
        let problem = format!("at most {MAX_QUOTE_CHARS} characters fit");
        return Err(ActError::invalid("quote", problem));
    }
    let offset = comment::nearest(version.draft.part(new.field), quote, new.near);
    let offset = offset.ok_or_else(|| {
        let part = new.field.label().to_lowercase();
        ActError::invalid(
            "quote",
            format!("these words do not stand in the {part}: copy them as they are written there"),
        )
    })?;
    let comment = Comment {
        id: ctx.new_id(),
        version: id,
        number: version.number,
        field: new.field,
        quote: quote.to_owned(),
        offset,
        remark: remark.to_owned(),
        made_at: ctx.now,
        made_by: author(&ctx.actor),
        resolved: None,
    };
    comments::add(tx, &comment)?;
    tx.record(entry("comment.made", &comment).with("content", version.content));
    Ok(comment.id)
}

/// Settles a remark: by whoever made it, or by a writer.
///
/// # Errors
///
/// Refused when it is settled already.
pub fn resolve(tx: &mut Tx, ctx: &Ctx, id: CommentId) -> Result<Comment, ActError> {
    let comment = comments::find(tx, id)?.ok_or(ActError::NotFound("comment"))?;
    let by = author(&ctx.actor);
    if comment.made_by != by {
        ctx.actor.may(Capability::WriteContent)?;
    }
    if !comments::resolve(tx, id, ctx.now, &by)? {
        return Err(ActError::refused(
            "comment.resolved",
            "this remark has been settled",
        ));
    }
    tx.record(entry("comment.resolved", &comment));
    Ok(comment)
}

/// The remarks on a version and on those before it, the earliest first. A read.
///
/// # Errors
///
/// [`ActError::NotFound`] when there is no such version.
pub fn list(tx: &mut Tx, id: VersionId) -> Result<Vec<Comment>, ActError> {
    let version = contents::find_version(tx, id)?.ok_or(ActError::NotFound("version"))?;
    Ok(comments::list(tx, version.content, version.number)?)
}

fn entry(kind: &str, comment: &Comment) -> Entry {
    Entry::new(kind)
        .with("version", comment.version)
        .with("comment", comment.id)
        .with("field", comment.field.as_str())
        .with("offset", comment.offset)
}
