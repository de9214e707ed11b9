//! Sums from our own records become a table to measure on: new patients, appointments, messages,
//! by week or month, for the whole house, by state or by campaign.
//!
//! [`look`] counts outside any act, since counting is long, and hides what is small; [`keep`]
//! decides: a table, kept as a data set, or a refusal. Both leave an entry.
//!
//! INVARIANT: small counts are hidden quarter by quarter, with what would give them away beside the
//! totals of all states; a table is a part of what those quarters show. So no two tables by week, and
//! no two by month, tell a small count when taken from each other. A table by week and one by month
//! together tell the few days by which a month's end differs from a week's.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DatasetId};
use placet_domain::measure::sums::{Across, MOST_QUARTERS, Quarter, Summed, SumsAsk, periods};
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_ledger::{sha256, to_hex};
use placet_measure::dates;
use placet_measure::privacy::cells::{Cell, Grid, protect, protect_list};
use placet_measure::table::Table;
use placet_store::{StoreError, Tx, campaigns, sums};

use crate::{ActError, Ctx, settings};

/// Where counts are put beside the columns of another table, such as spend by week.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The table.
    pub table: Table,
    /// Its column of dates: the first days of the periods. Empty: the first column of dates.
    pub date: String,
    /// Its column of regions, where counts are split.
    pub region: String,
}

/// Counts of which nothing small is left.
#[derive(Debug, Clone)]
pub struct Looked {
    ask: SumsAsk,
    least: u64,
    dates: Vec<Date>,
    /// By group: a column of each count. Groups with a hidden cell are not among them.
    groups: BTreeMap<String, Vec<Vec<u64>>>,
    left_out: Vec<String>,
}

/// What a question comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A table, kept as a data set.
    Kept {
        /// Which.
        id: DatasetId,
        /// Its bytes, a CSV.
        csv: Vec<u8>,
        /// What is too small to be shown, and what would give it away.
        left_out: Vec<String>,
    },
    /// Nothing can be shown.
    Refused {
        /// Why, and what would do.
        why: String,
    },
}

/// The name of those whose state is not known.
const UNKNOWN: &str = "unknown";
/// The name of what no campaign sent.
const OTHER: &str = "triggers and journeys";

/// Counts what is asked.
///
/// # Errors
///
/// [`ActError::Invalid`] names what cannot be asked.
pub fn look(tx: &mut Tx, now: Timestamp, ask: &SumsAsk) -> Result<Looked, ActError> {
    let zone = settings::load(tx)?.time_zone();
    check(ask, now.to_zoned(zone.clone()).date())?;
    let least = super::rules(tx)?.smallest_cell;
    let mut looked = Looked {
        ask: ask.clone(),
        least,
        dates: Vec::new(),
        groups: BTreeMap::new(),
        left_out: Vec::new(),
    };
    let mut quarters = Vec::new();
    for quarter in ask.quarters() {
        let days = periods(quarter, ask.every);
        let bounds = instants(&days, &zone)?;
        let n = bounds.len().saturating_sub(1);
        looked.dates.extend(days.iter().take(n));
        let mut counted = Vec::new();
        for what in &ask.counted {
            let found = count(tx, ask.across, *what, &bounds)?;
            counted.push(shown(&found, n, ask.across, least));
        }
        quarters.push((n, counted));
    }
    gather(&mut looked, &quarters);
    Ok(looked)
}

