//! The order of composition as a table, and that only the union of records counts.

use proptest::prelude::*;

use super::*;
use crate::check::Checked;
use crate::feed::FeedSet;
use crate::record::{Body, Delete, Meaning};
use crate::testing::author;

const NOW: u64 = 1_000_000;

fn subject() -> Subject {
    Subject { clip: Rid([1; 32]), blob: BlobHash([2; 32]), author: AuthorId([3; 32]) }
}

fn label(value: &str) -> Label {
    let on = Labelled::Clip(subject().clip);
    Label { on, value: value.to_owned(), set: true, until: None, why: String::new() }
}

fn meaning(value: &str, severity: Severity) -> Meaning {
    Meaning { value: value.to_owned(), severity, default: true, means: String::new() }
}

/// A labeler that declares these and says those.
fn labeler(n: u8, declares: &[(&str, Severity)], says: &[&str]) -> Subscribed {
    let values = declares.iter().map(|(value, severity)| meaning(value, *severity)).collect();
    Subscribed {
        labeler: AuthorId([n; 32]),
        declared: Labeler { name: format!("labeler {n}"), about: String::new(), values },
        settings: BTreeMap::new(),
        labels: says.iter().map(|value| label(value)).collect(),
    }
}

fn chosen(mut subscribed: Subscribed, value: &str, setting: Setting) -> Subscribed {
    subscribed.settings.insert(value.to_owned(), setting);
    subscribed
}

/// The outcome in one line: what, and for which reasons.
fn line(shown: &Shown) -> String {
    let (word, reasons) = match shown {
        Shown::Show => return "show".to_owned(),
        Shown::Cover(reasons) => ("cover", reasons),
        Shown::Hide(reasons) => ("hide", reasons),
    };
    let said = reasons.iter().map(|reason| match reason.by {
        Voice::You => "you".to_owned(),
        Voice::Labeler(who) => format!("{}:{}", who.0[0], reason.value),
        Voice::Author => format!("author:{}", reason.value),
        Voice::Tier(tier) => tier.as_str().to_owned(),
    });
    format!("{word} {}", said.collect::<Vec<_>>().join(" "))
}

fn composed(ruling: Option<Ruling>, labelers: &[Subscribed], own: &[&str], tier: Tier) -> String {
    let own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
    line(&compose(&Inputs { subject: subject(), ruling, labelers, own: &own, tier, now: NOW }))
}

