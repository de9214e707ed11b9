//! What is read from files and read again when they change: the certificates of a port that never closes.
//!
//! A connection takes what stands in the files when it begins. Files that cannot be used, as while they are being
//! replaced one by one, change nothing: what was read before goes on, and standard error says so once.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

/// A value that files hold.
pub struct Kept<T> {
    paths: Vec<PathBuf>,
    load: Box<dyn Fn() -> io::Result<T> + Send + Sync>,
    held: Mutex<Held<T>>,
}

struct Held<T> {
    /// What stood in the files when they were looked at last, whether it could be used or not.
    seen: Vec<u8>,
    value: Arc<T>,
}

impl<T> Kept<T> {
    /// Reads it for the first time.
    ///
    /// # Errors
    ///
    /// When the files cannot be used.
    pub(super) fn load(
        paths: Vec<PathBuf>,
        load: impl Fn() -> io::Result<T> + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let seen = seen(&paths);
        let value = Arc::new(load()?);
        Ok(Arc::new(Self {
            paths,
            load: Box::new(load),
            held: Mutex::new(Held { seen, value }),
        }))
    }

    /// As the files hold it now; as they did before, when they cannot be used.
    pub(super) fn now(&self) -> Arc<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen(&self.paths);
        if seen != held.seen {
            held.seen = seen;
            match (self.load)() {
                Ok(value) => held.value = Arc::new(value),
                Err(error) => eprintln!("{error}; the files read before go on"),
            }
        }
        Arc::clone(&held.value)
    }
}

/// What stands in the files, as a hash: times of files tell too little.
fn seen(paths: &[PathBuf]) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    for path in paths {
        let content = std::fs::read(path).unwrap_or_default();
        hash.update(&(content.len() as u64).to_be_bytes());
        hash.update(&content);
    }
    hash.finish().as_ref().to_vec()
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({:?})", self.paths)
    }
}