fn check(ask: &SumsAsk, today: Date) -> Result<(), ActError> {
    let distinct: BTreeSet<Summed> = ask.counted.iter().copied().collect();
    if distinct.is_empty() || distinct.len() != ask.counted.len() {
        return Err(ActError::invalid(
            "counted",
            "say what is counted, each once",
        ));
    }
    if ask.across == Across::Campaign && ask.counted != [Summed::Messages] {
        return Err(ActError::invalid(
            "counted",
            "only messages can be counted by campaign: who came is not traced to one",
        ));
    }
    if ask.from > ask.to {
        return Err(ActError::invalid(
            "to",
            "the last quarter lies before the first",
        ));
    }
    if ask.to.next().first() > today {
        return Err(ActError::invalid("to", "choose a quarter that is over"));
    }
    // Weeks may end in the first days of the next quarter.
    let ends = periods(ask.to, ask.every).last().copied();
    if ends.is_some_and(|end| end > today) {
        return Err(ActError::invalid(
            "to",
            "the last week of this quarter is not over yet; ask in a few days, or by month",
        ));
    }
    if ask.from.first().year() + 11 < ask.to.first().year()
        || ask.quarters().last() != Some(&ask.to)
    {
        return Err(ActError::invalid(
            "from",
            format!("ask for at most {MOST_QUARTERS} quarters"),
        ));
    }
    Ok(())
}

fn instants(days: &[Date], zone: &TimeZone) -> Result<Vec<Timestamp>, ActError> {
    days.iter()
        .map(|day| day.to_zoned(zone.clone()).map(|at| at.timestamp()))
        .collect::<Result<_, _>>()
        .map_err(|_| ActError::invalid("from", "give quarters of this century"))
}

/// Counts of one quarter by group and period.
type Found = BTreeMap<(String, usize), u64>;

fn count(
    tx: &mut Tx,
    across: Across,
    what: Summed,
    bounds: &[Timestamp],
) -> Result<Found, StoreError> {
    let mut found = Found::new();
    if across == Across::Campaign {
        let mut names: BTreeMap<CampaignId, String> = BTreeMap::new();
        for ((id, period), n) in sums::count_by_campaign(tx, bounds)? {
            let name = match names.get(&id) {
                Some(name) => name.clone(),
                None => {
                    let named = campaigns::find(tx, id)?.map(|one| one.brief.name);
                    let name = named.unwrap_or_else(|| OTHER.to_owned());
                    names.insert(id, name.clone());
                    name
                }
            };
            *found.entry((name, period)).or_insert(0) += n;
        }
        return Ok(found);
    }
    let by_state = match what {
        Summed::NewPatients => sums::count_new_patients(tx, bounds)?,
        Summed::Bookings => sums::count_bookings(tx, bounds)?,
        Summed::Messages => sums::count_messages(tx, bounds)?,
    };
    for ((state, period), n) in by_state {
        let group = match across {
            Across::Region => state.unwrap_or_else(|| UNKNOWN.to_owned()),
            _ => String::new(),
        };
        *found.entry((group, period)).or_insert(0) += n;
    }
    Ok(found)
}

/// One quarter as it may be shown: cells by group, then period.
type Shown = BTreeMap<String, Vec<Cell>>;

fn shown(found: &Found, n: usize, across: Across, least: u64) -> Shown {
    let names: BTreeSet<&String> = found.keys().map(|(name, _)| name).collect();
    let counts: Vec<Vec<u64>> = names
        .iter()
        .map(|name| {
            let at = |period| found.get(&((*name).clone(), period)).copied().unwrap_or(0);
            (0..n).map(at).collect()
        })
        .collect();
    let cells: Vec<Vec<Cell>> = if across == Across::All {
        counts
            .iter()
            .map(|line| protect_list(line, least).0)
            .collect()
    } else {
        beside_totals(protect(&counts, least), &counts, least)
    };
    names.into_iter().cloned().zip(cells).collect()
}

