//! What is fuzzed, and what each parser promises. A target returns its outcome in words (`ok…` when the input was
//! accepted); a broken promise is a panic.

use ipld_core::ipld::Ipld;
use kinora_protocol::check::{Author, CertificateCache, Checked, check, rid_of_signed};
use kinora_protocol::consent::{ConsentSet, Refusal};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::job::inspect::{FromInspector, ToInspector};
use kinora_protocol::job::{self, FromWorker, ToWorker};
use kinora_protocol::keys::{Certificate, DeviceSecret, Genesis, RootSecret, certify};
use kinora_protocol::record::Body;
use kinora_protocol::shot::{AXES, READING_ENTRIES_MAX, Shot};
use kinora_protocol::sync::{Answer, Item, Memory, Request, Session, Shelf, Summary};
use kinora_protocol::text::Text;
use kinora_protocol::{NETWORK, api, drisl};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One parser under fire.
pub(crate) struct Target {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// Takes an input and says what became of it.
    pub(crate) run: fn(&[u8]) -> String,
}

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "drisl", run: values },
    Target { name: "record", run: record },
    Target { name: "resigned", run: resigned },
    Target { name: "fields", run: fields },
    Target { name: "consent", run: consent },
    Target { name: "certificate", run: certificate },
    Target { name: "request", run: request },
    Target { name: "answer", run: answer },
    Target { name: "job", run: jobs },
    Target { name: "shot", run: shot },
    Target { name: "text", run: text },
    Target { name: "ids", run: ids },
    Target { name: "api", run: calls },
];

/// The name of an outcome: numbers and quoted input in it would make every input a new one.
fn label(what: &str) -> String {
    let said = what.split(['`', '"']).next().unwrap_or_default();
    said.chars().filter(|c| !c.is_ascii_digit()).take(60).collect()
}

fn values(input: &[u8]) -> String {
    let (checked, read) = (drisl::check_canonical(input), drisl::decode::<Ipld>(input));
    assert_eq!(checked.is_ok(), read.is_ok(), "what is canonical is read, and nothing else");
    match (read, checked) {
        (Ok(value), _) => {
            assert_eq!(drisl::encode(&value).as_deref(), Ok(input), "what is accepted has one encoding");
            format!("ok {}", "x".repeat(input.len() / 16))
        }
        (_, checked) => label(&checked.err().map(|fault| fault.to_string()).unwrap_or_default()),
    }
}

fn record(input: &[u8]) -> String {
    match check(input, NETWORK, &mut CertificateCache::default()) {
        Ok(checked) => {
            assert_eq!(checked.bytes(), input, "bytes are carried verbatim");
            assert_eq!(rid_of_signed(input), Some(checked.rid()));
            label(&format!("ok {} {:?}", checked.kind(), checked.slot()))
        }
        Err(fault) => {
            let said = fault.to_string();
            assert!(said.chars().count() < 400 && !said.chars().any(char::is_control), "{said:?}");
            label(&said)
        }
    }
}

/// The input is a body, or its fields, that is signed properly: everything behind the signature is reached.
fn resigned(input: &[u8]) -> String {
    let root = RootSecret::from_seed([1; 32]);
    let genesis = Genesis { root: root.public(), next: [7; 32] };
    let device = DeviceSecret::from_seed([2; 32]);
    let body = match drisl::decode::<Ipld>(input) {
        Ok(Ipld::Map(mut outer)) if outer.contains_key("n") => {
            let all = (0, u64::from(u32::MAX));
            let own = certify(&root, genesis, Vec::new(), device.public(), all).encode().unwrap_or_default();
            outer.insert("c".to_owned(), Ipld::Bytes(own));
            outer.insert("a".to_owned(), Ipld::Bytes(genesis.author().0.to_vec()));
            drisl::encode(&outer).unwrap_or_default()
        }
        _ => input.to_vec(),
    };
    let rid = blake3::hash(&[b"kinora/record/1\0", body.as_slice()].concat());
    let sig = device.sign(&[&b"kinora/signature/1\0"[..], rid.as_bytes()].concat());
    let length = (body.len() as u16).to_be_bytes();
    let head = match body.len() {
        0..=23 => vec![0x40 | body.len() as u8],
        24..=255 => vec![0x58, body.len() as u8],
        _ => [&[0x59][..], &length].concat(),
    };
    record(&[&[0x82], head.as_slice(), &body, &[0x58, 0x40], &sig].concat())
}

