//! A PostgreSQL that lives as long as the test process, reached by a unix socket.
//!
//! A small shell holds the server; it stops the server and removes its folder when the pipe to
//! this process closes, so nothing is left behind even when a test is killed.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs as an unprivileged user: PostgreSQL refuses root.
const SCRIPT: &str = r#"
set -eu
umask 077
folder=$(mktemp -d "${TMPDIR:-/tmp}/placet-postgres.XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$1/initdb" -D "$folder/data" -U placet -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1
"$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 \
    -c shared_buffers=64MB -c log_min_messages=panic >"$folder/log" 2>&1 </dev/null &
server=$!
chmod 711 "$folder"
tries=0
until "$1/pg_isready" -q -h "$folder"; do
    kill -0 "$server"
    tries=$((tries + 1)); [ "$tries" -lt 300 ]
    sleep 0.1
done
echo "$folder"
cat >/dev/null || true
kill -INT "$server"
wait "$server" || true
"#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    socket: PathBuf,
    made: AtomicU32,
    // Closing its input, which the end of this process does, stops the server.
    _shell: Child,
}

/// The server of this test process, started at the first call. None when PostgreSQL is not
/// installed: then this says so, and panics when `PLACET_REQUIRE_POSTGRES` is 1.
///
/// # Panics
///
/// When PostgreSQL is required and absent, or installed and does not start.
#[must_use]
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER
        .get_or_init(|| programs().map(|folder| start(&folder)))
        .as_ref();
    if server.is_none() {
        let is_required = std::env::var("PLACET_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        assert!(
            !is_required,
            "PLACET_REQUIRE_POSTGRES=1, yet initdb and postgres are not found"
        );
        println!("SKIPPED on PostgreSQL: initdb and postgres are not installed");
    }
    server
}

impl Server {
    /// The address of a new, empty database.
    ///
    /// # Panics
    ///
    /// When the server does not create it.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let folder = programs().expect("it was found before");
        let made = Command::new(folder.join("psql"))
            .args(["-q", "-X", "-U", "placet", "-d", "postgres", "-h"])
            .arg(&self.socket)
            .args(["-c", &format!("create database {name} template template0")])
            .output()
            .expect("psql runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        format!("postgres://placet@{}/{name}", escaped(&self.socket))
    }
}

fn start(programs: &Path) -> Server {
    let mut command = unprivileged();
    command
        .args(["sh", "-c", SCRIPT, "placet-postgres"])
        .arg(programs);
    command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a shell runs");
    let mut socket = String::new();
    let stdout = child.stdout.as_mut().expect("piped");
    BufReader::new(stdout)
        .read_line(&mut socket)
        .expect("the shell answers");
    if socket.trim().is_empty() {
        let mut said = String::new();
        let stderr = child.stderr.as_mut().expect("piped");
        stderr.read_to_string(&mut said).expect("the shell ends");
        panic!("PostgreSQL did not start: {said}");
    }
    Server {
        socket: PathBuf::from(socket.trim()),
        made: AtomicU32::new(0),
        _shell: child,
    }
}

/// `setpriv` to an unprivileged user for root; nothing (`env`) for everybody else.
fn unprivileged() -> Command {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    if !is_root {
        return Command::new("env");
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = ["postgres", "nobody"]
        .into_iter()
        .find(|name| {
            users
                .lines()
                .any(|line| line.starts_with(&format!("{name}:")))
        })
        .expect("root needs a user to run PostgreSQL as");
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid"])
        .arg(group_of(&users, user))
        .arg("--clear-groups");
    command
}

fn group_of(users: &str, user: &str) -> String {
    let line = users
        .lines()
        .find(|line| line.starts_with(&format!("{user}:")));
    line.and_then(|line| line.split(':').nth(3))
        .expect("a group")
        .to_owned()
}

/// The folder that holds `initdb`, `postgres` and `psql`.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/local/bin"));
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    // A link leads to the folder where the others are too.
    let real = folders
        .iter()
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok());
    let candidates: Vec<PathBuf> = real
        .filter_map(|file| file.parent().map(Path::to_path_buf))
        .collect();
    candidates.into_iter().find(|folder| {
        ["initdb", "postgres", "psql", "pg_isready"]
            .iter()
            .all(|name| folder.join(name).exists())
    })
}

fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes it");
        }
    }
    text
}