/// The cells without their totals. A total that had to be hidden although it is not small is shown
/// by the table of all groups: then nothing of this quarter may be.
fn beside_totals(grid: Grid, counts: &[Vec<u64>], least: u64) -> Vec<Vec<Cell>> {
    let total = |line: &[u64]| line.iter().sum::<u64>();
    let sums = grid.cells.last().into_iter().flatten().enumerate();
    let needs_total = sums
        .take(counts.first().map_or(0, Vec::len))
        .any(|(t, cell)| {
            let column: Vec<u64> = counts
                .iter()
                .filter_map(|line| line.get(t).copied())
                .collect();
            *cell == Cell::Hidden && total(&column) >= least
        });
    grid.cells
        .into_iter()
        .zip(counts)
        .map(|(cells, counts)| {
            let own = cells.into_iter().take(counts.len());
            own.map(|cell| match cell {
                Cell::Shown(n) if needs_total && n > 0 => Cell::Hidden,
                cell => cell,
            })
            .collect()
        })
        .collect()
}

/// Puts the quarters after each other; a group that is hidden anywhere is left out.
fn gather(looked: &mut Looked, quarters: &[(usize, Vec<Shown>)]) {
    let names: BTreeSet<&String> = quarters
        .iter()
        .flat_map(|(_, counted)| counted.iter().flat_map(BTreeMap::keys))
        .collect();
    for name in names {
        let columns: Option<Vec<Vec<u64>>> = (0..looked.ask.counted.len())
            .map(|what| {
                let mut column = Vec::new();
                for (n, counted) in quarters {
                    match counted.get(what).and_then(|shown| shown.get(name)) {
                        Some(cells) => {
                            for cell in cells {
                                column.push(cell.count()?);
                            }
                        }
                        None => column.resize(column.len() + n, 0),
                    }
                }
                Some(column)
            })
            .collect();
        match columns {
            Some(columns) => {
                looked.groups.insert(name.clone(), columns);
            }
            None => looked.left_out.push(name.clone()),
        }
    }
}

/// Keeps what was counted as a data set, or says why there is none.
///
/// # Errors
///
/// [`ActError::Invalid`] when it does not go beside the other table.
pub fn keep(
    tx: &mut Tx,
    ctx: &Ctx,
    looked: &Looked,
    name: &str,
    beside: Option<&Beside>,
) -> Result<Given, ActError> {
    let ask = &looked.ask;
    let codes: Vec<&str> = ask.counted.iter().map(|what| what.as_str()).collect();
    let entry = |kind: &str| {
        Entry::new(kind)
            .with("counted", codes.join(","))
            .with("every", ask.every.as_str())
            .with("across", ask.across.as_str())
            .with("from", ask.from)
            .with("to", ask.to)
            .with("n_left_out", looked.left_out.len())
            .with("smallest_cell", looked.least)
    };
    if looked.groups.is_empty() {
        tx.record(entry("measure.sums_refused"));
        return Ok(Given::Refused { why: why(looked) });
    }
    let csv = match beside {
        Some(beside) => joined(looked, beside)?,
        None => plain(looked),
    };
    let id = super::add_dataset(tx, ctx, name, &csv)?;
    tx.record(
        entry("measure.summed")
            .with("dataset", id)
            .with("data_hash", to_hex(&sha256(&csv))),
    );
    Ok(Given::Kept {
        id,
        csv,
        left_out: looked.left_out.clone(),
    })
}

fn why(looked: &Looked) -> String {
    if looked.left_out.is_empty() {
        return "our records count nobody in these quarters; choose others, or bring the data in"
            .to_owned();
    }
    let next = match looked.ask.across {
        Across::All => "ask by month, for other quarters, or for another count",
        _ => "ask by month, or for one row a period",
    };
    format!(
        "some counts lie between 1 and {}, too small to show, and what is left would give them away; {next}",
        looked.least - 1
    )
}

/// The name of the column by which counts are split.
fn split(across: Across) -> Option<&'static str> {
    match across {
        Across::All => None,
        Across::Region => Some("region"),
        Across::Campaign => Some("campaign"),
    }
}

