//! The vectors of the specification against this code, and this code against the vectors. Compiled under
//! `#[cfg(test)]` only.
//!
//! Reading them is what a second implementation would do; making them again shows that the files in the repository
//! are the ones that the generator makes.

use ipld_core::ipld::Ipld;
use serde_json::Value;

use crate::check::{CertificateCache, Checked, check, gossip_id, rid_of_signed};
use crate::drisl;
use crate::fault::Fault;
use crate::feed::{Decision, FeedSet};
use crate::ids::{BlobHash, Rid};
use crate::job::inspect::{FromInspector, ToInspector};
use crate::job::{FromWorker, ToWorker};
use crate::keys::{Certificate, Genesis, RootSecret, verify};
use crate::record::Body;
use crate::shot::{PromptFault, Shot};
use crate::sync::{Answer, Request, Summary};
use crate::text::Text;
use crate::verdict::{self, Check};

#[path = "../examples/vectors/make.rs"]
mod make;

/// A file of vectors, as it stands in the repository.
macro_rules! vectors {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../specs/vectors/", $name))).unwrap()
    };
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(word(value, key)).unwrap()
}

fn array<const N: usize>(value: &Value, key: &str) -> [u8; N] {
    bytes(value, key).try_into().unwrap()
}

fn checked(signed: &[u8]) -> Result<Checked, Fault> {
    check(signed, crate::NETWORK, &mut CertificateCache::default())
}

#[test]
fn the_generator_makes_the_vectors_that_stand_in_the_repository() {
    macro_rules! file { ($($name:literal),+) => { [$(($name, include_str!(concat!("../../specs/vectors/", $name)))),+] } }
    let there = file!(
        "api.json",
        "checks.json",
        "consent.json",
        "drisl.json",
        "feed.json",
        "ids.json",
        "job.json",
        "keys.json",
        "labels.json",
        "records.json",
        "shot.json",
        "sync.json",
        "text.json",
        "verdicts.json"
    );
    let made = make::all().unwrap();
    assert_eq!(made.len(), there.len());
    for ((name, text), (file, there)) in made.iter().zip(there) {
        assert_eq!(*name, file);
        assert!(text == there, "specs/vectors/{name} is out of date: run the example `vectors`");
    }
}

#[test]
fn ids_are_as_written() {
    let file = vectors!("ids.json");
    for case in list(&file, "blobs") {
        let input: Vec<u8> = (0..case["length"].as_u64().unwrap()).map(|i| (i % 251) as u8).collect();
        assert_eq!(BlobHash::of(&input).to_string(), word(case, "hash"));
    }
    for case in list(&file["text"], "accept") {
        assert_eq!(word(case, "text").parse::<Rid>().unwrap().to_string(), word(case, "id"));
    }
    for case in list(&file["text"], "reject") {
        assert!(case.as_str().unwrap().parse::<Rid>().is_err(), "{case}");
    }
    let id: Rid = word(&file["wire"], "id").parse().unwrap();
    assert_eq!(drisl::decode::<Rid>(&bytes(&file["wire"], "drisl")).unwrap(), id);
    assert_eq!(postcard::from_bytes::<Rid>(&bytes(&file["wire"], "postcard")).unwrap(), id);
    for case in list(&file, "gossip") {
        assert_eq!(gossip_id(word(case, "topic"), &bytes(case, "data")).to_vec(), bytes(case, "id"));
    }
}

#[test]
fn values_are_accepted_and_refused_as_written() {
    let file = vectors!("drisl.json");
    for case in list(&file, "accept") {
        let data = bytes(case, "bytes");
        let value: Ipld = drisl::decode(&data).unwrap_or_else(|fault| panic!("{}: {fault}", case["name"]));
        assert_eq!(drisl::encode(&value).unwrap(), data, "{}", case["name"]);
    }
    for case in list(&file, "reject") {
        let fault = drisl::decode::<Ipld>(&bytes(case, "bytes")).unwrap_err();
        assert_eq!(fault.code(), word(case, "fault"), "{}", case["name"]);
    }
}

