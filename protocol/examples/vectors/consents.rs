//! Vectors of consent: what a use, a manifest and a head hash to, and sets of records with what is said of a clip.

use kinora_protocol::NETWORK;
use kinora_protocol::check::Checked;
use kinora_protocol::consent::{ConsentSet, consent_hash, prompt_hash, revoked_root, use_id};
use kinora_protocol::ids::Rid;
use kinora_protocol::record::{
    Approval, Approve, Audience, Body, Cameo, Clip, Command, Consent, Effect, Grant, Grantee, Head, Open,
    Policy, Reference, ReferenceKind, Remix, Revoke, Role, Status, Target, Tickets, Use,
};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};

use super::records::{NOW, least};
use super::{Creator, Fallible};

const DAY: u64 = 24 * 3600;

/// Records, made one after the other.
struct Film {
    cameo: Checked,
    grant: Checked,
    head: Checked,
    approve: Checked,
    clip: Checked,
}

pub(super) fn policy() -> Policy {
    Policy {
        allow: vec!["comedy".to_owned(), "music".to_owned()],
        deny: vec!["political".to_owned()],
        note: "no hats".to_owned(),
        voice: false,
        remix: Remix::KeepPolicy,
        depth: 1,
        audience: Audience::Public,
        commercial: false,
        approval: Approval::EveryUse,
    }
}

pub(super) fn cameo() -> Cameo {
    Cameo {
        subject: Creator::new(1).genesis.author(),
        name: "Ada".to_owned(),
        status: Status::Living,
        open: Open::Approved,
        policy: policy(),
        refs: vec![Reference { kind: ReferenceKind::Face, commit: [3; 32].into() }],
        controllers: Vec::new(),
        attesters: Vec::new(),
        adult_at: None,
        directive: None,
        life: None,
        seal: None,
        liveness: None,
    }
}

pub(super) fn grant(cameo: Rid) -> Grant {
    Grant {
        cameo,
        aud: Grantee::One(Creator::new(2).genesis.author()),
        cmd: vec![Command::Generate, Command::Publish, Command::Remix],
        pol: policy(),
        nbf: NOW - 900,
        exp: NOW + 90 * DAY,
        uses: Some(Tickets { first: 0, count: 3 }),
        prf: None,
        nonce: [4; 16].into(),
        notice: [5; 32].into(),
    }
}

pub(super) fn head(cameo: Rid, seq: u64, revoked: &[Rid]) -> Head {
    let root = revoked_root(revoked.iter().copied()).into();
    Head { cameo, seq, prev: None, next_by: NOW + DAY - 60, revoked: revoked.len() as u64, root }
}

fn consent(film: (Rid, Rid), head: &Checked) -> Consent {
    let used = Use {
        cameo: film.0,
        subject: Creator::new(1).genesis.author(),
        grant: film.1,
        serial: 0,
        role: Role::Face,
        spans: vec![(0, 500)],
        from: None,
        head: ByteBuf::from(head.bytes().to_vec()),
        approval: None,
        sig: [0; 64].into(),
    };
    Consent {
        uses: vec![used],
        purposes: vec!["comedy".to_owned()],
        audience: Audience::Public,
        commercial: false,
    }
}

/// A clip with one use, signed and approved.
fn clip(film: (Rid, Rid), head: &Checked, tag: u8) -> Fallible<(Checked, Checked)> {
    let (subject, creator) = (Creator::new(1).author()?, Creator::new(2).author()?);
    let mut clip = Clip { prompt: "Ada dances".to_owned(), tag: [tag; 8].into(), ..least() };
    let mut consent = consent(film, head);
    let first = consent.uses.first().ok_or("no use")?;
    let id = use_id(creator.author_id(), &clip, &consent, first)?;
    let approve = subject.sign(NOW - 10, Body::Approve(Approve { of: id, yes: true, expires: None }))?;
    let first = consent.uses.first_mut().ok_or("no use")?;
    first.sig = creator.sign_use(id).into();
    first.approval = Some(ByteBuf::from(approve.bytes().to_vec()));
    clip.consent = Some(consent);
    Ok((approve, creator.sign(NOW, Body::Clip(Box::new(clip)))?))
}