fn plain(looked: &Looked) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let ask = &looked.ask;
    let mut head: Vec<&str> = split(ask.across).into_iter().collect();
    head.push(ask.every.as_str());
    head.extend(ask.counted.iter().map(|what| what.as_str()));
    // Writing to memory does not fail.
    let _ = out.write_record(&head);
    for (name, columns) in &looked.groups {
        for (t, date) in looked.dates.iter().enumerate() {
            let mut row = Vec::new();
            row.extend(split(ask.across).map(|_| name.clone()));
            row.push(date.to_string());
            row.extend(cells(columns, t));
            let _ = out.write_record(&row);
        }
    }
    out.into_inner().unwrap_or_default()
}

fn cells(columns: &[Vec<u64>], t: usize) -> impl Iterator<Item = String> {
    columns
        .iter()
        .map(move |column| column.get(t).copied().unwrap_or(0).to_string())
}

/// The other table with the counts as further columns.
fn joined(looked: &Looked, beside: &Beside) -> Result<Vec<u8>, ActError> {
    let Beside {
        table,
        date,
        region,
    } = beside;
    let wrong = |field: &str, says: String| ActError::invalid(field, says);
    let cells_of = |field: &str, name: &str| {
        table
            .text(name)
            .map_err(|refusal| wrong(field, refusal.to_string()))
    };
    let is_date = |name: &&String| {
        table
            .text(name)
            .is_ok_and(|cells| dates::read(name, &cells).is_ok())
    };
    let date =
        match date.as_str() {
            "" => table.names().iter().find(is_date).ok_or_else(|| {
                wrong("date", "no column of this data set holds dates".to_owned())
            })?,
            _ => date,
        };
    let days = cells_of("date", date)?;
    let days = dates::read(date, &days).map_err(|refusal| wrong("date", refusal.to_string()))?;
    let regions = match split(looked.ask.across) {
        Some(_) => Some(cells_of("region", region)?),
        None => None,
    };
    let added: Vec<&str> = looked
        .ask
        .counted
        .iter()
        .map(|what| what.as_str())
        .collect();
    if let Some(twice) = added.iter().find(|name| table.has(name)) {
        return Err(wrong(
            "dataset",
            format!("it has a column `{twice}` already"),
        ));
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    let head = table.names().iter().map(String::as_str).chain(added);
    let _ = out.write_record(head);
    let mut columns = Vec::new();
    for name in table.names() {
        columns.push(cells_of("dataset", name)?);
    }
    for (i, day) in days.iter().enumerate() {
        let t = looked.dates.binary_search(day).map_err(|_| {
            wrong(
                "date",
                format!(
                    "{day} begins none of the periods that were counted: they begin on {} and the like, until {}",
                    looked.dates.first().copied().unwrap_or_default(),
                    looked.dates.last().copied().unwrap_or_default(),
                ),
            )
        })?;
        let name = regions
            .as_ref()
            .and_then(|all| all.get(i))
            .map_or("", |(_, name)| name);
        let group = looked.groups.get(name);
        // Tables of spend say `OH` where the store says `US-OH`.
        let group = group.or_else(|| looked.groups.get(&format!("US-{name}")));
        let counted = group.ok_or_else(|| {
            wrong(
                "region",
                format!(
                    "`{name}` has no counts that may be shown; these have: {}",
                    looked.groups.keys().cloned().collect::<Vec<_>>().join(", ")
                ),
            )
        })?;
        let own = columns.iter().filter_map(|column| column.get(i));
        let row: Vec<String> = own
            .map(|(_, cell)| (*cell).to_owned())
            .chain(cells(counted, t))
            .collect();
        let _ = out.write_record(&row);
    }
    Ok(out.into_inner().unwrap_or_default())
}

/// The quarters that can be asked on a day, newest first.
#[must_use]
pub fn offered(today: Date) -> Vec<Quarter> {
    let last = Quarter::of(today).previous();
    std::iter::successors(Some(last), |quarter| Some(quarter.previous()))
        .take(MOST_QUARTERS)
        .collect()
}

#[cfg(test)]
mod tests;
