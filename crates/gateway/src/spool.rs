//! The spool: messages that wait for their destination, sealed, in order, on disk.
//!
//! Each record is `length (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, AES-256-GCM, bound to its
//! number. Records are appended and made durable before they are acknowledged. A file holds
//! records up to a size; its name is the number of its first record. `position` is the number of
//! the first record that was not delivered.
//!
//! A crash while appending leaves a record that nobody was told of, and which is cut off at the
//! next start. A crash after delivery and before the position is written delivers once more, with
//! the same number and bytes, which a destination tells by.
//!
//! INVARIANT: nothing stands in clear on disk but numbers and lengths.
//! INVARIANT: a record is deleted only after its delivery.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;

/// A file is closed and the next one begun past this size.
const FILE_SIZE: u64 = 16 << 20;
const TAG: usize = 16;
const LENGTH: usize = 4;

/// The key that seals a spool.
pub struct SpoolKey(LessSafeKey);

impl SpoolKey {
    /// A key of 32 bytes.
    ///
    /// # Errors
    ///
    /// When the bytes are no such key.
    pub fn new(bytes: &[u8]) -> io::Result<Self> {
        let bad = |_| io::Error::new(io::ErrorKind::InvalidInput, "a spool key has 32 bytes");
        UnboundKey::new(&AES_256_GCM, bytes)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(bad)
    }

    /// A key written as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When the text is no such key; the text is not repeated.
    pub fn from_hex(text: &str) -> io::Result<Self> {
        let text = text.trim();
        let digits = text.as_bytes().chunks(2).map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes: Option<Vec<u8>> = digits.collect();
        Self::new(&bytes.unwrap_or_default())
    }

