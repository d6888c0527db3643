//! Vectors of labels: what labelers say of one clip, and what becomes of it for who subscribed to them.

use kinora_protocol::api::{LabelCall, Request};
use kinora_protocol::check::{Author, Checked};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::labels::{
    Inputs, Reason, Ruling, Setting, Shown, Subject, Subscribed, Tier, Voice, compose,
};
use kinora_protocol::record::{Body, Clip, Label, Labeler, Labelled, Meaning, Severity};
use serde_json::{Value, json};

use super::records::{NOW, least};
use super::{Creator, Fallible};

/// Bodies of both kinds, for the vectors of records.
pub(super) fn bodies() -> Vec<(&'static str, Body)> {
    let on = Labelled::Clip(Rid(*blake3::hash(b"a clip").as_bytes()));
    let label = Label { on, value: "violence".to_owned(), set: true, until: None, why: String::new() };
    let author = Labelled::Author(Creator::new(2).genesis.author());
    let until = Some(NOW + 86_400);
    let why = "a boxing match — round 3".to_owned();
    vec![
        ("label", Body::Label(label.clone())),
        ("label, taken off", Body::Label(Label { set: false, ..label.clone() })),
        (
            "label, on a file",
            Body::Label(Label { on: Labelled::Blob(BlobHash::of(b"a file")), ..label.clone() }),
        ),
        ("label, on an author", Body::Label(Label { on: author, until, why, ..label })),
        ("labeler", Body::Labeler(declared())),
    ]
}

fn meaning(value: &str, severity: Severity, default: bool) -> Meaning {
    Meaning { value: value.to_owned(), severity, default, means: String::new() }
}

fn declared() -> Labeler {
    let mut values = vec![
        meaning("violence", Severity::Warn, true),
        meaning("spam", Severity::Hide, true),
        meaning("no-consent", Severity::Warn, true),
        meaning("dull", Severity::Hide, false),
    ];
    if let Some(last) = values.last_mut() {
        last.means = "nothing happens".to_owned();
    }
    Labeler { name: "Watch".to_owned(), about: "Foxes only.".to_owned(), values }
}

