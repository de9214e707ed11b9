//! One record a line.

use std::io::{self, Read};

use super::{Gathered, Input};

/// Gathers the next line that is not blank; gives its number, nothing at the end.
pub(crate) fn next_line<R: Read>(
    input: &mut Input<R>,
    into: &mut Gathered,
) -> io::Result<Option<u64>> {
    loop {
        let line = input.line();
        into.clear();
        if !gather(input, into)? {
            return Ok(None);
        }
        let is_blank = into
            .bytes()
            .is_some_and(|bytes| bytes.trim_ascii().is_empty());
        if !is_blank {
            return Ok(Some(line));
        }
    }
}

/// Gathers up to a line end or the end of the input; false when there was nothing at all.
fn gather<R: Read>(input: &mut Input<R>, into: &mut Gathered) -> io::Result<bool> {
    let mut has_begun = false;
    loop {
        let bytes = input.bytes()?;
        if bytes.is_empty() {
            return Ok(has_begun);
        }
        has_begun = true;
        match memchr::memchr(b'\n', bytes) {
            Some(end) => {
                into.add(bytes.get(..end).unwrap_or_default());
                input.skip(end + 1, 1);
                return Ok(true);
            }
            None => {
                let n = bytes.len();
                into.add(bytes);
                input.skip(n, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(text: &[u8], limit: usize) -> Vec<(u64, Option<String>)> {
        let mut input = Input::new(text);
        let mut gathered = Gathered::new(limit);
        let mut found = Vec::new();
        while let Some(line) = next_line(&mut input, &mut gathered).unwrap() {
            found.push((
                line,
                gathered
                    .bytes()
                    .map(|b| String::from_utf8(b.to_vec()).unwrap()),
            ));
        }
        found
    }

    #[test]
    fn blank_lines_are_passed_over_and_counted() {
        let found = lines(b"a\n\n \r\nb\r\nc", 10);
        assert_eq!(
            found,
            [
                (1, Some("a".into())),
                (4, Some("b\r".into())),
                (5, Some("c".into()))
            ]
        );
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_and_the_next_one_read() {
        assert_eq!(
            lines(b"abcdef\nok\n", 3),
            [(1, None), (2, Some("ok".into()))]
        );
    }

    #[test]
    fn a_line_of_100_megabytes_is_never_held() {
        let long = std::io::Read::take(std::io::repeat(b'x'), 100_000_000);
        let mut input = Input::new(std::io::Read::chain(long, &b"\nok\n"[..]));
        let mut gathered = Gathered::new(4 << 20);
        assert_eq!(next_line(&mut input, &mut gathered).unwrap(), Some(1));
        assert!(gathered.bytes().is_none());
        assert_eq!(gathered.capacity(), 0);
        assert_eq!(next_line(&mut input, &mut gathered).unwrap(), Some(2));
        assert_eq!(gathered.bytes(), Some(&b"ok"[..]));
    }
}
