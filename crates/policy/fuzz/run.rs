//! The fuzz targets: shared by the long run (`examples/fuzz.rs`) and the short one (`tests/fuzz.rs`).

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use placet_policy::wire::{Options, decide_line};
use placet_policy::{Engine, Inputs, Profile, Source, read_inputs};

/// What is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Files of a pack.
    Packs,
    /// Lines of `placet decide`.
    Wire,
}

impl Target {
    pub fn name(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Wire => "wire",
        }
    }
}

/// Inputs that gave a new kind of answer, and what is put into them.
pub struct Fuzz {
    target: Target,
    chance: u64,
    kept: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    seen: HashSet<u64>,
    engine: Engine,
    asked: Vec<Inputs>,
}

const HEAD: &str = "[pack]\nid = \"x\"\nversion = \"1\"\n\n";

const WORDS: &[&str] = &[
    "[[rule]]\n",
    "[[define]]\n",
    "[[switch]]\n",
    "[[rule.case]]\n",
    "when = '",
    "needs = '",
    "'",
    "\"",
    "'''",
    "\n",
    "exists(i, ",
    "all(x, ",
    "has(",
    "size(",
    "is_true(",
    "is_false(",
    "date(\"2027-01-31\")",
    ")",
    "(",
    "((((((((",
    "!!!!",
    " && ",
    " || ",
    " in ",
    "[]",
    "[\"a\", \"b\"]",
    "true",
    "false",
    "null",
    "{}",
    "[[[[",
    "-1",
    "1e999",
    "9999999999999999999999",
    "0.1",
    "NaN",
    "\u{0}",
    "\u{202e}",
    "é",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "-009999-01-01T00:00:00Z",
    "2026-11-24T14:00:00+25:00",
    "2026-11-24T14:00:00-05:00",
    "extends = \"placet\"\n",
    "kind = \"permit\"\n",
    "kind = \"forbid\"\n",
    "kind = \"hold\"\n",
    "window = [{ days = [1], from = 8, to = 20 }]\n",
    "until = \"day\"\n",
    "profile = [\"conservative\"]\n",
    "effective_from = \"2026-01-01\"\n",
    "jurisdiction = [\"US-TX\"]\n",
];

impl Fuzz {
    pub fn new(target: Target, seed: u64) -> Self {
        let mut kept = Vec::new();
        match target {
            Target::Packs => {
                for file in placet_policy::packs::builtin() {
                    // Tables on their own are damaged sooner than whole files.
                    for table in file
                        .text
                        .split("\n[[")
                        .map(|table| format!("{HEAD}[[{table}"))
                    {
                        kept.push(table.into_bytes());
                    }
                }
            }
            Target::Wire => {
                for line in include_str!("../scenarios/decisions.jsonl").lines() {
                    kept.push(line.as_bytes().to_vec());
                }
            }
        }
        let mut words: Vec<Vec<u8>> = WORDS.iter().map(|word| word.as_bytes().to_vec()).collect();
        let engine = Engine::builtin();
        words.extend(
            engine
                .facts()
                .iter()
                .map(|fact| fact.name.as_bytes().to_vec()),
        );
        let asked = include_str!("../scenarios/decisions.jsonl")
            .lines()
            .step_by(20)
            .filter_map(|line| {
                let case: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(read_inputs(case.get("inputs")?, "").ok()?.0)
            })
            .collect();
        Self {
            target,
            chance: seed | 1,
            kept,
            words,
            seen: HashSet::new(),
            engine,
            asked,
        }
    }

    pub fn add(&mut self, input: Vec<u8>) {
        self.kept.push(input);
    }

    pub fn n_seen(&self) -> usize {
        self.seen.len()
    }

    /// Xorshift: the same seed gives the same run.
    fn below(&mut self, most: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as usize % most.max(1)
    }

    /// One kept input, damaged in one to eight places.
    pub fn next_input(&mut self) -> Vec<u8> {
        let at = self.below(self.kept.len());
        let mut input = self.kept[at].clone();
        for _ in 0..=self.below(8) {
            self.damage(&mut input);
        }
        input.truncate(1 << 20);
        input
    }

    fn damage(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(24)).min(input.len());
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let (other, from) = (self.below(self.kept.len()), self.below(4_096));
                let other = &self.kept[other];
                let from = from.min(other.len());
                let piece = other[from..(from + 64).min(other.len())].to_vec();
                input.splice(at..end, piece);
            }
            4 => {
                let piece = input[at..end].repeat(1 + self.below(200));
                input.splice(at..at, piece);
            }
            _ => {
                let word = self.below(self.words.len());
                let word = self.words[word].clone();
                input.splice(at..end.min(at + 8), word);
            }
        }
    }

    /// Runs one input; whether its kind of answer is new. Such an input is damaged further.
    pub fn run(&mut self, input: &[u8]) -> bool {
        let answer = match self.target {
            Target::Packs => self.load(input),
            Target::Wire => self.decide(input),
        };
        let is_new = self.seen.insert(hash(answer.as_bytes()));
        if is_new {
            self.kept.push(input.to_vec());
        }
        is_new
    }

    /// Loads a pack; what loads must decide and explain, too.
    fn load(&mut self, input: &[u8]) -> String {
        let text = String::from_utf8_lossy(input).into_owned();
        let source = Source {
            name: "fuzz.toml".to_owned(),
            text,
        };
        match Engine::load(&[source]) {
            Ok(engine) => {
                let mut answer = format!("{} rules", engine.rules().len());
                for inputs in &self.asked {
                    let at = "2026-11-24T19:00:00Z".parse().unwrap();
                    let decision = engine.decide(inputs, Profile::Conservative, at);
                    answer.push_str(decision.outcome.as_str());
                    let _ = engine.explain(inputs, Profile::RegulatoryFloor, at);
                    assert_eq!(
                        engine
                            .plan(&inputs.act, Profile::Conservative, at)
                            .decide(&inputs.person),
                        decision,
                        "a plan differs from a decision"
                    );
                }
                answer
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                let kinds: Vec<String> = problems
                    .iter()
                    .map(|problem| kind(&problem.message))
                    .collect();
                kinds.join("|")
            }
        }
    }

    fn decide(&mut self, input: &[u8]) -> String {
        let now = "2026-11-24T19:00:00Z".parse().unwrap();
        let options = Options {
            profile: None,
            at: None,
            now,
        };
        let line = decide_line(&self.engine, input, 1, &options);
        let json: serde_json::Value = serde_json::from_str(&line.json).expect("an answer is JSON");
        assert!(!line.json.contains('\n'));
        if line.is_decision {
            return json["rule_ids"].to_string();
        }
        format!(
            "{}{}",
            kind(json["error"]["pointer"].as_str().unwrap()),
            kind(json["error"]["message"].as_str().unwrap())
        )
    }
}

/// A message without its particulars.
fn kind(message: &str) -> String {
    let mut kind = String::new();
    for (index, piece) in message.split('`').enumerate() {
        if index % 2 == 0 {
            kind.extend(piece.chars().filter(|c| !c.is_ascii_digit()));
        }
    }
    kind
}

pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