/// The fields of every kind: what is read is written as it was understood, and read again the same.
fn fields(input: &[u8]) -> String {
    const KINDS: [&str; 17] = [
        "profile", "clip", "comment", "react", "follow", "delete", "rotate", "device", "address", "cameo",
        "grant", "approve", "revoke", "head", "label", "labeler", "vouch",
    ];
    let Ok(value) = drisl::decode::<Ipld>(input) else { return "not a value".to_owned() };
    // The fields may stand inside a body, as in the vectors.
    let value = match value {
        Ipld::Map(mut outer) if outer.contains_key("b") => outer.remove("b").unwrap_or(Ipld::Null),
        other => other,
    };
    let mut outcome = String::new();
    for kind in KINDS {
        match Body::read(kind, value.clone()) {
            Ok(body) => {
                if let Ok(written) = body.write() {
                    assert_eq!(
                        Body::read(kind, written).as_ref(),
                        Ok(&body),
                        "{kind} is read as it is written"
                    );
                    outcome.push_str(kind);
                }
            }
            Err(fault) => outcome.push_str(&label(&fault.to_string())),
        }
    }
    if outcome.contains("clip") || outcome.contains("comment") { format!("ok {outcome}") } else { outcome }
}

/// The input is the fields of a clip or of a record of consent: signed properly, taken in beside a consent that holds,
/// and judged. Whatever it is, the set ends the same in both orders, and nothing that was withdrawn is taken.
fn consent(input: &[u8]) -> String {
    const KINDS: [&str; 6] = ["clip", "cameo", "grant", "approve", "revoke", "head"];
    let Ok(value) = drisl::decode::<Ipld>(input) else { return "not a value".to_owned() };
    let value = match value {
        Ipld::Map(mut outer) if outer.contains_key("b") => outer.remove("b").unwrap_or(Ipld::Null),
        other => other,
    };
    let certificate = |seed: u8, device: &DeviceSecret| {
        let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([seed ^ 0x55; 32]));
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        certify(&root, genesis, Vec::new(), device.public(), (0, u64::from(u32::MAX)))
    };
    let mut outcome = String::new();
    for (kind, seed) in KINDS.iter().flat_map(|kind| [(kind, 1_u8), (kind, 2)]) {
        let Ok(body) = Body::read(kind, value.clone()) else { continue };
        let device = DeviceSecret::from_seed([seed + 200; 32]);
        let certificate = certificate(seed, &device);
        let Ok(Ok(made)) =
            Author::new(device, certificate, NETWORK).map(|author| author.sign(1_800_000_000, body))
        else {
            continue;
        };
        let known: Vec<Checked> = known_consent();
        let (mut one, mut other) = (ConsentSet::new(NETWORK), ConsentSet::new(NETWORK));
        for record in known.iter().chain([&made]) {
            one.handle(record);
        }
        for record in [&made].into_iter().chain(known.iter().rev()) {
            other.handle(record);
        }
        assert!(one == other, "the order of arrival changes nothing");
        for clip in known.iter().chain([&made]) {
            let judged = one.judge(1_800_000_060, clip);
            assert_eq!(judged, other.judge(1_800_000_060, clip));
            let admitted = one.admit(1_800_000_060, clip);
            assert!(admitted.is_err() || judged.is_ok_and(|standing| standing.withdrawn.is_none()));
            outcome.push_str(admitted.err().map_or("taken ", Refusal::code));
        }
        outcome = format!("ok {outcome}");
    }
    outcome
}

/// The records of the vectors of consent that are taken, with the clip.
fn known_consent() -> Vec<Checked> {
    static KNOWN: std::sync::OnceLock<Vec<Checked>> = std::sync::OnceLock::new();
    let read = || {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../../specs/vectors/consent.json")).unwrap_or_default();
        let first = &file["cases"][0];
        let signed = first["records"].as_array().into_iter().flatten().chain([&first["clip"]]);
        let bytes = signed.filter_map(|text| hex::decode(text.as_str()?).ok());
        bytes.filter_map(|b| check(&b, NETWORK, &mut CertificateCache::default()).ok()).collect()
    };
    KNOWN.get_or_init(read).clone()
}

fn certificate(input: &[u8]) -> String {
    match Certificate::check(input) {
        Ok(read) => {
            assert_eq!(read.encode().as_deref(), Ok(input), "a certificate has one form");
            label(&format!("ok {}", "r".repeat(read.rotations.len())))
        }
        Err(fault) => label(&fault.to_string()),
    }
}

fn request(input: &[u8]) -> String {
    match Request::decode(input) {
        Ok(read) => {
            assert_eq!(Request::decode(&read.encode()), Ok(read.clone()));
            let answer = kinora_protocol::sync::answer(&Empty, &[], &read);
            assert_eq!(Answer::decode(&answer.encode()), Ok(answer), "what is answered can be read");
            let kind = format!("{read:?}");
            label(&format!("ok {}", kind.split(' ').next().unwrap_or_default()))
        }
        Err(fault) => label(&fault.to_string()),
    }
}