#[test]
fn keys_and_certificates_are_as_written() {
    let file = vectors!("keys.json");
    for case in list(&file, "seeds") {
        let root = RootSecret::from_seed(array(case, "seed"));
        assert_eq!(root.public(), array(case, "public"));
        assert_eq!(root.commitment(), array(case, "commitment"));
    }
    for case in list(&file, "creators") {
        let genesis = Genesis { root: array(case, "root"), next: array(case, "next") };
        assert_eq!(genesis.author().to_string(), word(case, "author"));
    }
    for case in list(&file, "certificates") {
        let data = bytes(case, "bytes");
        let read = Certificate::check(&data).unwrap_or_else(|fault| panic!("{}: {fault}", case["name"]));
        assert_eq!(read.encode().unwrap(), data);
        assert_eq!(
            (read.author().to_string(), read.root()),
            (word(case, "author").to_owned(), array(case, "root"))
        );
        assert_eq!((read.device.0, read.is_root()), (array(case, "device"), case["by_root"] == true));
        assert_eq!((Some(read.from), Some(read.until)), (case["from"].as_u64(), case["until"].as_u64()));
        assert_eq!(Some(read.rotations.len() as u64), case["rotations"].as_u64());
    }
    for case in list(&file, "refused") {
        let fault = Certificate::check(&bytes(case, "bytes")).unwrap_err();
        assert_eq!(fault.code(), word(case, "fault"), "{}", case["name"]);
    }
    for case in list(&file, "signatures") {
        let verdict = verify(&array(case, "key"), &bytes(case, "message"), &array(case, "sig"));
        assert_eq!(verdict.err().as_ref().map(Fault::code), case["fault"].as_str(), "{}", case["name"]);
    }
}

