//! Vectors of frames: sync messages, job frames, calls of the control API.

use kinora_protocol::api::{
    ApiError, Blame, CameoCall, ExportRequest, Exported, MakeCut, MakeParent, MakeRequest, MakeShot,
    MaterialPaths, ParentFrom, Request as Call, Response, Verified, VerifyWhat,
};
use kinora_protocol::badge::{Badge, Corner, Size, Variant};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::job::{
    self, Again, AuditRequest, BadgeRequest, Compared, CutRequest, FrameFault, FromWorker, Materials,
    NextRequest, Picture, RenderRequest, Rendered, Stage, StageTime, ToWorker,
};
use kinora_protocol::limits::{JOB_FRAME_BYTES_MAX, RECORD_BYTES_MAX, SYNC_AUTHORS_MAX, SYNC_IDS_MAX};
use kinora_protocol::recipe::{Crop, Descent, Part, Recipe, Switches, Transition};
use kinora_protocol::record::{Effect, Target};
use kinora_protocol::sync::{ANSWER_BYTES_MAX, Answer, Item, Request, Summary};
use kinora_protocol::verdict::{self, Check, CheckName};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};

use super::{Fallible, inspections, lists, records};

fn id(n: u8) -> Rid {
    Rid(*blake3::hash(&[n]).as_bytes())
}

pub(super) fn sync() -> Fallible<Value> {
    let author = AuthorId([1; 32]);
    let requests = [
        ("hello without an address", Request::Hello { address: Vec::new() }),
        ("hello", Request::Hello { address: vec![1, 2, 3] }),
        ("heads of nobody", Request::Heads { authors: Vec::new() }),
        ("heads", Request::Heads { authors: vec![author, AuthorId([2; 32])] }),
        ("the newest ids", Request::Ids { author, before: None, limit: 1_000 }),
        ("older ids", Request::Ids { author, before: Some((1_800_000_000, id(1))), limit: 2_000 }),
        ("records", Request::Records { rids: vec![id(1), id(2)] }),
    ];
    let item = |time, n, safety| Item { time, rid: id(n), safety };
    let answers = [
        ("hello", Answer::Hello { address: vec![1, 2, 3] }),
        ("heads", Answer::Heads { heads: vec![Summary::default(), Summary::of(&[id(1), id(2)])] }),
        ("ids", Answer::Ids { items: vec![item(9, 1, false), item(8, 2, true)], more: true }),
        ("no ids", Answer::Ids { items: Vec::new(), more: false }),
        ("records", Answer::Records { records: vec![ByteBuf::from(vec![1, 2, 3]), ByteBuf::new()] }),
        ("busy", Answer::Busy),
    ];
    let summaries = [vec![], vec![id(1)], vec![id(1), id(2)], vec![Rid([0xff; 32]), Rid([0xff; 32])]];
    Ok(json!({
        "requests": requests.iter().map(|(name, r)| message(name, r, r.encode())).collect::<Fallible<Vec<_>>>()?,
        "answers": answers.iter().map(|(name, a)| message(name, a, a.encode())).collect::<Fallible<Vec<_>>>()?,
        "refused": refused()?,
        "summaries": summaries.iter().map(|rids| {
            let summary = Summary::of(rids);
            let rids: Vec<String> = rids.iter().map(Rid::to_string).collect();
            json!({ "rids": rids, "count": summary.count, "sum": hex::encode(summary.sum) })
        }).collect::<Vec<_>>(),
    }))
}

fn message(name: &str, message: &impl serde::Serialize, bytes: Vec<u8>) -> Fallible<Value> {
    Ok(json!({ "name": name, "message": serde_json::to_value(message)?, "bytes": hex::encode(bytes) }))
}

