//! Memory at rest and the size of the program.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Figure, Scratch};

/// Starts the demo in a process of its own, waits until it serves, and reads what it holds.
///
/// # Errors
///
/// When the demo cannot be started.
pub fn run() -> Result<Vec<Figure>> {
    let program = std::env::current_exe()?;
    let size = std::fs::metadata(&program)?.len();
    let scratch = Scratch::new("rest")?;
    let child = Command::new(&program)
        .args(["demo", "--json", "--listen", "127.0.0.1:0", "--folder"])
        .arg(scratch.path().join("demo"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the demo")?;
    let mut demo = Running(child);
    let out = demo.0.stdout.take().context("the demo has no output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    // Filling the hospital and answering its questions took memory; what is at rest is a server
    // that was started again.
    wait_until_idle(demo.0.id())?;
    demo.restart(&program, &scratch)?;
    wait_until_idle(demo.0.id())?;
    let resident = resident_bytes(demo.0.id())?;
    Ok(vec![
        figure("memory at rest, demo of 20,000 people", resident),
        figure("size of the program", size),
    ])
}

fn figure(what: &str, bytes: u64) -> Figure {
    Figure {
        what: what.to_owned(),
        values: vec![bytes as f64 / 1e6],
        unit: "MB",
    }
}

/// Waits until a process has done next to nothing for two seconds, at most a minute.
fn wait_until_idle(pid: u32) -> Result<()> {
    const LOOK: Duration = Duration::from_secs(2);
    // Hundredths of a second of one core.
    const IDLE: u64 = 5;

    let mut before = ticks(pid)?;
    for _ in 0..30 {
        std::thread::sleep(LOOK);
        let now = ticks(pid)?;
        if now.saturating_sub(before) <= IDLE {
            break;
        }
        before = now;
    }
    Ok(())
}

/// How long a process has run so far, in hundredths of a second (proc(5), `utime` and `stime`).
fn ticks(pid: u32) -> Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat
        .rsplit_once(')')
        .context("the system does not say how long a process ran")?;
    let times = fields.split_ascii_whitespace().skip(11).take(2);
    Ok(times.filter_map(|it| it.parse::<u64>().ok()).sum())
}

fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kilobytes.context("the system does not say what a process holds")? * 1024)
}

/// A child process that ends with the bench.
struct Running(Child);

impl Running {
    fn restart(&mut self, program: &std::path::Path, scratch: &Scratch) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        self.0 = Command::new(program)
            .args(["demo", "--json", "--listen", "127.0.0.1:0", "--folder"])
            .arg(scratch.path().join("demo"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = self.0.stdout.take().context("the demo has no output")?;
        BufReader::new(out).read_line(&mut String::new())?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