    /// A new key as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn generate() -> io::Result<String> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no randomness"))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A spool in a folder.
pub struct Spool {
    folder: PathBuf,
    key: SpoolKey,
    /// The most bytes of all files together.
    limit: u64,
    files: VecDeque<Part>,
    /// The number that the next record gets.
    next: u64,
    /// The number of the first record that was not delivered.
    position: u64,
    writer: Option<File>,
    reader: Option<(File, u64, u64)>,
}

/// One file: the number of its first record, how many it has, and how long it is.
struct Part {
    first: u64,
    n: u64,
    size: u64,
}

impl Spool {
    /// Opens the spool of a folder, which is made when it is not there. A record that was cut off
    /// by a crash is removed.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written, or the key is another one.
    pub fn open(folder: &Path, key: SpoolKey, limit: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut firsts: Vec<u64> = fs::read_dir(folder)?
            .flatten()
            .filter_map(|entry| number_of(&entry.file_name().to_string_lossy()))
            .collect();
        firsts.sort_unstable();
        let position = match fs::read_to_string(folder.join("position")) {
            Ok(text) => text
                .trim()
                .parse()
                .map_err(|_| io::Error::other("the spool's `position` is no number"))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let mut spool = Self {
            folder: folder.to_owned(),
            key,
            limit,
            files: VecDeque::new(),
            next: position,
            position,
            writer: None,
            reader: None,
        };
        let last = firsts.last().copied();
        for first in firsts {
            let part = spool.examine(first, Some(first) == last)?;
            spool.next = part.first + part.n;
            spool.files.push_back(part);
        }
        spool.next = spool.next.max(position);
        spool.check_key()?;
        spool.forget_delivered()?;
        Ok(spool)
    }

    /// How many records wait.
    #[must_use]
    pub fn n_waiting(&self) -> u64 {
        self.next - self.position
    }

    /// Appends records and makes them durable together; all of them or none.
    ///
    /// # Errors
    ///
    /// When the disk or the limit is full; then nothing of it is kept.
    pub fn append<'r>(&mut self, records: impl IntoIterator<Item = &'r [u8]>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut n = 0;
        for record in records {
            self.seal(self.next + n, record, &mut bytes)?;
            n += 1;
        }
        if n == 0 {
            return Ok(());
        }
        let held: u64 = self.files.iter().map(|part| part.size).sum();
        if held + bytes.len() as u64 > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the spool has reached its limit",
            ));
        }
        self.roll()?;
        let size = self.files.back().map_or(0, |part| part.size);
        let written = self.write(&bytes);
        if let Err(error) = written {
            // What was written half stays unknown to everybody: it is cut off again.
            if let Some(file) = &self.writer {
                let _ = file.set_len(size);
            }
            self.writer = None;
            return Err(error);
        }
        if let Some(part) = self.files.back_mut() {
            part.n += n;
            part.size += bytes.len() as u64;
        }
        self.next += n;
        Ok(())
    }

    /// The first record that was not delivered; nothing when none waits.
    ///
    /// # Errors
    ///
    /// When it cannot be read or opened.
    pub fn first(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.position == self.next {
            return Ok(None);
        }
        let number = self.position;
        let found = self
            .files
            .iter()
            .find(|part| (part.first..part.first + part.n).contains(&number));
        let first = found
            .map(|part| part.first)
            .ok_or_else(|| io::Error::other("a file of the spool is missing"))?;
        let is_there = matches!(&self.reader, Some((_, of, at)) if *of == first && *at <= number);
        if !is_there {
            self.reader = Some((File::open(self.path(first))?, first, first));
        }
        let Some((file, _, at)) = &mut self.reader else {
            return Ok(None);
        };
        while *at < number {
            let length = read_length(file)?;
            file.seek_relative(length)?;
            *at += 1;
        }
        let start = file.stream_position()?;
        let length = read_length(file)?;
        let mut sealed = vec![0; usize::try_from(length).unwrap_or_default()];
        let read = file.read_exact(&mut sealed);
        // It is read again until it is delivered.
        file.seek(SeekFrom::Start(start))?;
        read?;
        self.unseal(number, &sealed).map(Some)
    }

    /// Notes that the first record was delivered.
    ///
    /// # Errors
    ///
    /// When the position cannot be written; then the record will be delivered again.
    pub fn delivered(&mut self) -> io::Result<()> {
        if self.position == self.next {
            return Ok(());
        }
        let position = self.position + 1;
        let new = self.folder.join("position.new");
        let mut file = File::create(&new)?;
        file.write_all(position.to_string().as_bytes())?;
        // Without waiting for the disk: an older position only delivers again.
        drop(file);
        fs::rename(&new, self.folder.join("position"))?;
        self.position = position;
        self.forget_delivered()
    }

    /// Puts the first record aside, sealed as it is, since its destination will never take it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn set_aside(&mut self) -> io::Result<()> {
        let Some(record) = self.first()? else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        self.seal(self.position, &record, &mut bytes)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .append(true)
            .open(self.folder.join("refused"))?;
        file.write_all(&self.position.to_le_bytes())?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.delivered()
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(format!("{first:016}.spool"))
    }

    fn seal(&self, number: u64, record: &[u8], into: &mut Vec<u8>) -> io::Result<()> {
        let failed = |_| io::Error::other("a record could not be sealed");
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(failed)?;
        let mut sealed = record.to_vec();
        self.key
            .0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(number.to_le_bytes()),
                &mut sealed,
            )
            .map_err(failed)?;
        let length = u32::try_from(NONCE_LEN + sealed.len())
            .map_err(|_| io::Error::other("a record is too long"))?;
        into.extend_from_slice(&length.to_le_bytes());
        into.extend_from_slice(&nonce);
        into.extend_from_slice(&sealed);
        Ok(())
    }

    fn unseal(&self, number: u64, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let failed =
            || io::Error::other("a record of the spool cannot be opened: another key, or changed");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .0
            .open_in_place(nonce, Aad::from(number.to_le_bytes()), &mut text)
            .map_err(|_| failed())?;
        Ok(opened.to_vec())
    }

    /// Counts the whole records of a file; of the last one, cuts off what a crash left.
    fn examine(&self, first: u64, is_last: bool) -> io::Result<Part> {
        let path = self.path(first);
        let mut file = File::open(&path)?;
        let whole = file.metadata()?.len();
        let (mut n, mut size) = (0, 0);
        while size < whole {
            let Ok(length) = read_length(&mut file) else {
                break;
            };
            let end = size + LENGTH as u64 + length.unsigned_abs();
            if end > whole || length < (NONCE_LEN + TAG) as i64 {
                break;
            }
            file.seek_relative(length)?;
            (n, size) = (n + 1, end);
        }
        if size < whole {
            if !is_last {
                return Err(io::Error::other(
                    "a file of the spool is damaged in the middle",
                ));
            }
            let file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(size)?;
            file.sync_data()?;
        }
        Ok(Part { first, n, size })
    }

    /// A spool that was sealed with another key is refused before anything is added to it.
    fn check_key(&mut self) -> io::Result<()> {
        self.first().map(drop)
    }

    fn roll(&mut self) -> io::Result<()> {
        let is_full = self.files.back().is_none_or(|part| part.size >= FILE_SIZE);
        if is_full {
            let first = self.next;
            let file = OpenOptions::new()
                .create_new(true)
                .append(true)
                .open(self.path(first))?;
            self.writer = Some(file);
            self.files.push_back(Part {
                first,
                n: 0,
                size: 0,
            });
            // The name of a new file is durable with its folder.
            File::open(&self.folder)?.sync_all()?;
        }
        if self.writer.is_none()
            && let Some(part) = self.files.back()
        {
            let file = OpenOptions::new()
                .append(true)
                .open(self.path(part.first))?;
            file.set_len(part.size)?;
            self.writer = Some(file);
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.writer else {
            return Err(io::ErrorKind::NotFound.into());
        };
        file.write_all(bytes)?;
        file.sync_data()
    }

    /// Deletes the files of which everything was delivered. When all was, the next record begins
    /// a new file.
    fn forget_delivered(&mut self) -> io::Result<()> {
        while let Some(part) = self.files.front() {
            let is_over = part.first + part.n <= self.position;
            let is_open = self.files.len() == 1 && part.size < FILE_SIZE / 16;
            if !is_over || is_open {
                return Ok(());
            }
            if self.files.len() == 1 {
                self.writer = None;
            }
            self.reader = None;
            fs::remove_file(self.path(part.first))?;
            self.files.pop_front();
        }
        Ok(())
    }
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".spool")?.parse().ok()
}

fn read_length(file: &mut File) -> io::Result<i64> {
    let mut length = [0; LENGTH];
    file.read_exact(&mut length)?;
    Ok(i64::from(u32::from_le_bytes(length)))
}