/// One case: what is said by whom, and whom a persona listens to.
struct Case {
    name: &'static str,
    records: Vec<Checked>,
    subscribed: Vec<(Creator, Option<(&'static str, Setting)>)>,
    ruling: Option<Ruling>,
    tier: Tier,
}

/// Calls of the control API about labels.
pub(super) fn calls() -> Vec<Request> {
    let (clip, labeler) = (Rid([1; 32]), Creator::new(1).genesis.author());
    let on = Labelled::Clip(clip);
    let (value, why) = ("violence".to_owned(), "a boxing match".to_owned());
    let off = LabelCall::Put { on, value: value.clone(), set: false, seconds: None, why: String::new() };
    let settings = [("spam".to_owned(), Setting::Ignore)].into();
    let Labeler { name, about, values } = declared();
    [
        LabelCall::Put { on, value, set: true, seconds: Some(86_400), why },
        off,
        LabelCall::Declare { name, about, values },
        LabelCall::Subscribe { labeler, settings },
        LabelCall::Unsubscribe { labeler },
        LabelCall::Labelers,
        LabelCall::Rule { clip, ruling: Some(Ruling::Show) },
        LabelCall::Rule { clip, ruling: None },
        LabelCall::Clips,
    ]
    .map(|call| Request::Label(Box::new(call)))
    .to_vec()
}

/// A reason as JSON.
pub(crate) fn reason(reason: &Reason) -> Value {
    let by = match reason.by {
        Voice::You => json!("you"),
        Voice::Labeler(who) => json!({ "labeler": who.to_string() }),
        Voice::Author => json!("author"),
        Voice::Tier(tier) => json!({ "tier": tier.as_str() }),
    };
    json!({ "by": by, "value": reason.value, "severity": reason.severity.as_str(), "floor": reason.floor })
}

/// The clip of all cases: creator 4 says that there is violence in it.
fn clip() -> Fallible<Checked> {
    let labels = vec!["synthetic".to_owned(), "violence".to_owned()];
    Ok(Creator::new(4).author()?.sign(NOW, Body::Clip(Box::new(Clip { labels, ..least() })))?)
}

fn said(by: &Author, time: u64, on: Labelled, value: &str, set: bool) -> Fallible<Checked> {
    let (value, why) = (value.to_owned(), String::new());
    Ok(by.sign(time, Body::Label(Label { on, value, set, until: None, why }))?)
}

pub(super) fn labels() -> Fallible<Value> {
    let clip = clip()?;
    cases(&clip)?.into_iter().map(|case| shown(&clip, case)).collect()
}

fn cases(clip: &Checked) -> Fallible<Vec<Case>> {
    let (one, two) = (Creator::new(1).author()?, Creator::new(2).author()?);
    let (on, author) = (Labelled::Clip(clip.rid()), Labelled::Author(clip.author()));
    let declare = |by: &Author| by.sign(NOW, Body::Labeler(declared()));
    let case =
        |name, records| Case { name, records, subscribed: Vec::new(), ruling: None, tier: Tier::Followed };
    let first = || vec![(Creator::new(1), None)];
    let spam = || said(&one, NOW, on, "spam", true);
    Ok(vec![
        case("its author's own label covers", vec![]),
        Case { tier: Tier::Stranger, ..case("and hides it when the author is a stranger", vec![]) },
        Case { tier: Tier::Me, ..case("and does nothing to oneself", vec![]) },
        case("nobody listens to this labeler", vec![declare(&one)?, spam()?]),
        Case { subscribed: first(), ..case("somebody listens to this one", vec![declare(&one)?, spam()?]) },
        Case { subscribed: first(), ..case("it never declared anything", vec![spam()?]) },
        Case {
            subscribed: first(),
            ..case(
                "it took the label off",
                vec![declare(&one)?, spam()?, said(&one, NOW, on, "spam", false)?],
            )
        },
        Case {
            subscribed: vec![(Creator::new(1), Some(("violence", Setting::Inform)))],
            ..case(
                "a labeler speaks instead of the author",
                vec![declare(&one)?, said(&one, NOW, author, "violence", true)?],
            )
        },
        Case {
            subscribed: vec![(Creator::new(2), Some(("spam", Setting::Ignore))), (Creator::new(1), None)],
            ..case(
                "who is ignored gives way to the next",
                vec![
                    declare(&two)?,
                    said(&two, NOW, on, "spam", true)?,
                    declare(&one)?,
                    said(&one, NOW, on, "spam", true)?,
                ],
            )
        },
        Case {
            subscribed: vec![(Creator::new(1), Some(("no-consent", Setting::Ignore)))],
            ..case(
                "the floor cannot be ignored",
                vec![declare(&one)?, said(&one, NOW, on, "no-consent", true)?],
            )
        },
        Case {
            subscribed: first(),
            ruling: Some(Ruling::Show),
            ..case(
                "but one's own decision stands",
                vec![declare(&one)?, said(&one, NOW, on, "no-consent", true)?],
            )
        },
        Case { ruling: Some(Ruling::Hide), ..case("also to hide", vec![]) },
        Case {
            subscribed: first(),
            ..case(
                "what waits for a choice is told",
                vec![declare(&one)?, said(&one, NOW, on, "dull", true)?],
            )
        },
    ])
}

fn shown(clip: &Checked, case: Case) -> Fallible<Value> {
    let Body::Clip(body) = &clip.record().body else { return Err("no clip".into()) };
    let mut labelers = Vec::new();
    for (creator, setting) in &case.subscribed {
        let labeler = creator.genesis.author();
        // The register is what `feed.json` is about: here the last record of a place is the one that counts.
        let (mut declared, mut labels) = (Labeler::default(), std::collections::BTreeMap::new());
        for record in case.records.iter().filter(|record| record.author() == labeler) {
            match &record.record().body {
                Body::Labeler(said) => declared = said.clone(),
                Body::Label(label) => drop(labels.insert(label.register(), label.clone())),
                _ => {}
            }
        }
        let settings = setting.iter().map(|(value, setting)| ((*value).to_owned(), *setting)).collect();
        labelers.push(Subscribed { labeler, declared, settings, labels: labels.into_values().collect() });
    }
    let inputs = Inputs {
        subject: Subject { clip: clip.rid(), blob: body.blob.hash, author: clip.author() },
        ruling: case.ruling,
        labelers: &labelers,
        own: &body.labels,
        tier: case.tier,
        now: NOW,
    };
    let (outcome, reasons) = match compose(&inputs) {
        Shown::Show => ("show", Vec::new()),
        Shown::Cover(reasons) => ("cover", reasons),
        Shown::Hide(reasons) => ("hide", reasons),
    };
    let subscribed: Vec<Value> = labelers
        .iter()
        .map(|s| {
            Ok(json!({ "labeler": s.labeler.to_string(), "settings": serde_json::to_value(&s.settings)? }))
        })
        .collect::<Fallible<_>>()?;
    Ok(json!({
        "name": case.name,
        "now": NOW,
        "clip": hex::encode(clip.bytes()),
        "records": case.records.iter().map(|record| hex::encode(record.bytes())).collect::<Vec<_>>(),
        "subscribed": subscribed,
        "ruling": serde_json::to_value(case.ruling)?,
        "tier": case.tier.as_str(),
        "outcome": outcome,
        "reasons": reasons.iter().map(reason).collect::<Vec<_>>(),
    }))
}