fn answer(input: &[u8]) -> String {
    let read = match Answer::decode(input) {
        Ok(read) => read,
        Err(fault) => return label(&fault.to_string()),
    };
    assert_eq!(Answer::decode(&read.encode()), Ok(read.clone()));
    // A session takes whatever comes, in every state.
    let head = Answer::Heads { heads: vec![Summary { count: 9, sum: [1; 32] }] };
    let items = vec![Item { time: 9, rid: Rid([9; 32]), safety: true }];
    let mut outcome = "ok".to_owned();
    for steps in [vec![], vec![head.clone()], vec![head, Answer::Ids { items, more: true }]] {
        let mut session = Session::new(&[AuthorId([1; 32])], Memory::default());
        for step in steps.into_iter().chain([read.clone()]) {
            if session.request(&Empty).is_some() {
                outcome
                    .push_str(session.answer(&Empty, step).map_or_else(|fault| fault.code(), |_| " taken"));
            }
        }
        drop(session.request(&Empty));
        let (end, _) = session.finish();
        assert!(end.rounds <= 4, "a session ends");
    }
    outcome
}

fn jobs(input: &[u8]) -> String {
    if let Some(prefix) = input.first_chunk::<4>() {
        drop(job::body_length(*prefix));
    }
    let read = [
        again::<ToWorker>(input, "ok to"),
        again::<FromWorker>(input, "ok from"),
        again::<ToInspector>(input, "ok to inspector"),
        again::<FromInspector>(input, "ok from inspector"),
    ];
    let mut words = read.into_iter();
    // What none of them can read is told apart by what is wrong with it as an answer.
    let last = words.find(Result::is_ok).unwrap_or_else(|| again::<FromInspector>(input, ""));
    last.unwrap_or_else(|fault| label(&fault))
}

/// Reads a message; one that can be read is the same when it was written and read again.
fn again<M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    input: &[u8],
    word: &str,
) -> Result<String, String> {
    let message = job::decode::<M>(input).map_err(|fault| fault.to_string())?;
    let frame = job::encode(&message).unwrap_or_default();
    assert_eq!(job::decode::<M>(frame.get(4..).unwrap_or_default()), Ok(message));
    Ok(word.to_owned())
}

fn shot(input: &[u8]) -> String {
    let prompt = String::from_utf8_lossy(input);
    match Shot::parse(&prompt) {
        Ok(reading) => {
            assert!(reading.ignored.len() <= READING_ENTRIES_MAX && reading.understood.len() <= AXES);
            let shown = reading.ignored.iter().chain(reading.understood.iter().map(|u| &u.phrase));
            for word in shown {
                assert_eq!(Text::line(word, 200).as_str(), word, "what is shown is clean");
            }
            let axes: Vec<&str> = reading.understood.iter().map(|u| u.value.as_str()).collect();
            format!("ok {}", axes.join(" "))
        }
        Err(fault) => label(&fault.to_string()),
    }
}

fn text(input: &[u8]) -> String {
    let raw = String::from_utf8_lossy(input);
    let max = input.len() % 97;
    let (line, block) = (Text::line(&raw, max), Text::block(&raw, max));
    for text in [&line, &block] {
        assert!(text.as_str().chars().count() <= max + 1, "it keeps to its bound");
        assert!(text.as_str().chars().all(|c| c == '\n' || !c.is_control()), "nothing controls a terminal");
        assert_eq!(&Text::block(text.as_str(), max + 1), text, "clean text stays as it is");
    }
    assert!(!line.as_str().contains('\n'), "a line is one line");
    label(&format!("ok {} {}", "x".repeat(line.as_str().chars().count() / 4), line == block))
}

fn ids(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    match text.parse::<Rid>() {
        Ok(id) => {
            assert_eq!(id.to_string(), text.to_lowercase(), "an id has one spelling but for case");
            "ok".to_owned()
        }
        Err(fault) => {
            assert!(fault.to_string().len() < 2_000);
            format!("{}", text.len().min(80))
        }
    }
}

fn calls(input: &[u8]) -> String {
    let mut outcome = String::new();
    if let Ok(call) = serde_json::from_slice::<api::Request>(input) {
        let json = serde_json::to_vec(&call).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<api::Request>(&json).ok(), Some(call.clone()));
        outcome = format!("ok {call:?}");
    }
    if let Ok(answer) = serde_json::from_slice::<api::Response>(input) {
        let json = serde_json::to_vec(&answer).unwrap_or_default();
        assert!(serde_json::from_slice::<api::Response>(&json).is_ok());
        outcome = format!("ok {answer:?}");
    }
    drop(serde_json::from_slice::<api::Event>(input));
    label(outcome.split(['{', '(']).next().unwrap_or_default())
}

/// A shelf with nothing on it.
struct Empty;

impl Shelf for Empty {
    fn summary(&self, _: &AuthorId) -> Summary {
        Summary::default()
    }
    fn ids(&self, _: &AuthorId, _: Option<(u64, Rid)>, _: usize) -> Vec<Item> {
        Vec::new()
    }
    fn settled(&self, _: &Rid) -> bool {
        false
    }
    fn rid(&self, signed: &[u8]) -> Option<Rid> {
        rid_of_signed(signed).or_else(|| signed.first_chunk::<32>().map(|id| Rid(*id)))
    }
    fn record(&self, _: &Rid) -> Option<Vec<u8>> {
        None
    }
}