/// A message that is refused: a head, and a unit that is repeated behind it.
struct Refused(&'static str, Vec<u8>, Vec<u8>, usize);

impl Refused {
    fn plain(name: &'static str, bytes: Vec<u8>) -> Self {
        Self(name, bytes, Vec::new(), 0)
    }

    fn shown(self, of: &str, decode: impl Fn(&[u8]) -> Option<&'static str>) -> Fallible<Value> {
        let Self(name, head, unit, times) = self;
        let fault = decode(&[head.clone(), unit.repeat(times)].concat());
        let fault = fault.ok_or_else(|| format!("{name} is read"))?;
        let (head, unit) = (hex::encode(head), hex::encode(unit));
        Ok(json!({ "name": name, "of": of, "head": head, "unit": unit, "times": times, "fault": fault }))
    }
}

fn refused() -> Fallible<Value> {
    let id = [vec![32], vec![0; 32]].concat();
    let size = RECORD_BYTES_MAX + 1;
    let requests = [
        Refused::plain("nothing", Vec::new()),
        Refused::plain("an unknown variant", vec![9]),
        Refused::plain(
            "a byte behind the end",
            [Request::Heads { authors: vec![] }.encode(), vec![0]].concat(),
        ),
        Refused::plain("an id of 31 bytes", [&[3, 1, 31][..], &[0; 31]].concat()),
        Refused::plain("a count that the bytes do not hold", vec![3, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        Refused("an address larger than a record", vec![0, 0x81, 0x40], vec![7], size),
        Refused("2,001 ids", vec![3, 0xd1, 0x0f], id.clone(), SYNC_IDS_MAX + 1),
        Refused("257 authors", vec![1, 0x81, 0x02], id, SYNC_AUTHORS_MAX + 1),
    ];
    let answers = [
        Refused::plain("an unknown variant", vec![9]),
        Refused::plain("a byte behind the end", vec![4, 0]),
        Refused::plain("a truth that is neither", vec![2, 0, 2]),
        Refused("a record larger than a record", vec![3, 1, 0x81, 0x40], vec![7], size),
        Refused("2,001 records", vec![3, 0xd1, 0x0f], vec![0], SYNC_IDS_MAX + 1),
        Refused("more bytes than an answer may have", Vec::new(), vec![0], ANSWER_BYTES_MAX + 1),
    ];
    let request = |bytes: &[u8]| Request::decode(bytes).err().map(|fault| fault.code());
    let answer = |bytes: &[u8]| Answer::decode(bytes).err().map(|fault| fault.code());
    let requests = requests.into_iter().map(|r| r.shown("request", request));
    let answers = answers.into_iter().map(|r| r.shown("answer", answer));
    requests.chain(answers).collect::<Fallible<Vec<_>>>().map(Value::Array)
}

/// A storyboard with all materials.
fn story(recipe: &Recipe) -> ToWorker {
    ToWorker::Render(RenderRequest {
        shot: recipe.shot.clone(),
        seed: 7,
        frames: 48,
        steps: None,
        guidance_percent: None,
        threads: 2,
        next: vec![NextRequest { transition: Transition::Dissolve, frames: 24, shot: recipe.shot.clone() }],
        switches: Switches { leap: true, merge: false, cache: true },
        tag: Some([7; 8].into()),
        materials: Materials {
            blocking: Some(ByteBuf::from(*b"{}")),
            first: Some(ByteBuf::from([0x89, 0x50])),
            last: Some(ByteBuf::from([0xff, 0xd8])),
            reference: vec![ByteBuf::from([1])],
            part: Part::Face,
            parent: Some((ByteBuf::from([0, 0, 0, 1]), Descent::Continue)),
            crops: Vec::new(),
        },
    })
}

/// The subject of a clip in a new scene.
fn placed(recipe: &Recipe) -> ToWorker {
    ToWorker::Render(RenderRequest {
        shot: recipe.shot.clone(),
        seed: 9,
        frames: 24,
        threads: 1,
        materials: Materials {
            parent: Some((ByteBuf::from([0, 0, 0, 1]), Descent::Place)),
            crops: vec![Crop { frame: 6, left: 40, top: 20, width: 60, height: 58, mirrored: true }],
            ..Materials::default()
        },
        ..RenderRequest::default()
    })
}

pub(super) fn job() -> Fallible<Value> {
    let recipe = records::recipe();
    let request = |steps, guidance_percent| {
        ToWorker::Render(RenderRequest {
            shot: recipe.shot.clone(),
            seed: 7,
            frames: 48,
            steps,
            guidance_percent,
            threads: 0,
            next: Vec::new(),
            switches: Switches::default(),
            tag: None,
            materials: Materials::default(),
        })
    };
    let (story, placed) = (story(&recipe), placed(&recipe));
    let picture = Picture { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
    let progress = |preview| FromWorker::Progress { stage: Stage::Denoise, done: 3, total: 24, preview };
    let rendered = Rendered {
        recipe: Some(recipe.clone()),
        clip: vec![0, 0, 0, 1],
        poster: vec![0x89, 0x50],
        format: recipe.format,
        times: vec![
            StageTime { stage: Stage::Prepare, millis: 12 },
            StageTime { stage: Stage::Encode, millis: 9 },
        ],
    };
    let (cut, audit, compared) = comparing(recipe.clone());
    let badge = Badge { variant: Variant::Likeness, corner: Corner::TopLeft, size: Size::Small };
    let badge = ToWorker::Badge(BadgeRequest {
        clip: vec![0, 0, 0, 3],
        badge,
        enlarge: 4,
        tag: Some([7; 8].into()),
        threads: 2,
    });
    let failed = FromWorker::Failed { reason: "no weights: add a model first".to_owned() };
    Ok(json!({
        "to_worker": [frame("render", &request(None, None))?, frame("render, all given", &request(Some(8), Some(150)))?, frame("storyboard, all materials", &story)?, frame("a subject placed", &placed)?, frame("cut", &cut)?, frame("badge", &badge)?, frame("audit", &audit)?],
        "from_worker": [
            frame("progress", &progress(None))?,
            frame("progress with a picture", &progress(Some(picture)))?,
            frame("done", &FromWorker::Done(Box::new(rendered)))?,
            frame("compared", &compared)?,
            frame("failed", &failed)?,
        ],
        "to_inspector": inspections::to_inspector()?,
        "from_inspector": inspections::from_inspector()?,
        "refused": [
            { "name": "a length over the limit", "prefix": hex::encode((JOB_FRAME_BYTES_MAX as u32 + 1).to_le_bytes()), "fault": "too_large" },
            bad("nothing", &[])?,
            bad("not DRISL", &[0xff])?,
            bad("an unknown message", &hex::decode("a1646e6f7065a0")?)?,
            bad("bytes behind the end", &[serde_ipld_dagcbor::to_vec(&failed)?, vec![0]].concat())?,
        ],
    }))
}

/// A cut, its audit, and what an audit of a render may find.
fn comparing(recipe: Recipe) -> (ToWorker, ToWorker, FromWorker) {
    let cut = CutRequest { clip: vec![0, 0, 0, 1], first: 12, frames: 24, threads: 2 };
    let audit = AuditRequest { clip: vec![0, 0, 0, 2], again: Again::Cut(cut.clone()) };
    let compared = Compared {
        recipe: Some(recipe),
        same_file: false,
        same_format: true,
        same_frames: false,
        same_samples: true,
        psnr_millibels: Some(4_120),
        correlation: Some(10_000),
    };
    (ToWorker::Cut(cut), ToWorker::Audit(audit), FromWorker::Compared(Box::new(compared)))
}

pub(super) fn frame(name: &str, message: &impl serde::Serialize) -> Fallible<Value> {
    let frame = job::encode(message)?;
    self::message(name, message, frame)
}

fn bad(name: &str, body: &[u8]) -> Fallible<Value> {
    match job::decode::<FromWorker>(body) {
        Err(FrameFault::Malformed(_)) => {
            Ok(json!({ "name": name, "body": hex::encode(body), "fault": "malformed" }))
        }
        other => Err(format!("{name}: {other:?}").into()),
    }
}

/// A request that asks for everything.
fn everything(prompt: &str, parent: Rid) -> MakeRequest {
    let text = |s: &str| s.to_owned();
    let remix = Descent::Remix { strength_percent: 60 };
    MakeRequest {
        prompt: text(prompt),
        millis: Some(3_000),
        next: vec![MakeShot {
            prompt: text("a cat sleeps"),
            millis: Some(2_000),
            transition: Transition::Dissolve,
        }],
        switches: Switches { leap: true, merge: true, cache: false },
        materials: MaterialPaths {
            blocking: Some(text("/home/me/plan.json")),
            first: Some(text("/home/me/first.png")),
            last: Some(text("/home/me/last.jpg")),
            reference: vec![text("/home/me/face.jpg")],
            part: Part::Face,
            parent: Some(MakeParent { from: ParentFrom::Clip(parent), descent: remix }),
        },
        ..MakeRequest::default()
    }
}

fn cut(clip: Rid) -> MakeCut {
    MakeCut {
        clip,
        from_millis: 500,
        to_millis: Some(2_000),
        title: Some("the jump".to_owned()),
        licence: Some("CC0-1.0".to_owned()),
        permitted: true,
    }
}

fn export(clip: Rid) -> ExportRequest {
    ExportRequest {
        clip,
        path: "/films/fox.mp4".to_owned(),
        original: false,
        variant: Some(Variant::Full),
        corner: Corner::BottomLeft,
        size: Size::Large,
        enlarge: 4,
    }
}

pub(super) fn api() -> Fallible<Value> {
    let (clip, author) = (Rid([1; 32]), AuthorId([2; 32]));
    let text = |s: &str| s.to_owned();
    let prompt = text("a red fox");
    let make = MakeRequest { prompt: prompt.clone(), seed: Some(7), draft: true, ..MakeRequest::default() };
    let calls = [
        Call::Status,
        Call::Read { prompt: prompt.clone() },
        Call::Make(Box::new(make)),
        Call::Make(Box::new(everything(&prompt, clip))),
        Call::Jobs,
        Call::Cancel { job: 3 },
        Call::Publish { job: 3, licence: None, permitted: false, labels: Vec::new() },
        Call::Publish {
            job: 3,
            licence: Some(text("CC-BY-4.0")),
            permitted: true,
            labels: vec![text("satire")],
        },
        Call::Feed { before: Some(text("cursor")), limit: 50 },
        Call::Show { clip },
        Call::Lineage { clip },
        Call::Audit { clip, materials: MaterialPaths::default() },
        Call::Cut(cut(clip)),
        Call::Export(export(clip)),
        Call::Fetch { clip },
        Call::Import { path: text("/films/fog.mp4"), title: text("Fog"), licence: None, labels: Vec::new() },
        Call::Verify { what: VerifyWhat::Clip(clip) },
        Call::Verify { what: VerifyWhat::File(text("/films/fog.mp4")) },
        Call::Follow { author, on: true },
        Call::React { clip, mark: text("♥"), on: true },
        Call::Comment { clip, text: text("more fog") },
        Call::Delete { target: clip },
        Call::SetProfile { name: text("Ada"), bio: text("") },
        Call::Cameo(Box::new(CameoCall::Show { cameo: clip })),
        Call::Cameo(Box::new(CameoCall::Revoke {
            cameo: clip,
            target: Target::Clip(Rid([3; 32])),
            effect: Effect::Takedown,
        })),
        Call::Following,
        Call::Peers,
        Call::Dial { address: text("/ip4/192.0.2.1/tcp/4001") },
        Call::Keys,
        Call::Shutdown,
    ];
    let checks = vec![Check::none(CheckName::Record, "no known record names this file")];
    let verified = Verified { verdict: verdict::of(&checks), clip: None, checks };
    let answers = [
        Response::Done,
        Response::Record { rid: clip },
        Response::Feed { items: Vec::new() },
        Response::Verified(Box::new(verified)),
        Response::Exported(Exported { bytes: 120_000, label: Some(Variant::Full) }),
    ];
    let error = ApiError { blame: Blame::Missing, message: text("it is not here"), hints: Vec::new() };
    Ok(json!({
        "calls": calls.iter().chain(&super::labels::calls()).chain(&lists::calls()).map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?,
        "answers": answers.iter().chain(&lists::answers()).map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?,
        "error": serde_json::to_value(error)?,
        "blob_path": format!("/v1/blobs/{}", BlobHash([3; 32])),
    }))
}
