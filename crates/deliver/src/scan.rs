//! Runs of bytes, looked at many at a time: every mail is gone through several times.

/// How many bytes are looked at before the answer is asked for.
const AT_ONCE: usize = 32;

/// The bytes in front that are such, and what follows them.
pub(crate) fn split_run(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let are_all = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & is_such(*byte));
    let whole = bytes.chunks_exact(AT_ONCE).take_while(are_all).count() * AT_ONCE;
    let rest = bytes.get(whole..).unwrap_or_default();
    let more = rest.iter().take_while(|byte| is_such(**byte)).count();
    bytes.split_at(whole + more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_byte_that_is_not_such() {
        for n in [0, 1, 31, 32, 33, 63, 64, 65, 200] {
            let mut bytes = vec![b'a'; n];
            assert_eq!(split_run(&bytes, |byte| byte == b'a').0.len(), n);
            bytes.extend(b"b, and a few more bytes that are of no interest at all");
            let (run, rest) = split_run(&bytes, |byte| byte == b'a');
            assert_eq!((run.len(), rest.first()), (n, Some(&b'b')));
        }
    }
}