fn film() -> Fallible<Film> {
    let subject = Creator::new(1).author()?;
    let cameo = subject.sign(NOW - 1_000, Body::Cameo(Box::new(cameo())))?;
    let grant = subject.sign(NOW - 900, Body::Grant(Box::new(grant(cameo.rid()))))?;
    let head = subject.sign(NOW - 60, Body::Head(head(cameo.rid(), 0, &[])))?;
    let (approve, clip) = clip((cameo.rid(), grant.rid()), &head, 1)?;
    Ok(Film { cameo, grant, head, approve, clip })
}

/// The clip with consent, for the vectors of records.
pub(super) fn signed() -> Fallible<Vec<(&'static str, Checked)>> {
    let film = film()?;
    Ok(vec![("approve", film.approve), ("head", film.head), ("clip, with consent", film.clip)])
}

fn revoke(film: &Film, time: u64, target: Target, effect: Effect) -> Fallible<Checked> {
    let body = Revoke { cameo: film.cameo.rid(), target, effect };
    Ok(Creator::new(1).author()?.sign(time, Body::Revoke(body))?)
}

pub(super) fn consents() -> Fallible<Value> {
    let film = film()?;
    let (cameo, grant) = (&film.cameo, &film.grant);
    let both = [cameo.clone(), grant.clone()];
    let with = |more: Vec<Checked>| [both.to_vec(), more].concat();
    let (_, second) = clip((cameo.rid(), grant.rid()), &film.head, 2)?;
    let closed = revoke(&film, NOW - 30, Target::Grant(grant.rid()), Effect::Future)?;
    let taken = revoke(&film, NOW + 30, Target::Clip(film.clip.rid()), Effect::Takedown)?;
    let later = revoke(&film, NOW + 30, Target::Cameo, Effect::Future)?;
    let counting = Body::Head(head(cameo.rid(), 1, &[closed.rid()]));
    let counting = Creator::new(1).author()?.sign(NOW + 40, counting)?;
    let doubled = Creator::new(1).author()?.sign(NOW - 59, Body::Head(head(cameo.rid(), 0, &[])))?;
    let cases = [
        ("consented", NOW + 60, with(Vec::new())),
        ("without the cameo", NOW + 60, vec![grant.clone()]),
        ("without the grant", NOW + 60, vec![cameo.clone()]),
        ("a day later", NOW + DAY, with(Vec::new())),
        ("before its time", NOW - 601, with(Vec::new())),
        ("the grant was revoked before", NOW + 60, with(vec![closed])),
        ("the clip was taken down", NOW + 60, with(vec![taken])),
        ("the cameo was closed later", NOW + 60, with(vec![later])),
        ("a head counts a revocation that is not here", NOW + 60, with(vec![counting])),
        ("two heads have one number", NOW + 60, with(vec![doubled])),
        ("the ticket was spent twice", NOW + 60, with(vec![second])),
    ];
    let cases: Vec<Value> =
        cases.iter().map(|(name, now, records)| case(name, *now, records, &film.clip)).collect();
    let Body::Clip(clip) = &film.clip.record().body else { return Err("no clip".into()) };
    let consent = clip.consent.as_ref().ok_or("no consent")?;
    let first = consent.uses.first().ok_or("no use")?;
    Ok(json!({
        "network": NETWORK,
        "prompt": { "text": clip.prompt, "hash": hex::encode(prompt_hash(&clip.prompt)) },
        "consent_hash": hex::encode(consent_hash(consent)?),
        "use_id": use_id(film.clip.author(), clip, consent, first)?.to_string(),
        "revoked": [
            { "ids": [], "root": hex::encode(revoked_root([])) },
            {
                "ids": [cameo.rid().to_string(), grant.rid().to_string()],
                "root": hex::encode(revoked_root([cameo.rid(), grant.rid()])),
            },
        ],
        "cases": cases,
    }))
}

fn case(name: &str, now: u64, records: &[Checked], clip: &Checked) -> Value {
    let mut set = ConsentSet::new(NETWORK);
    for record in records {
        set.handle(record);
    }
    let verdict = set.admit(now, clip);
    json!({
        "name": name,
        "now": now,
        "records": records.iter().map(|r| hex::encode(r.bytes())).collect::<Vec<_>>(),
        "clip": hex::encode(clip.bytes()),
        "verdict": verdict.err().map_or("ok", kinora_protocol::consent::Refusal::code),
    })
}
