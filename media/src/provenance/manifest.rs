//! What a clip's manifest says, as a definition for the C2PA library.
//!
//! Everybody's manifest says the same kinds of things and nothing else: no operating system, no machine, no node, no
//! time finer than an hour. What a persona must not tell is not asked for. Actions and hashes cannot be redacted
//! later (C2PA 2.2 §6.8), so nothing that identifies stands in them.

use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use serde_json::{Value, json};

use super::certificate::Issuer;
use super::label::TOOL;
use super::{FORMAT, NAMESPACE};

/// Prefix of IPTC digital source types.
pub(super) const SOURCE_PREFIX: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/// Source type of what a model made, and of an edit of it by one.
pub(super) const GENERATED: &str = "trainedAlgorithmicMedia";
pub(super) const COMPOSITE: &str = "compositeWithTrainedAlgorithmicMedia";
/// Times are cut to this many seconds. Laws ask for time and date; an hour answers them and is the same for many.
const WHEN_SECONDS: u64 = 3_600;
/// Label of the parent among the ingredients, and the stem of the others'.
const PARENT: &str = "parent";

/// What a manifest is to say.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    /// How it was made; none for a file that was brought in from elsewhere, which is then its own parent.
    pub made: Option<Made<'a>>,
    /// What was done to a file that no model made.
    pub change: Option<Change<'a>>,
    /// Title of the clip.
    pub title: &'a str,
    /// Unix seconds; written as the hour.
    pub time: u64,
    /// Records of the clips it was made from.
    pub parents: &'a [Rid],
    /// SPDX expression, or empty for all rights reserved.
    pub licence: &'a str,
    /// BLAKE3 of the consent part of the clip's record.
    pub consent: Option<[u8; 32]>,
    /// The invisible mark in its pictures.
    pub mark: Option<Mark<'a>>,
    /// What it was made from. At most one is the parent.
    pub ingredients: &'a [Ingredient<'a>],
    /// Whose signatures are known among the ingredients.
    pub lineage: &'a [Issuer],
}

/// How a clip was made.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// Name and version of the model.
    pub model: &'a str,
    /// BLAKE3 of its weights.
    pub weights: BlobHash,
    /// BLAKE3 of the prompt.
    pub prompt: Option<[u8; 32]>,
}

/// What was done to a file between opening and publishing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A part of it was cut out.
    Trimmed,
    /// Something in its pictures was changed; in words.
    Edited(&'a str),
}

/// An invisible mark.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// Name and version of the algorithm.
    pub algorithm: &'a str,
    /// What it carries; the record carries the same.
    pub tag: [u8; 8],
}

/// What an ingredient was used for (C2PA 2.2 §18.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The clip is a changed form of it.
    Parent,
    /// The clip shows it, or a part of it.
    Component,
    /// A model was given it.
    Input,
}

/// Something a clip was made from.
#[derive(Clone, Copy, Debug)]
pub struct Ingredient<'a> {
    /// What for.
    pub role: Role,
    /// What it is, in a word or two.
    pub title: &'a str,
    /// A clip's whole file, whose manifest the new one carries on; none for stills, which are named by hash only.
    pub clip: Option<&'a [u8]>,
    /// BLAKE3 of its bytes.
    pub hash: BlobHash,
}