#[test]
fn every_record_is_believed_and_means_what_is_written() {
    let file = vectors!("records.json");
    let mut kinds = std::collections::BTreeSet::new();
    for case in file.as_array().unwrap() {
        let signed = bytes(case, "signed");
        let made = checked(&signed).unwrap_or_else(|fault| panic!("{}: {fault}", case["name"]));
        assert_eq!(made.rid().to_string(), word(case, "rid"));
        assert_eq!(rid_of_signed(&signed), Some(made.rid()));
        assert_eq!(made.author().to_string(), word(case, "author"));
        assert_eq!((made.kind(), Some(made.time())), (word(case, "kind"), case["time"].as_u64()));
        assert_eq!(made.record().body.is_safety(), case["safety"] == true);
        if let Ok(fields) = made.record().body.write() {
            let outer: std::collections::BTreeMap<String, Ipld> =
                drisl::decode(&bytes(case, "body")).unwrap();
            assert_eq!(fields, outer["b"], "{}: it is written as it was read", case["name"]);
        } else {
            assert_eq!(case["understood"], false);
        }
        if let Body::Clip(clip) = &made.record().body {
            assert_eq!(clip.recipe().is_some(), clip.recipe.is_some(), "its recipe is read");
        }
        kinds.insert(made.kind().to_owned());
    }
    let known = [
        "address",
        "approve",
        "cameo",
        "challenge",
        "clip",
        "comment",
        "delete",
        "device",
        "follow",
        "grant",
        "head",
        "label",
        "labeler",
        "list",
        "profile",
        "react",
        "revoke",
        "rotate",
        "sealed",
    ];
    assert!(known.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[test]
fn verdicts_are_as_written() {
    let file = vectors!("verdicts.json");
    let mut codes = std::collections::BTreeSet::new();
    for case in list(&file, "cases") {
        let verdict = check(&bytes(case, "signed"), word(&file, "network"), &mut CertificateCache::default());
        match verdict {
            Ok(made) => {
                assert_eq!(Some(made.rid().to_string().as_str()), case["rid"].as_str(), "{}", case["name"]);
            }
            Err(fault) => {
                assert_eq!(Some(fault.code()), case["fault"].as_str(), "{}", case["name"]);
                codes.insert(fault.code());
            }
        }
    }
    assert_eq!(codes.len(), 10, "every fault has a vector: {codes:?}");
}

#[test]
fn decisions_of_the_feed_are_as_written() {
    for case in vectors!("feed.json").as_array().unwrap() {
        let now = case["now"].as_u64().unwrap();
        let mut set = FeedSet::default();
        for step in list(case, "records") {
            let decision: Decision = set.insert(checked(&bytes(step, "signed")).unwrap(), now);
            assert_eq!(make::word(&decision), word(step, "decision"), "{}", case["name"]);
        }
        let live: Vec<Value> = set.live().map(|c| c.rid().to_string().into()).collect();
        assert_eq!(live, list(case, "live"), "{}", case["name"]);
    }
}

#[test]
fn sync_messages_are_as_written() {
    let file = vectors!("sync.json");
    for case in list(&file, "requests") {
        let read = Request::decode(&bytes(case, "bytes")).unwrap();
        assert_eq!(
            (serde_json::to_value(&read).unwrap(), read.encode()),
            (case["message"].clone(), bytes(case, "bytes"))
        );
    }
    for case in list(&file, "answers") {
        let read = Answer::decode(&bytes(case, "bytes")).unwrap();
        assert_eq!(
            (serde_json::to_value(&read).unwrap(), read.encode()),
            (case["message"].clone(), bytes(case, "bytes"))
        );
    }
    for case in list(&file, "refused") {
        let times = case["times"].as_u64().unwrap() as usize;
        let message = [bytes(case, "head"), bytes(case, "unit").repeat(times)].concat();
        let fault = match word(case, "of") {
            "request" => Request::decode(&message).unwrap_err(),
            _ => Answer::decode(&message).unwrap_err(),
        };
        assert_eq!(fault.code(), word(case, "fault"), "{}", case["name"]);
    }
    for case in list(&file, "summaries") {
        let rids: Vec<Rid> =
            list(case, "rids").iter().map(|r| r.as_str().unwrap().parse().unwrap()).collect();
        let want = Summary { count: case["count"].as_u64().unwrap(), sum: array(case, "sum") };
        assert_eq!(Summary::of(&rids), want);
    }
}

#[test]
fn job_frames_are_as_written() {
    let file = vectors!("job.json");
    let split = |case: &Value| {
        let frame = bytes(case, "bytes");
        let (prefix, body) = frame.split_first_chunk::<4>().unwrap();
        assert_eq!(crate::job::body_length(*prefix).unwrap(), body.len());
        body.to_vec()
    };
    for case in list(&file, "to_worker") {
        let read: ToWorker = crate::job::decode(&split(case)).unwrap();
        assert_eq!(crate::job::encode(&read).unwrap(), bytes(case, "bytes"));
    }
    for case in list(&file, "from_worker") {
        let read: FromWorker = crate::job::decode(&split(case)).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), case["message"]);
        assert_eq!(crate::job::encode(&read).unwrap(), bytes(case, "bytes"));
    }
    for case in list(&file, "to_inspector") {
        let read: ToInspector = crate::job::decode(&split(case)).unwrap();
        assert_eq!(crate::job::encode(&read).unwrap(), bytes(case, "bytes"));
    }
    for case in list(&file, "from_inspector") {
        let read: FromInspector = crate::job::decode(&split(case)).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), case["message"]);
        assert_eq!(crate::job::encode(&read).unwrap(), bytes(case, "bytes"));
    }
    for case in list(&file, "refused") {
        let refused = match case["prefix"].as_str() {
            Some(_) => crate::job::body_length(array(case, "prefix")).is_err(),
            None => crate::job::decode::<FromWorker>(&bytes(case, "body")).is_err(),
        };
        assert!(refused, "{}", case["name"]);
    }
}

#[test]
fn verdicts_follow_from_checks_as_written() {
    for case in vectors!("checks.json").as_array().unwrap() {
        let checks: Vec<Check> = serde_json::from_value(case["checks"].clone()).unwrap();
        assert_eq!(serde_json::to_value(verdict::of(&checks)).unwrap(), case["verdict"], "{}", case["name"]);
    }
}

#[test]
fn calls_of_the_api_are_as_written() {
    let file = vectors!("api.json");
    for call in list(&file, "calls") {
        let read: crate::api::Request = serde_json::from_value(call.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *call);
    }
    for answer in list(&file, "answers") {
        let read: crate::api::Response = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *answer);
    }
    assert!(serde_json::from_value::<crate::api::ApiError>(file["error"].clone()).is_ok());
}

#[test]
fn prompts_and_texts_are_read_as_written() {
    for case in vectors!("shot.json").as_array().unwrap() {
        match Shot::parse(word(case, "prompt")) {
            Ok(reading) => {
                assert_eq!(serde_json::to_value(&reading.shot).unwrap(), case["shot"]);
                assert_eq!(serde_json::to_value(&reading.understood).unwrap(), case["understood"]);
                assert_eq!(serde_json::to_value(&reading.ignored).unwrap(), case["ignored"]);
            }
            Err(PromptFault::Empty) => assert_eq!(case["fault"], "empty"),
            Err(PromptFault::TooLong { .. }) => assert_eq!(case["fault"], "too_long"),
        }
    }
    for case in vectors!("text.json").as_array().unwrap() {
        let max = case["chars_max"].as_u64().unwrap() as usize;
        assert_eq!(Text::line(word(case, "raw"), max).as_str(), word(case, "line"));
        assert_eq!(Text::block(word(case, "raw"), max).as_str(), word(case, "block"));
    }
}