/// Name, own decision, labelers, own labels, tier, and the outcome.
type Case = (&'static str, Option<Ruling>, Vec<Subscribed>, &'static [&'static str], Tier, &'static str);

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one case a line")]
fn each_level_of_the_order_beats_those_below_it() {
    use Severity::{Hide, Inform, Warn};
    use Tier::{Followed, Me, Near, Stranger, Vouched};
    let hides = labeler(1, &[("spam", Hide)], &["spam"]);
    let floor = labeler(2, &[("no-consent", Inform)], &["no-consent"]);
    let warns = labeler(4, &[("violence", Warn)], &["violence"]);
    let tells = labeler(5, &[("violence", Inform)], &["violence"]);
    let (show, hide) = (Some(Ruling::Show), Some(Ruling::Hide));
    let cases: Vec<Case> = vec![
        ("nothing is said", None, vec![], &[], Followed, "show"),
        ("one's own decision hides", hide, vec![], &[], Me, "hide you"),
        ("it beats a labeler", show, vec![hides.clone()], &[], Followed, "show"),
        ("it beats the floor", show, vec![floor.clone()], &[], Followed, "show"),
        ("it beats the tier", show, vec![], &["gore"], Stranger, "show"),
        ("the floor beats what was declared", None, vec![floor.clone()], &[], Followed, "hide 2:no-consent"),
        (
            "and what was chosen",
            None,
            vec![chosen(floor.clone(), "no-consent", Setting::Ignore)],
            &[],
            Followed,
            "hide 2:no-consent",
        ),
        ("and a labeler before it", None, vec![tells.clone(), floor], &[], Me, "hide 2:no-consent"),
        ("an author cannot raise it", None, vec![], &["no-consent"], Followed, "show"),
        ("the first labeler speaks for a label", None, vec![tells.clone(), warns.clone()], &[], Near, "show"),
        ("in the order chosen", None, vec![warns.clone(), tells.clone()], &[], Near, "cover 4:violence"),
        (
            "one that is ignored gives way",
            None,
            vec![chosen(tells.clone(), "violence", Setting::Ignore), warns.clone()],
            &[],
            Near,
            "cover 4:violence",
        ),
        (
            "of different labels the heaviest counts",
            None,
            vec![warns.clone(), hides],
            &[],
            Vouched,
            "hide 1:spam",
        ),
        ("a labeler beats the author", None, vec![tells.clone()], &["violence"], Followed, "show"),
        (
            "who speaks for the other labels",
            None,
            vec![tells.clone()],
            &["gore"],
            Followed,
            "hide author:gore",
        ),
        (
            "own labels weigh what is usual",
            None,
            vec![],
            &["violence", "synthetic"],
            Followed,
            "cover author:violence",
        ),
        ("more for a stranger", None, vec![], &["violence"], Stranger, "hide author:violence"),
        ("and nothing for oneself", None, vec![], &["violence", "sexual"], Me, "show"),
        ("a word of nobody weighs nothing", None, vec![], &["made-up", "hide", "spam"], Near, "show"),
        ("a stranger is covered", None, vec![], &[], Stranger, "cover stranger"),
        ("whatever the stranger says", None, vec![], &["satire"], Stranger, "cover stranger"),
        ("until a labeler speaks", None, vec![tells], &[], Stranger, "show"),
        (
            "what was not declared weighs nothing",
            None,
            vec![labeler(6, &[], &["gore", "hide"])],
            &[],
            Near,
            "show",
        ),
        (
            "even if it was chosen to",
            None,
            vec![chosen(labeler(6, &[], &["gore"]), "gore", Setting::Hide)],
            &[],
            Near,
            "show",
        ),
        (
            "a choice beats the declaration",
            None,
            vec![chosen(warns, "violence", Setting::Hide)],
            &[],
            Near,
            "hide 4:violence",
        ),
    ];
    for (name, ruling, labelers, own, tier, want) in cases {
        assert_eq!(composed(ruling, &labelers, own, tier), want, "{name}");
    }
}

#[test]
fn a_label_that_waits_for_a_choice_is_only_told() {
    let mut waits = labeler(1, &[("gore", Severity::Hide)], &["gore"]);
    waits.declared.values[0].default = false;
    assert_eq!(composed(None, &[waits.clone()], &[], Tier::Near), "show");
    assert_eq!(composed(None, &[chosen(waits, "gore", Setting::Warn)], &[], Tier::Near), "cover 1:gore");
}

#[test]
fn only_labels_on_this_clip_its_file_or_its_author_count_while_they_hold() {
    let Subject { blob, author, .. } = subject();
    let declares: &[(&str, Severity)] = &[("gore", Severity::Warn)];
    let with = |label: Label| {
        let subscribed = Subscribed { labels: vec![label], ..labeler(1, declares, &[]) };
        composed(None, &[subscribed], &[], Tier::Near)
    };
    for on in [Labelled::Clip(subject().clip), Labelled::Blob(blob), Labelled::Author(author)] {
        assert_eq!(with(Label { on, ..label("gore") }), "cover 1:gore", "{on:?}");
    }
    // The same 32 bytes as another sort of target are another target.
    for on in
        [Labelled::Clip(Rid(blob.0)), Labelled::Author(AuthorId(blob.0)), Labelled::Blob(BlobHash([9; 32]))]
    {
        assert_eq!(with(Label { on, ..label("gore") }), "show", "{on:?}");
    }
    assert_eq!(with(Label { set: false, ..label("gore") }), "show");
    assert_eq!(with(Label { until: Some(NOW + 1), ..label("gore") }), "cover 1:gore");
    assert_eq!(with(Label { until: Some(NOW), ..label("gore") }), "show", "it is over at that second");
}

#[test]
fn what_each_tier_shows_by_default_is_the_table_of_the_page() {
    let page = include_str!("../../../specs/labels.md");
    for global in VALUES {
        let by = if global.authors { "author, labeler" } else { "labeler" };
        let floor = if global.floor { "yes" } else { "" };
        let of = |tier| if global.authors { of_author(global.value, tier).as_str() } else { "–" };
        let row = format!(
            "| `{}` | {} | {by} | {} | {} | {} | {floor} |",
            global.value,
            global.means,
            of(Tier::Me),
            of(Tier::Followed),
            of(Tier::Stranger)
        );
        assert!(page.contains(&row), "specs/labels.md has no row {row}");
        for tier in [Tier::Near, Tier::Vouched] {
            assert_eq!(of_author(global.value, tier), of_author(global.value, Tier::Followed));
        }
        assert!(crate::record::is_value(global.value), "{}", global.value);
    }
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains("labeler |")).count();
    assert_eq!(rows, VALUES.len());
}