impl Statement<'_> {
    /// Index and parent among the ingredients.
    pub(super) fn parents_among_ingredients(&self) -> usize {
        self.ingredients.iter().filter(|i| i.role == Role::Parent).count()
    }

    /// The definition of the manifest of a file with this hash.
    pub(super) fn definition(&self, author: AuthorId, unsigned: BlobHash) -> Value {
        let mut assertions = vec![
            assertion("c2pa.actions.v2", json!({ "actions": self.actions() })),
            assertion(&format!("{NAMESPACE}.record"), self.record(author)),
            assertion("cawg.training-mining", json!({ "entries": training() })),
        ];
        if let Some(consent) = self.consent {
            assertions.push(assertion(&format!("{NAMESPACE}.consent"), json!({ "blake3": hex(&consent) })));
        }
        if let Some(mark) = self.mark {
            let data = json!({ "alg": mark.algorithm, "payload": hex(&mark.tag) });
            assertions.push(assertion(&format!("{NAMESPACE}.watermark"), data));
        }
        json!({
            "claim_version": 2,
            "claim_generator_info": [{ "name": TOOL.0, "version": TOOL.1 }],
            "title": self.title,
            "format": FORMAT,
            // Unique to the file, and no more than its hash told already.
            "instance_id": format!("xmp:iid:{}", uuid(&unsigned.0)),
            "assertions": assertions,
        })
    }

    fn actions(&self) -> Vec<Value> {
        let when = rfc3339(self.time - self.time % WHEN_SECONDS);
        let of = |roles: &[Role]| -> Vec<String> {
            let with_ids = self.ingredients.iter().enumerate();
            with_ids.filter(|(_, i)| roles.contains(&i.role)).map(|(n, i)| label(n, i.role)).collect()
        };
        let (parent, inputs, placed) = (of(&[Role::Parent]), of(&[Role::Input]), of(&[Role::Component]));
        let first = if parent.is_empty() { "c2pa.created" } else { "c2pa.opened" };
        let mut actions = vec![json!({ "action": first, "when": when })];
        if !parent.is_empty() {
            actions[0]["parameters"] = json!({ "ingredientIds": parent });
        }
        if let Some(made) = self.made {
            let source = if parent.is_empty() { GENERATED } else { COMPOSITE };
            if !parent.is_empty() {
                actions.push(json!({ "action": "c2pa.edited", "when": when }));
            }
            if let Some(last) = actions.last_mut() {
                last["digitalSourceType"] = json!(format!("{SOURCE_PREFIX}{source}"));
                last["softwareAgent"] = json!({ "name": made.model });
                let mut recipe = json!({ "weights": made.weights.to_string() });
                if let Some(prompt) = made.prompt {
                    recipe["prompt"] = json!(hex(&prompt));
                }
                let mut parameters = json!({ format!("{NAMESPACE}.recipe"): recipe });
                if !inputs.is_empty() {
                    parameters["ingredientIds"] = json!(inputs);
                }
                last["parameters"] = parameters;
            }
        } else {
            actions.extend(self.change.map(|change| match change {
                Change::Trimmed => json!({ "action": "c2pa.trimmed", "when": when }),
                Change::Edited(how) => json!({ "action": "c2pa.edited", "when": when, "description": how }),
            }));
            actions.push(json!({ "action": "c2pa.published", "when": when }));
        }
        if !placed.is_empty() {
            let parameters = json!({ "ingredientIds": placed });
            actions.push(json!({ "action": "c2pa.placed", "when": when, "parameters": parameters }));
        }
        if self.mark.is_some() {
            // Not bound: the mark names a record, and no registered soft binding leads from it to this manifest.
            actions.push(json!({ "action": "c2pa.watermarked.unbound", "when": when }));
        }
        actions
    }

    fn record(&self, author: AuthorId) -> Value {
        let parents: Vec<String> = self.parents.iter().map(ToString::to_string).collect();
        json!({ "author": author.to_string(), "parents": parents, "licence": self.licence })
    }
}

fn assertion(label: &str, data: Value) -> Value {
    // Created: the signer vouches for it, and did not merely gather it (C2PA 2.2 §10.3.2).
    json!({ "label": label, "data": data, "created": true })
}

/// The fields of an ingredient that stand beside what its file tells.
pub(super) fn ingredient(number: usize, ingredient: &Ingredient<'_>) -> Value {
    let relationship = match ingredient.role {
        Role::Parent => "parentOf",
        Role::Component => "componentOf",
        Role::Input => "inputTo",
    };
    json!({
        "title": ingredient.title,
        "format": if ingredient.clip.is_some() { FORMAT } else { "application/octet-stream" },
        "relationship": relationship,
        "label": label(number, ingredient.role),
        "instance_id": format!("blake3:{}", ingredient.hash),
    })
}

fn label(number: usize, role: Role) -> String {
    if role == Role::Parent { PARENT.to_owned() } else { format!("ingredient{number}") }
}

/// Nobody's clip is training data unless its author says so elsewhere (CAWG training and data mining 1.1).
fn training() -> Value {
    let no = json!({ "use": "notAllowed" });
    json!({
        "cawg.ai_generative_training": no,
        "cawg.ai_training": no,
        "cawg.ai_inference": no,
        "cawg.data_mining": no,
    })
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first bytes of a hash as a UUID of version 8, which is free for such uses (RFC 9562 §5.8).
fn uuid(hash: &[u8; 32]) -> String {
    let digits: Vec<char> = hex(hash).chars().collect();
    let part = |range: std::ops::Range<usize>| -> String {
        digits.iter().take(range.end).skip(range.start).collect()
    };
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

/// Unix seconds as RFC 3339 in UTC. Days to dates by the civil calendar (Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), date);
        }
    }

    #[test]
    fn a_uuid_is_one() {
        let text = uuid(&[0xab; 32]);
        assert_eq!(text, "abababab-abab-8bab-8bab-abababababab");
    }
}
