//! How much processor time this process and one of its threads took, as Linux tells it.

use std::fs;

/// Processor time until a moment, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Of the whole process.
    pub process: f64,
    /// Of the threads of one name.
    pub threads: f64,
}

/// What was spent until now; nothing where the system does not say.
#[must_use]
pub fn spent(thread: &str) -> Spent {
    Spent {
        process: process().unwrap_or_default(),
        threads: threads(thread).unwrap_or_default(),
    }
}

/// User and system time, threads that ended counted in; in ticks of a hundredth of a second.
fn process() -> Option<f64> {
    const TICK: f64 = 10_000.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name before the last bracket may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) * TICK)
}

fn threads(name: &str) -> Option<f64> {
    let mut micros = 0.0;
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim() == name {
            let nanos = read("schedstat");
            let nanos = nanos.split_ascii_whitespace().next()?;
            micros += nanos.parse::<f64>().ok()? / 1000.0;
        }
    }
    Some(micros)
}
