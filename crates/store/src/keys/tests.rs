//! The master key and its file.

use std::fs;
use std::path::PathBuf;

use super::*;

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("master.key");
    (folder, file)
}

#[test]
fn a_key_file_is_created_once_and_read_again() {
    let (_folder, file) = place();
    let keys = Keys::create(&file, &Entropy::system()).unwrap();
    let again = Keys::load(&file).unwrap();
    assert_eq!(keys.ledger_seed(), again.ledger_seed());
    assert_eq!(
        keys.lookup_hash("email", "a@b.example"),
        again.lookup_hash("email", "a@b.example")
    );
    assert!(matches!(
        Keys::create(&file, &Entropy::system()),
        Err(KeyError::Exists(_))
    ));
    assert_eq!(fs::read(&file).unwrap().len(), 32);
    assert_ne!(fs::read(&file).unwrap(), [0; 32]);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, file) = place();
    Keys::create(&file, &Entropy::system()).unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let refused = Keys::load(&file).unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

#[test]
fn a_key_that_cannot_be_used_says_what_to_do() {
    let (_folder, file) = place();
    let missing = Keys::load(&file).unwrap_err();
    assert!(missing.to_string().contains("placet init"), "{missing}");
    for length in [0, 31, 33, 64] {
        private().open(&file).unwrap();
        fs::write(&file, vec![1; length]).unwrap();
        assert!(
            matches!(Keys::load(&file), Err(KeyError::Malformed(_))),
            "{length}"
        );
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn each_use_has_its_own_key() {
    let keys = Keys::from_master([1; 32]);
    let hash = keys.lookup_hash("email", "same");
    assert_eq!(hash, keys.lookup_hash("email", "same"));
    assert_ne!(hash, keys.lookup_hash("login", "same"));
    assert_ne!(hash, keys.sign_link("email", b"same"));
    assert_ne!(
        hash,
        Keys::from_master([2; 32]).lookup_hash("email", "same")
    );
    // A length stands in front, so that no two questions share their bytes.
    assert_ne!(keys.lookup_hash("ab", "c"), keys.lookup_hash("a", "bc"));
    assert_ne!(keys.check("a"), keys.check("b"));
}

/// A forged or bent link is refused.
#[test]
fn a_link_is_ours_for_its_purpose_and_words_alone() {
    let keys = Keys::from_master([1; 32]);
    let signature = keys.sign_link("preferences", b"person 1");
    assert!(keys.is_our_link("preferences", b"person 1", &signature));
    assert!(!keys.is_our_link("unsubscribe", b"person 1", &signature));
    assert!(!keys.is_our_link("preferences", b"person 2", &signature));
    assert!(!keys.is_our_link("preferences", b"person 1", &signature[..31]));
    assert!(!keys.is_our_link("preferences", b"person 1", &[]));
    let mut bent = signature;
    bent[31] ^= 1;
    assert!(!keys.is_our_link("preferences", b"person 1", &bent));
}

#[test]
fn nothing_secret_is_printed() {
    assert_eq!(format!("{:?}", Keys::from_master([0x41; 32])), "Keys(..)");
}