/// What a node knows of a labeler, from the records that count.
fn subscribed(set: &FeedSet, who: AuthorId) -> Subscribed {
    let of = || set.live().filter(|checked| checked.author() == who).map(|checked| &checked.record().body);
    let labels = of().filter_map(|body| match body {
        Body::Label(label) => Some(label.clone()),
        _ => None,
    });
    let declared = of().find_map(|body| match body {
        Body::Labeler(labeler) => Some(labeler.clone()),
        _ => None,
    });
    Subscribed {
        labeler: who,
        declared: declared.unwrap_or_default(),
        settings: BTreeMap::new(),
        labels: labels.collect(),
    }
}

/// Labels and declarations of two labelers, put, taken off, deleted and declared anew.
fn union(choices: &[(u8, u8, u8)]) -> Vec<Checked> {
    let mut out: Vec<Checked> = Vec::new();
    for (what, time, pick) in choices {
        let by = author(1 + pick % 2);
        let time = 1_000 + u64::from(*time);
        let global = VALUES[usize::from(pick / 2) % VALUES.len()];
        let set = pick % 3 != 0;
        let on = subject().targets()[usize::from(pick / 5) % 3];
        let severity = [Severity::Inform, Severity::Warn, Severity::Hide][usize::from(pick / 7) % 3];
        let values = vec![Meaning { default: pick % 5 != 0, ..meaning(global.value, severity) }];
        let named = Labeler { name: format!("n{pick}"), about: String::new(), values };
        let target = out.get(usize::from(*pick) % out.len().max(1)).map_or(Rid([1; 32]), Checked::rid);
        let body = match what % 6 {
            0 | 1 => Body::Labeler(named),
            2 => Body::Delete(Delete { targets: vec![target] }),
            _ => Body::Label(Label { on, set, ..label(global.value) }),
        };
        out.push(by.sign(time, body).unwrap());
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Nodes that saw the same records show, cover and hide the same, for the same reasons.
    #[test]
    fn only_the_union_of_records_counts(
        (records, shuffled) in prop::collection::vec((any::<u8>(), 0u8..20, any::<u8>()), 1..32)
            .prop_map(|c| union(&c))
            .prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
        stranger: bool,
    ) {
        let whom = [author(1).author_id(), author(2).author_id()];
        let all = |records: &[Checked]| {
            let mut set = FeedSet::default();
            for record in records {
                set.insert(record.clone(), NOW);
            }
            let labelers = whom.map(|who| subscribed(&set, who));
            let own = vec!["violence".to_owned()];
            let tier = if stranger { Tier::Stranger } else { Tier::Followed };
            let inputs = Inputs { subject: subject(), ruling: None, labelers: &labelers, own: &own, tier, now: NOW };
            (compose(&inputs), said(&inputs))
        };
        prop_assert_eq!(all(&records), all(&shuffled));
    }
}
