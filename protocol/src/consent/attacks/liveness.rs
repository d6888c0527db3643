//! Attacks on the witness of an enrolment: each with the code of the reason, and a twin that is witnessed.

use super::stage::{CREATOR, DAY, GUARDIAN, REMIXER, STRANGER, SUBJECT, T, by, id, policy};
use crate::consent::{ConsentSet, Unwitnessed, phrase, phrase_hash};
use crate::limits::LIVENESS_SECONDS_MAX;
use crate::record::{Approve, Body, Cameo, Challenge, Liveness, Open, Status};

/// An enrolment that is witnessed, and every part of it.
#[derive(Clone)]
struct Enrolment {
    challenge_by: u8,
    challenge_for: u8,
    challenge_time: u64,
    challenge_known: bool,
    said: bool,
    phrase_of: u8,
    witnesses: Vec<u8>,
    controllers: Vec<u8>,
    answers: Vec<(u8, bool)>,
}

/// What is tried, the code of the reason, and what makes it an attack.
type Attack = (&'static str, &'static str, fn(&mut Enrolment));

fn witnessed() -> Enrolment {
    Enrolment {
        challenge_by: GUARDIAN,
        challenge_for: SUBJECT,
        challenge_time: T - 600,
        challenge_known: true,
        said: true,
        phrase_of: SUBJECT,
        witnesses: vec![GUARDIAN, CREATOR],
        controllers: Vec::new(),
        answers: vec![(GUARDIAN, true)],
    }
}

fn outcome(plan: &Enrolment) -> Result<(), &'static str> {
    let challenge = by(plan.challenge_by)
        .sign(
            plan.challenge_time,
            Body::Challenge(Challenge { subject: id(plan.challenge_for), nonce: [7; 32].into() }),
        )
        .unwrap();
    let spoken = phrase(challenge.rid(), id(plan.phrase_of));
    let liveness = Liveness {
        challenge: challenge.rid(),
        phrase: phrase_hash(&spoken).into(),
        commit: [8; 32].into(),
        witnesses: plan.witnesses.iter().map(|person| id(*person)).collect(),
    };
    let cameo = Cameo {
        subject: id(SUBJECT),
        name: "Ada".to_owned(),
        status: Status::Living,
        open: Open::Approved,
        policy: policy(),
        refs: Vec::new(),
        controllers: plan.controllers.iter().map(|person| id(*person)).collect(),
        attesters: Vec::new(),
        adult_at: None,
        directive: None,
        life: None,
        seal: None,
        liveness: plan.said.then_some(liveness),
    };
    let cameo = by(SUBJECT).sign(T, Body::Cameo(Box::new(cameo))).unwrap();
    let mut set = ConsentSet::new(crate::NETWORK);
    for (person, yes) in &plan.answers {
        let approve = Approve { of: cameo.rid(), yes: *yes, expires: None };
        set.handle(&by(*person).sign(T + 60, Body::Approve(approve)).unwrap());
    }
    set.handle(&cameo);
    if plan.challenge_known {
        set.handle(&challenge);
    }
    set.witnessed(&cameo.rid()).map(|_| ()).map_err(Unwitnessed::code)
}

#[test]
fn every_false_witness_is_told_by_its_code_and_the_twin_is_witnessed() {
    let cases: [Attack; 13] = [
        ("nothing is said", "nothing_said", |e| e.said = false),
        ("a challenge that is not here", "unknown_challenge", |e| e.challenge_known = false),
        ("a stale nonce", "stale_challenge", |e| e.challenge_time = T - LIVENESS_SECONDS_MAX - 1),
        ("yesterday's nonce", "stale_challenge", |e| e.challenge_time = T - DAY),
        ("a nonce of tomorrow", "challenge_after_cameo", |e| e.challenge_time = T + 601),
        ("the subject challenges themselves", "self_witnessed", |e| e.challenge_by = SUBJECT),
        ("a controller challenges", "self_witnessed", |e| {
            (e.challenge_by, e.controllers) = (REMIXER, vec![REMIXER]);
        }),
        ("the phrase of another's challenge", "phrase_of_another", |e| e.challenge_for = STRANGER),
        ("the phrase of another cameo", "wrong_phrase", |e| e.phrase_of = STRANGER),
        ("a challenge by nobody named", "challenge_by_stranger", |e| e.witnesses = vec![CREATOR]),
        ("nobody said yes", "not_witnessed", |e| e.answers.clear()),
        ("only the subject said yes", "not_witnessed", |e| {
            (e.answers, e.witnesses) = (vec![(SUBJECT, true)], vec![GUARDIAN, SUBJECT]);
        }),
        ("one said no", "not_witnessed", |e| e.answers.push((CREATOR, false))),
    ];
    assert_eq!(outcome(&witnessed()), Ok(()));
    for (name, code, wrong) in cases {
        let mut plan = witnessed();
        wrong(&mut plan);
        assert_eq!(outcome(&plan), Err(code), "{name}");
    }
    for reason in Unwitnessed::ALL {
        assert!(cases.iter().any(|(_, code, _)| *code == reason.code()), "no case for {reason:?}");
    }
}

#[test]
fn a_phrase_is_six_words_and_another_for_everybody() {
    let (one, other) = (phrase(crate::ids::Rid([1; 32]), id(1)), phrase(crate::ids::Rid([1; 32]), id(2)));
    assert_eq!((one.split(' ').count(), one == other), (6, false));
    assert_ne!(one, phrase(crate::ids::Rid([2; 32]), id(1)));
}
