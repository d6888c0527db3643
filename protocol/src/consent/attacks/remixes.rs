//! What a remixer is told before anything is rendered: what is inherited, and what needs a grant.

use super::stage::{CREATOR, REMIXER, Stage, T, grant, id};
use crate::consent::{ConsentSet, Wish};
use crate::record::{Audience, Command, Remix, Role};

/// What a remixer of the stage's last clip may show, or the code that stands against it.
fn asked(stage: &Stage, by: u8) -> Result<(Option<bool>, bool), &'static str> {
    let built = stage.build();
    let mut set = ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    let wish = Wish {
        cameo: built.cameo,
        creator: id(by),
        role: Role::Face,
        purposes: vec!["comedy".to_owned()],
        audience: Audience::Followers,
        commercial: false,
        reserved: Vec::new(),
    };
    let parents = [built.judged().rid()];
    let uses = set.permit_remix(stage.now, &wish, &parents).map_err(crate::consent::Refusal::code)?;
    let first = uses.first();
    assert!(first.is_none_or(|used| used.cameo == built.cameo));
    Ok((
        first.map(|used| used.from == Some(parents[0])),
        first.is_some_and(|used| used.permit.needs_approval),
    ))
}

#[test]
fn a_remix_inherits_where_the_grant_permits_it_and_waits_for_its_own_approval() {
    assert_eq!(asked(&Stage::plain(), REMIXER), Ok((Some(true), true)));
    let mut stage = Stage::plain();
    stage.line[0].names = false;
    assert_eq!(asked(&stage, REMIXER), Ok((None, false)), "a clip that shows nobody");
}

#[test]
fn what_is_not_inherited_needs_a_grant_of_its_own() {
    let closed = |shut: fn(&mut Stage)| {
        let mut stage = Stage::plain();
        shut(&mut stage);
        stage
    };
    let none = closed(|s| s.leaf().pol.remix = Remix::None);
    assert_eq!(asked(&none, REMIXER), Err("cameo_forbids_remix"));
    let word = closed(|s| s.leaf().cmd.retain(|word| *word != Command::Remix));
    assert_eq!(asked(&word, REMIXER), Err("cameo_forbids_remix"));
    let mut deep = Stage::remixed();
    deep.leaf().pol.depth = 1;
    assert_eq!(asked(&deep, REMIXER), Err("too_deep"));
    let ended = closed(|s| {
        s.leaf().exp = T + 30;
        s.now = T + 60;
    });
    assert_eq!(asked(&ended, REMIXER), Err("expired"));
    // With a grant of their own they may, and it is not inherited then.
    let mut own = none;
    own.beside.push(super::stage::GrantPlan { ..grant(1, REMIXER) });
    let built = own.build();
    assert!(built.records.len() > 3);
    assert_eq!(asked(&own, CREATOR), Ok((Some(false), true)), "the creator has a grant of their own");
}
