//! Rules as one text: what is kept beside the decisions, so that old ones can be taken again.

use crate::engine::Engine;
use crate::pack::{Problem, Source};

impl Engine {
    /// Everything the rules were read from, as one JSON text: equal rules give equal bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut layers: Vec<Vec<(&str, &str)>> = Vec::new();
        for files in self.layers() {
            let files = files.iter();
            layers.push(
                files
                    .map(|file| (file.name.as_str(), file.text.as_str()))
                    .collect(),
            );
        }
        // Lists of texts cannot fail to serialize.
        serde_json::to_string(&layers).unwrap_or_default()
    }

    /// The rules of such a text.
    ///
    /// # Errors
    ///
    /// Lists every problem with its file, line and column.
    pub fn from_text(text: &str) -> Result<Self, Vec<Problem>> {
        let layers: Vec<Vec<(String, String)>> = serde_json::from_str(text).map_err(|error| {
            vec![Problem {
                file: "kept rules".to_owned(),
                line: error.line(),
                column: error.column(),
                message: "this is not what was kept".to_owned(),
            }]
        })?;
        let layers: Vec<Vec<Source>> = layers
            .into_iter()
            .map(|files| {
                let source = |(name, text)| Source { name, text };
                files.into_iter().map(source).collect()
            })
            .collect();
        Self::load_layers(&layers)
    }

    /// The hash of [`Engine::to_text`]. It is computed once; what hashes is the caller's.
    pub fn fingerprint(&self, hash: impl FnOnce(&[u8]) -> [u8; 32]) -> [u8; 32] {
        let compute = || hash(self.to_text().as_bytes());
        *self.compiled_pack().fingerprint.get_or_init(compute)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rules_come_back_from_their_text() {
        let house = "[pack]\nid = \"house\"\nversion = \"1\"\nextends = \"placet\"\n";
        let house = Engine::load(&[Source {
            name: "house.toml".to_owned(),
            text: house.to_owned(),
        }])
        .unwrap();
        for engine in [Engine::builtin(), house] {
            let again = Engine::from_text(&engine.to_text()).unwrap();
            assert_eq!(again.pack(), engine.pack());
            assert_eq!(again.rules(), engine.rules());
            assert_eq!(again.to_text(), engine.to_text());
        }
        assert!(Engine::from_text("{}").is_err());
    }
}
