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
    // Filling the hospital took memory; what is at rest is a server that was started again.
    demo.restart(&program, &scratch)?;
    std::thread::sleep(Duration::from_secs(2));
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
