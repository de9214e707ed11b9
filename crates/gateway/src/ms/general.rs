//! The expressions of `generalize`: comparisons, membership, and what a value becomes.

use std::cmp::Ordering;

use serde_json::Value;

use super::path::quoted;

/// Whether a case holds for a value.
///
/// # Errors
///
/// When the expression is not understood, or does not fit the value.
pub(super) fn holds(case: &str, this: &Value) -> Result<bool, String> {
    let case = case.trim();
    if let Some((one, other)) = case.split_once(" and ") {
        return Ok(holds(one, this)? && holds(other, this)?);
    }
    if case == "true" {
        return Ok(true);
    }
    if let Some(list) = case.strip_prefix("$this in ") {
        return member(list, this);
    }
    if let Some(list) = case.strip_suffix(" contains $this") {
        return member(list, this);
    }
    if let Some(prefix) = call(case, "$this.startsWith") {
        let prefix = quoted(prefix).ok_or_else(refused)?;
        return Ok(this.as_str().is_some_and(|text| text.starts_with(prefix)));
    }
    let rest = case.strip_prefix("$this").ok_or_else(refused)?.trim_start();
    for (sign, fits) in [
        ("<=", [Ordering::Less, Ordering::Equal].as_slice()),
        (">=", &[Ordering::Greater, Ordering::Equal]),
        ("<", &[Ordering::Less]),
        (">", &[Ordering::Greater]),
        ("=", &[Ordering::Equal]),
    ] {
        if let Some(literal) = rest.strip_prefix(sign) {
            let order = compare(this, literal.trim())?;
            return Ok(order.is_some_and(|order| fits.contains(&order)));
        }
    }
    Err(refused())
}

fn refused() -> String {
    "an expression of `generalize` is not understood".to_owned()
}

fn call<'e>(text: &'e str, function: &str) -> Option<&'e str> {
    text.strip_prefix(function)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

fn member(list: &str, this: &Value) -> Result<bool, String> {
    let inner = list.trim().strip_prefix('(').ok_or_else(refused)?;
    let inner = inner.strip_suffix(')').ok_or_else(refused)?;
    let mut is_there = false;
    for one in inner.split('|') {
        let one = quoted(one.trim()).ok_or_else(refused)?;
        is_there |= this.as_str() == Some(one);
    }
    Ok(is_there)
}

/// Nothing when the two cannot be told apart at the precision they have.
fn compare(this: &Value, literal: &str) -> Result<Option<Ordering>, String> {
    if let Some(date) = literal.strip_prefix('@') {
        let text = this.as_str().ok_or("a date is compared with no date")?;
        for (one, other) in text.split(['-', 'T', ':']).zip(date.split(['-', 'T', ':'])) {
            match one.cmp(other) {
                Ordering::Equal => {}
                order => return Ok(Some(order)),
            }
        }
        let is_same = text.len() >= 10 && date.len() >= 10 || text.len() == date.len();
        return Ok(is_same.then_some(Ordering::Equal));
    }
    if let Some(text) = quoted(literal) {
        return Ok(this.as_str().map(|this| this.cmp(text)));
    }
    let number: f64 = literal.parse().map_err(|_| refused())?;
    let this = this.as_f64().ok_or("a number is compared with no number")?;
    Ok(this.partial_cmp(&number))
}

/// What a value becomes.
///
/// # Errors
///
/// When the expression is not understood.
pub(super) fn becomes(to: &str, this: &Value) -> Result<Value, String> {
    let to = to.trim();
    if let Some((one, other)) = to.split_once('+') {
        let text = |part: &str| -> Result<String, String> {
            let value = becomes(part, this)?;
            value.as_str().map(str::to_owned).ok_or_else(refused)
        };
        return Ok(Value::String(text(one)? + &text(other)?));
    }
    if to == "$this" {
        return Ok(this.clone());
    }
    if let Some(text) = quoted(to) {
        return Ok(Value::String(text.to_owned()));
    }
    if let Some(date) = to.strip_prefix('@') {
        return Ok(Value::String(date.to_owned()));
    }
    if let Some(range) = call(to, "$this.substring") {
        let (start, n) = range.split_once(',').ok_or_else(refused)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| refused());
        let (start, n) = (number(start)?, number(n)?);
        let text = this.as_str().ok_or_else(refused)?;
        return Ok(Value::String(text.chars().skip(start).take(n).collect()));
    }
    serde_json::from_str(to).map_err(|_| refused())
}
