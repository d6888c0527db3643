//! Vectors of the feed set: records in some order, what is decided about each, and what is live at the end.

use kinora_protocol::check::{Author, Checked};
use kinora_protocol::feed::{Decision, FeedSet, Hidden};
use kinora_protocol::ids::{AuthorId, DeviceKey, Rid};
use kinora_protocol::record::{Body, Delete, Device, Follow, Profile};
use serde_json::{Value, json};

use super::records::{NOW, comment};
use super::{Creator, Fallible, lists};

pub(super) fn feed() -> Fallible<Value> {
    let by = Creator::new(1);
    let (one, two) = (by.author()?, by.second(77)?);
    let mut cases = vec![
        case("two devices follow two creators", &[follow(&one, 10, 5, true)?, follow(&two, 10, 6, true)?]),
        case("the newer write of an edge counts", &[follow(&one, 10, 5, true)?, follow(&one, 11, 5, false)?]),
        case("the older write comes later", &[follow(&one, 11, 5, false)?, follow(&one, 10, 5, true)?]),
        case("at the same second removal counts", &[follow(&one, 10, 5, false)?, follow(&one, 10, 5, true)?]),
        case("at the same second the greater id counts", &[name(&one, 10, "Ada")?, name(&one, 10, "Eve")?]),
        case("the newer page of a list counts", &lists::written(&one)?),
        case("the future is held", &[comment(&one, NOW + 601, "soon")?, comment(&one, NOW + 600, "now")?]),
    ];
    cases.extend(deletions(&one)?);
    cases.extend(losses(&by, &one, &two)?);
    Ok(Value::Array(cases))
}

fn deletions(one: &Author) -> Fallible<Vec<Value>> {
    let stranger = Creator::new(2).author()?;
    let said = comment(one, 10, "hello")?;
    let delete = |by: &Author, target: Rid| -> Fallible<Checked> {
        Ok(by.sign(11, Body::Delete(Delete { targets: vec![target] }))?)
    };
    let gone = delete(one, said.rid())?;
    Ok(vec![
        case("a deletion", &[said.clone(), gone.clone()]),
        case("a deletion that comes first", &[gone.clone(), said.clone(), said.clone()]),
        case("a stranger's deletion", &[said.clone(), delete(&stranger, said.rid())?]),
        case("a deletion cannot be deleted", &[gone.clone(), delete(one, gone.rid())?, said]),
    ])
}

fn losses(by: &Creator, one: &Author, two: &Author) -> Fallible<Vec<Value>> {
    let (root, rotated) = (by.by_root()?, by.by_next_root()?);
    let (early, late) = (comment(two, 10, "early")?, comment(two, 30, "late")?);
    let revoke = |from: u64| -> Fallible<Checked> {
        let device: DeviceKey = late.record().device;
        Ok(root.sign(40, Body::Device(Device { device, revoked_from: from }))?)
    };
    let rotate = rotated.sign(20, Body::Rotate)?;
    let thief = comment(one, 30, "thief")?;
    Ok(vec![
        case("a lost device keeps its past", &[early.clone(), late.clone(), revoke(20)?]),
        case("a revocation that comes first", &[revoke(20)?, late.clone(), early.clone()]),
        case("the earliest revocation counts", &[early.clone(), revoke(20)?, late.clone(), revoke(5)?]),
        case(
            "a revoked device's write keeps its register",
            &[follow(one, 10, 5, true)?, follow(two, 30, 5, false)?, revoke(20)?],
        ),
        case(
            "a rotation overtakes the old root",
            &[comment(one, 10, "mine")?, thief.clone(), rotate.clone(), comment(&rotated, 30, "still me")?],
        ),
        case("a rotation that comes first", &[rotate, thief, comment(one, 19, "mine")?]),
    ])
}

fn follow(by: &Author, time: u64, whom: u8, set: bool) -> Fallible<Checked> {
    Ok(by.sign(time, Body::Follow(Follow { author: AuthorId([whom; 32]), set }))?)
}

fn name(by: &Author, time: u64, name: &str) -> Fallible<Checked> {
    Ok(by.sign(time, Body::Profile(Profile { name: name.to_owned(), bio: String::new() }))?)
}

fn case(name: &str, records: &[Checked]) -> Value {
    let mut set = FeedSet::default();
    let steps: Vec<Value> = records
        .iter()
        .map(|record| {
            let decision = set.insert(record.clone(), NOW);
            json!({
                "signed": hex::encode(record.bytes()),
                "rid": record.rid().to_string(),
                "decision": word(&decision),
            })
        })
        .collect();
    let live: Vec<String> = set.live().map(|c| c.rid().to_string()).collect();
    json!({ "name": name, "now": NOW, "records": steps, "live": live })
}

/// A decision in one word.
pub(crate) fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Keep { .. } => "keep",
        Decision::Replace(_) => "replace",
        Decision::Hide(Hidden::Deleted(_)) => "hide_deleted",
        Decision::Hide(Hidden::Revoked) => "hide_revoked",
        Decision::Hide(Hidden::Rotated) => "hide_rotated",
        Decision::Known => "known",
        Decision::Superseded(_) => "superseded",
        Decision::Hold { .. } => "hold",
        Decision::OverQuota => "over_quota",
    }
}
