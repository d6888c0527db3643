//! Graphs with holes, diamonds, crowds and impossible cycles; licences that people use.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// Children and parents of clips that are named by one number.
#[derive(Default)]
struct Graph(Vec<(u16, u16)>);

fn rid(n: u16) -> Rid {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    Rid(bytes)
}

impl Family for Graph {
    type Error = Infallible;
    fn parents(&self, clip: &Rid) -> Result<Vec<Rid>, Infallible> {
        Ok(self.0.iter().filter(|(_, child)| rid(*child) == *clip).map(|(p, _)| rid(*p)).collect())
    }
    fn children(&self, clip: &Rid, limit: usize) -> Result<Vec<Rid>, Infallible> {
        let all = self.0.iter().filter(|(parent, _)| rid(*parent) == *clip);
        Ok(all.take(limit).map(|(_, c)| rid(*c)).collect())
    }
}

fn found(graph: &Graph, start: u16, direction: Direction) -> (Vec<(u16, usize)>, bool) {
    let Ok(walk) = walk(graph, rid(start), direction);
    let number = |rid: Rid| u16::from_be_bytes([rid.0[0], rid.0[1]]);
    (walk.steps.iter().map(|step| (number(step.clip), step.depth)).collect(), walk.complete)
}

#[test]
fn branches_stay_together_and_a_diamond_is_named_once() {
    // 1 → 2 → 4, 1 → 3 → 4, 3 → 5; 4 also has an unknown parent 9.
    let graph = Graph(vec![(1, 2), (1, 3), (2, 4), (3, 4), (3, 5), (9, 4)]);
    let down = found(&graph, 1, Direction::Descendants);
    assert_eq!(down, (vec![(2, 1), (4, 2), (3, 1), (5, 2)], true));
    let up = found(&graph, 4, Direction::Ancestors);
    assert_eq!(up, (vec![(2, 1), (1, 2), (3, 1), (9, 1)], true));
    assert_eq!(found(&graph, 7, Direction::Ancestors), (Vec::new(), true));
}

#[test]
fn depth_and_count_are_bounded_and_a_bound_that_is_reached_is_said() {
    let chain = |n: u16| Graph((0..n).map(|i| (i, i + 1)).collect());
    let depth = u16::try_from(LINEAGE_DEPTH_MAX).unwrap();
    let (steps, complete) = found(&chain(depth), 0, Direction::Descendants);
    assert!(steps.len() == LINEAGE_DEPTH_MAX && complete);
    let (steps, complete) = found(&chain(depth + 1), depth + 1, Direction::Ancestors);
    assert!(steps.len() == LINEAGE_DEPTH_MAX && !complete);
    let crowd = |n: u16| Graph((1..=n).map(|child| (0, child)).collect());
    let most = u16::try_from(LINEAGE_CLIPS_MAX).unwrap();
    let (steps, complete) = found(&crowd(most), 0, Direction::Descendants);
    assert!(steps.len() == LINEAGE_CLIPS_MAX && complete);
    let (steps, complete) = found(&crowd(most + 1), 0, Direction::Descendants);
    assert!(steps.len() == LINEAGE_CLIPS_MAX && !complete);
}

proptest! {
    #[test]
    fn every_walk_ends_with_each_clip_once_behind_the_one_it_came_from(
        edges in proptest::collection::vec((0u16..30, 0u16..30), 0..120), start in 0u16..30
    ) {
        // Cycles included: hashes make them impossible, and a walk must end all the same.
        let graph = Graph(edges);
        for direction in [Direction::Ancestors, Direction::Descendants] {
            let Ok(walk) = walk(&graph, rid(start), direction);
            let mut before = vec![rid(start)];
            for step in &walk.steps {
                prop_assert!(before.contains(&step.via) && !before.contains(&step.clip));
                before.push(step.clip);
            }
            prop_assert!(walk.complete);
        }
    }
}

#[test]
fn a_cut_is_read_back_and_is_no_recipe() {
    let cut = Cut { parent: BlobHash([3; 32]), first: 12, frames: 24 };
    let clip = Clip {
        recipe: Some(cut.value().unwrap()),
        ..Clip::new(
            crate::record::BlobRef { hash: BlobHash([1; 32]), size: 9 },
            crate::recipe::Format { width: 64, height: 48, fps: 12, frames: 24 },
            [0; 8].into(),
        )
    };
    assert_eq!(Cut::of(&clip), Some(cut));
    assert_eq!(clip.recipe(), None);
    assert_eq!(Cut::of(&Clip { recipe: None, ..clip }), None);
}

#[test]
fn licences_say_what_may_become_of_a_clip() {
    let cases = [
        ("", Terms::Ask),
        ("CC0-1.0", Terms::Free),
        ("CC-BY-4.0", Terms::Free),
        ("cc-by-sa-4.0", Terms::Free),
        ("CC-BY-NC-4.0", Terms::NonCommercial),
        ("CC-BY-NC-SA-3.0-DE", Terms::NonCommercial),
        ("CC-BY-ND-4.0", Terms::Never),
        ("CC-BY-NC-ND-4.0", Terms::Never),
        ("CC-BY-ND-4.0 OR CC-BY-NC-4.0", Terms::NonCommercial),
        ("CC-BY-4.0 AND CC-BY-ND-4.0", Terms::Never),
        ("CC-BY-4.0 OR (MIT AND CC-BY-ND-4.0)", Terms::Never),
        ("LicenseRef-ours", Terms::Ask),
        ("MIT WITH Some-exception", Terms::Ask),
        ("nonsense here", Terms::Ask),
    ];
    for (expression, said) in cases {
        assert_eq!(terms(expression), said, "{expression:?}");
    }
    assert!(shares_alike("CC-BY-SA-4.0") && shares_alike("LAL-1.3"));
    assert!(!shares_alike("CC-BY-4.0") && !shares_alike("CC-BY-SA-4.0 OR CC-BY-4.0") && !shares_alike(""));
}

#[test]
fn the_form_of_an_expression_is_checked() {
    for good in ["", "MIT", "CC-BY-4.0", "GPL-2.0+", "(MIT OR Apache-2.0) AND CC-BY-4.0", "LicenseRef-a:b"] {
        assert_eq!(valid(good), Ok(()), "{good:?}");
    }
    for bad in ["MIT Apache-2.0", "AND MIT", "MIT OR", "(MIT", "MIT)", "()", "a\u{1b}b", "CC BY 4.0", " "] {
        assert!(matches!(valid(bad), Err(LicenceFault::Malformed(_))), "{bad:?}");
    }
    assert_eq!(valid(&"A".repeat(WORD_BYTES_MAX_OF_RECORDS + 1)), Err(LicenceFault::TooLong));
}

const WORD_BYTES_MAX_OF_RECORDS: usize = crate::record::WORD_BYTES_MAX;