#[test]
fn labels_compose_as_written() {
    use crate::labels::{Inputs, Shown, Subject, Subscribed, compose};
    for case in vectors!("labels.json").as_array().unwrap() {
        let clip = checked(&bytes(case, "clip")).unwrap();
        let Body::Clip(body) = &clip.record().body else { panic!("no clip") };
        let records: Vec<Checked> = list(case, "records")
            .iter()
            .map(|r| checked(&hex::decode(r.as_str().unwrap()).unwrap()).unwrap())
            .collect();
        let mut set = FeedSet::default();
        for record in records {
            set.insert(record, case["now"].as_u64().unwrap());
        }
        let of = |who: &Value| {
            let labeler = who["labeler"].as_str().unwrap().parse().unwrap();
            let live: Vec<&Body> =
                set.live().filter(|c| c.author() == labeler).map(|c| &c.record().body).collect();
            let declared =
                live.iter().find_map(|b| if let Body::Labeler(l) = b { Some(l.clone()) } else { None });
            let labels =
                live.iter().filter_map(|b| if let Body::Label(l) = b { Some(l.clone()) } else { None });
            let (declared, labels) = (declared.unwrap_or_default(), labels.collect());
            let settings = serde_json::from_value(who["settings"].clone()).unwrap();
            Subscribed { labeler, declared, settings, labels }
        };
        let labelers: Vec<Subscribed> = list(case, "subscribed").iter().map(of).collect();
        let inputs = Inputs {
            subject: Subject { clip: clip.rid(), blob: body.blob.hash, author: clip.author() },
            ruling: serde_json::from_value(case["ruling"].clone()).unwrap(),
            labelers: &labelers,
            own: &body.labels,
            tier: serde_json::from_value(case["tier"].clone()).unwrap(),
            now: case["now"].as_u64().unwrap(),
        };
        let (outcome, reasons) = match compose(&inputs) {
            Shown::Show => ("show", Vec::new()),
            Shown::Cover(reasons) => ("cover", reasons),
            Shown::Hide(reasons) => ("hide", reasons),
        };
        assert_eq!(outcome, word(case, "outcome"), "{}", case["name"]);
        let said: Vec<Value> = reasons.iter().map(make::reason).collect();
        assert_eq!(said, list(case, "reasons"), "{}", case["name"]);
    }
}

#[test]
fn consent_is_judged_as_written() {
    use crate::consent::{ConsentSet, Refusal, consent_hash, prompt_hash, revoked_root, use_id};
    let file = vectors!("consent.json");
    let prompt = &file["prompt"];
    assert_eq!(prompt_hash(word(prompt, "text")), array(prompt, "hash"));
    for case in list(&file, "revoked") {
        let ids: Vec<Rid> =
            list(case, "ids").iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(revoked_root(ids), array(case, "root"));
    }
    let mut verdicts = std::collections::BTreeSet::new();
    for case in list(&file, "cases") {
        let mut set = ConsentSet::new(word(&file, "network"));
        for record in list(case, "records") {
            set.handle(&checked(&hex::decode(record.as_str().unwrap()).unwrap()).unwrap());
        }
        let clip = checked(&bytes(case, "clip")).unwrap();
        let verdict = set.admit(case["now"].as_u64().unwrap(), &clip);
        let verdict = verdict.err().map_or("ok", Refusal::code);
        assert_eq!(verdict, word(case, "verdict"), "{}", case["name"]);
        verdicts.insert(verdict);
        let Body::Clip(body) = &clip.record().body else { panic!("no clip") };
        let consent = body.consent.as_ref().unwrap();
        assert_eq!(consent_hash(consent).unwrap(), array(&file, "consent_hash"));
        let id = use_id(clip.author(), body, consent, &consent.uses[0]).unwrap();
        assert_eq!(id.to_string(), word(&file, "use_id"));
    }
    assert_eq!(verdicts.len(), 10, "{verdicts:?}");
}
