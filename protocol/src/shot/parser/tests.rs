//! What prompts are read as, phrase by phrase.

use proptest::prelude::*;

use super::*;

/// `prompt` must set exactly the axes in `want` (`axis=value, …`) and ignore exactly `ignored`.
fn check(prompt: &str, want: &str, ignored: &[&str]) {
    let reading = Shot::parse(prompt).unwrap();
    let got: Vec<String> = reading.understood.iter().map(|u| format!("{}={}", u.axis, u.value)).collect();
    assert_eq!(got.join(", "), want, "{prompt:?}");
    assert_eq!(reading.ignored, ignored, "{prompt:?}");
}

/// Every prompt must set exactly `want` and ignore nothing.
fn all(prompts: &[&str], want: &str) {
    for prompt in prompts {
        check(prompt, want, &[]);
    }
}

#[test]
fn the_readme_prompt_is_understood_whole() {
    check(
        "a red fox runs along a beach at sunset, slow pan left, calm music",
        "colour=red, subject=fox, action=runs, place=beach, time=sunset, camera=pan left, mood=calm, music=music",
        &[],
    );
}

#[test]
fn order_spelling_and_synonyms_do_not_matter() {
    check(
        "At night, downtown: the violet spaceship takes off. Watercolor, hand-held, no music!",
        "time=night, place=city, colour=purple, subject=rocket, action=flies, style=watercolour, \
         camera=handheld, music=no music",
        &[],
    );
    check(
        "CLOSE-UP of a Kitten dancing in the living room",
        "framing=close-up, subject=cat, action=dances, place=room",
        &[],
    );
}

#[test]
fn a_colour_belongs_to_its_noun() {
    check("a dog on yellow sand", "subject=dog", &["yellow", "sand"]);
    check("the car is green", "subject=car, colour=green", &[]);
    check("a black and white cat", "style=noir, subject=cat", &[]);
    check("a red dragon flies", "colour=red, action=flies", &["dragon"]);
    check("a fish in blue water", "subject=fish", &["blue", "water"]);
    check("the sky is blue and a fox runs", "subject=fox, action=runs", &["blue"]);
    check("a woman in red dances", "subject=person, colour=red, action=dances", &[]);
    check("a red bouncing ball", "colour=red, action=bounces, subject=ball", &[]);
    check("a fox that is very small and white", "subject=fox, size=small, colour=white", &[]);
}

#[test]
fn a_size_belongs_to_its_noun() {
    all(&["a big fox", "a huge fox", "a giant fox"], "size=large, subject=fox");
    all(&["a tiny fox", "a LITTLE fox", "a small-sized fox"], "size=small, subject=fox");
    all(&["a normal-sized fox", "an average-sized fox"], "size=normal size, subject=fox");
    all(&["the fox is enormous", "fox, gigantic"], "subject=fox, size=large");
    check("the big bad fox and 3 blue mice", "size=large, subject=fox", &["bad", "3", "blue", "mice"]);
    check("a fox in a small town", "subject=fox, place=city", &["small"]);
    check("a big, red dog", "size=large, colour=red, subject=dog", &[]);
    check("a medium-sized dog, medium shot", "size=normal size, subject=dog, framing=medium shot", &[]);
    check(
        "a big shiny blue little car drives",
        "size=large, colour=blue, subject=car, action=drives",
        &["shiny", "little"],
    );
}

#[test]
fn words_between_commas_are_the_subjects() {
    check("cat, orange, beach, sunset", "subject=cat, colour=orange, place=beach, time=sunset", &[]);
    check("beach, a robot, big and blue", "place=beach, subject=robot, size=large, colour=blue", &[]);
}

#[test]
fn only_a_number_counts() {
    all(
        &["two cats", "2 cats", "a pair of kittens", "a couple of cats", "both cats"],
        "count=two, subject=cat",
    );
    all(&["three cats", "3 cats", "a trio of cats"], "count=three, subject=cat");
    all(&["one cat", "1 cat", "a single cat", "a lone cat"], "count=one, subject=cat");
    check("cats", "subject=cat", &[]);
    check("two big red cats run", "count=two, size=large, colour=red, subject=cat, action=runs", &[]);
    check("two of the dogs", "count=two, subject=dog", &[]);
    check("five cats for 3 minutes", "subject=cat", &["five", "3", "minutes"]);
    check("one day a fox runs", "time=day, subject=fox, action=runs", &["one"]);
    check("two dragons", "", &["two", "dragons"]);
    check("a fox between two trees", "subject=fox", &["between", "two", "trees"]);
}

#[test]
fn angles_have_many_names() {
    let low = "a fox|from below|seen from below|worm's eye view|worm’s-eye view|low-angle shot|low angle|from underneath";
    let high = "a fox|from above|bird's eye view|birds-eye view|aerial shot|aerial|overhead shot|top-down|drone footage";
    let level = "a fox|eye level|at eye-level|eye-level shot|straight-on shot";
    for (list, value) in [(low, "low angle"), (high, "high angle"), (level, "eye level")] {
        for phrase in list.split('|').skip(1) {
            check(&format!("a fox, {phrase}"), &format!("subject=fox, angle={value}"), &[]);
            check(&format!("{phrase}: a fox"), &format!("angle={value}, subject=fox"), &[]);
        }
    }
    check("a bird's nest, wide angle", "subject=bird, framing=wide shot", &["nest"]);
    check("a bird flies overhead", "subject=bird, action=flies", &[]);
}

#[test]
fn the_camera_travels_and_circles() {
    let rows = [
        (
            "dolly in",
            "dolly in|dolly-in|slow push in|camera pushes in|tracking in|camera moves closer|dollying in",
        ),
        ("dolly out", "dolly out|pull back|camera pulls back|tracking out|slow dolly out|camera moves away"),
        (
            "orbit left",
            "orbit left|orbit|arc shot|camera circles around|circles around|orbiting left|360-degree shot",
        ),
        ("orbit right", "orbit right|orbit to the right|arc right|camera orbits right|arc shot right"),
        ("zoom in", "zoom in|zooming in on|slow zoom"),
        ("pan left", "pan left|camera moves to the left"),
    ];
    for (value, list) in rows {
        for phrase in list.split('|') {
            check(&format!("a fox, {phrase}"), &format!("subject=fox, camera={value}"), &[]);
        }
    }
    check(
        "a bird circles around a tree, zoom in",
        "subject=bird, camera=zoom in",
        &["circles around", "tree"],
    );
    check("a rocket in orbit", "subject=rocket, place=space", &[]);
    check("the camera follows a fox", "subject=fox", &["follows"]);
}

#[test]
fn a_partner_has_a_relation_and_a_colour() {
    check(
        "a red fox chases a white dog",
        "colour=red, subject=fox, relation=chases, action=runs, partner colour=white, partner=dog",
        &[],
    );
    check(
        "a blue car in front of a big green tree",
        "colour=blue, subject=car, relation=in front of, partner colour=green, partner=tree",
        &["big"],
    );
    let shot = Shot::parse("a blue car in front of a big green tree").unwrap().shot;
    assert_eq!(shot.size, None, "the size of the tree is not the car's");
    let partner = shot.partner.unwrap();
    assert_eq!(
        (partner.relation.as_str(), partner.subject.as_str(), partner.colour.map(|c| c.as_str())),
        ("in front of", "tree", Some("green"))
    );
    check("a dog that chases a cat", "subject=dog, relation=chases, action=runs, partner=cat", &[]);
    check("a fish swims and chases a boat", "subject=fish, action=swims, relation=chases, partner=boat", &[]);
    check(
        "a dog follows a very sleepy cat",
        "subject=dog, relation=chases, action=runs, partner=cat",
        &["sleepy"],
    );
    check("the dog runs after the car", "subject=dog, relation=chases, action=runs, partner=car", &[]);
    check("a cat and a running dog", "subject=cat, relation=left of, action=runs, partner=dog", &[]);
}

#[test]
fn relations_have_many_names() {
    let rows = [
        (
            "left of",
            "to the left of|left of|on the left of|on the left side of|next to|beside|close to|near|with",
        ),
        ("right of", "to the right of|right of|on the right of|on the right-hand side of"),
        ("behind", "behind|right behind|hiding behind|in back of|from behind"),
        ("in front of", "in front of|right in front of|infront of|ahead of"),
    ];
    for (value, list) in rows {
        for phrase in list.split('|') {
            let prompt = format!("a cat {phrase} a robot");
            check(&prompt, &format!("subject=cat, relation={value}, partner=robot"), &[]);
        }
    }
}

#[test]
fn two_subjects_named_together_stand_side_by_side() {
    let reading = Shot::parse("a cat and a white dog run").unwrap();
    let got: Vec<[&str; 3]> =
        reading.understood.iter().map(|u| [u.phrase.as_str(), u.axis.as_str(), u.value.as_str()]).collect();
    let want = [
        ["cat", "subject", "cat"],
        ["and a white dog", "relation", "left of"],
        ["white", "partner colour", "white"],
        ["dog", "partner", "dog"],
        ["run", "action", "runs"],
    ];
    assert_eq!((got.as_slice(), reading.ignored.len()), (want.as_slice(), 0));
    all(
        &["a cat & a dog", "cat and dog", "a cat with another dog"],
        "subject=cat, relation=left of, partner=dog",
    );
    check(
        "a red ball and a blue ball",
        "colour=red, subject=ball, relation=left of, partner colour=blue, partner=ball",
        &[],
    );
    check("a cat, a dog", "subject=cat", &["dog"]);
    check("a dog runs and jumps over a tree", "subject=dog, action=runs", &["jumps", "tree"]);
    check("music and a fox with a hat", "music=music, subject=fox", &["hat"]);
}

#[test]
fn the_side_may_be_said_of_either() {
    let left = "subject=cat, relation=left of, partner=dog";
    all(&["a cat on the left and a dog"], left);
    check("a cat and a dog on the right", "subject=cat, partner=dog, relation=left of", &[]);
    check(
        "a cat on the right, a dog on the left",
        "subject=cat, partner=dog, relation=right of",
        &["on the right"],
    );
    check("on the left a cat, on the right a dog", left, &["on the left"]);
    check(
        "a cat on the right and a dog on the left",
        "subject=cat, relation=right of, partner=dog",
        &["on the left"],
    );
    check("a cat on the left", "subject=cat", &["on the left"]);
    check(
        "a cat and a dog turn, pan left",
        "subject=cat, relation=left of, partner=dog, camera=pan left",
        &["turn"],
    );
}

#[test]
fn word_order_does_not_decide_who_chases_whom() {
    check("a cat is chased by a dog", "partner=cat, relation=chases, action=runs, subject=dog", &[]);
    check(
        "a white cat and a dog chasing it",
        "partner colour=white, partner=cat, subject=dog, relation=chases, action=runs",
        &[],
    );
    check(
        "behind a green tree stands a cat",
        "relation=behind, partner colour=green, partner=tree, action=stands, subject=cat",
        &[],
    );
    check(
        "in front of a car, a red robot",
        "relation=in front of, partner=car, colour=red, subject=robot",
        &[],
    );
    check("a car with a tree behind it", "subject=car, partner=tree, relation=in front of", &[]);
    check(
        "the ball is red. A black cat chases it",
        "partner=ball, partner colour=red, colour=black, subject=cat, relation=chases, action=runs",
        &[],
    );
    check("a car, a tree to the left of it", "subject=car, partner=tree, relation=right of", &[]);
    check("a car, behind it a tree", "subject=car, relation=in front of, partner=tree", &[]);
}

#[test]
fn a_relation_without_a_second_subject_changes_nothing() {
    check("a fox behind the house", "subject=fox, place=room", &["behind"]);
    check("a car in front of the mountains", "subject=car, place=mountains", &["in front of"]);
    check("a cat dances in front of the camera", "subject=cat, action=dances", &["in front of"]);
    check("a dog chases its tail", "subject=dog, action=runs", &["tail"]);
    check("behind a tree", "subject=tree", &["behind"]);
    check("a hunting dog", "subject=dog", &["hunting"]);
    check("next to a robot dog", "subject=robot", &["next to", "dog"]);
}

#[test]
fn one_partner_and_no_number_beside_it() {
    check("a fox and a dog chase a cat", "subject=fox, relation=left of, partner=dog, action=runs", &["cat"]);
    check("two cats and a dog", "subject=cat, relation=left of, partner=dog", &["two"]);
    check("a fox chases two dogs", "subject=fox, relation=chases, action=runs, partner=dog", &["two"]);
    check(
        "a cat behind a tree next to a car",
        "subject=cat, relation=behind, partner=tree",
        &["next to", "car"],
    );
}

#[test]
fn a_negated_wish_sets_nothing() {
    check("a boat, no rain, without fog", "subject=boat", &["no rain", "without fog"]);
    check("a beach without a big dog", "place=beach", &["without a big dog"]);
    check("a fox, no rain or fog", "subject=fox", &["no rain or fog"]);
    check("a fox not in the forest", "subject=fox", &["not in the forest"]);
    check("a fox, not behind a tree", "subject=fox", &["not behind a tree"]);
    check("a fox with no idea", "subject=fox", &["no", "idea"]);
}

#[test]
fn one_typing_error_is_forgiven_in_long_words() {
    check("a buterfly in the froest", "subject=butterfly, place=forest", &[]);
    check("a dog cahses a kittne", "subject=dog, relation=chases, action=runs, partner=cat", &[]);
    check("an enormus fox behnid a tree", "size=large, subject=fox, relation=behind, partner=tree", &[]);
    check("a hause and a goat", "", &["hause", "goat"]);
    check("a good fellow", "subject=person", &["good"]);
}

#[test]
fn phrases_do_not_run_across_punctuation() {
    check("the dog may pan. left alone", "subject=dog", &["may", "pan", "left", "alone"]);
    check("a cat. And behind: a dog", "subject=cat", &["behind", "dog"]);
}

#[test]
fn empty_and_endless_prompts_are_refused() {
    for empty in ["", "   ", "\u{1b}\u{7}", "\n\t", " ,. '", "\u{200b}\u{301}"] {
        assert_eq!(Shot::parse(empty), Err(PromptFault::Empty), "{empty:?}");
    }
    assert_eq!(Shot::parse(&"x".repeat(10_000)), Err(PromptFault::TooLong { bytes: 10_000 }));
}

#[test]
fn other_languages_and_emoji_are_listed_not_lost() {
    check("ein roter Fuchs 🦊 läuft", "", &["ein", "roter", "Fuchs", "🦊", "läuft"]);
    check("cat🦊🦊dog", "subject=cat", &["🦊🦊", "dog"]);
    check("a nai\u{308}ve fo\u{200b}x", "subject=fox", &["na\u{ef}ve"]);
}

#[test]
fn a_long_list_says_that_it_is_cut() {
    let reading = Shot::parse(&"q ".repeat(400)).unwrap();
    assert_eq!(reading.ignored.len(), READING_ENTRIES_MAX);
    assert_eq!(reading.ignored.last().map(String::as_str), Some("…"));
}

const SUBJECTS: &[&str] = &["cat", "dogs", "robot", "old tree", "butterfly", "sports car"];
const TIES: &[&str] =
    &["chases", "behind", "in front of", "to the left of", "right of", "next to", "and", "with"];

proptest! {
    #[test]
    fn any_prompt_is_read_without_panic(prompt in "(?s).{0,300}") {
        if let Ok(reading) = Shot::parse(&prompt) {
            prop_assert!(reading.ignored.len() <= READING_ENTRIES_MAX);
            prop_assert!(reading.ignored.iter().all(|w| !w.chars().any(char::is_control)));
        }
    }

    #[test]
    fn words_of_the_vocabulary_in_any_order(mut words in Just(vec!["purple", "horse", "gallops", "meadow", "foggy", "noir", "aerial"]).prop_shuffle()) {
        // The colour must stand before its subject; everything else may stand anywhere.
        words.retain(|w| *w != "purple");
        let at = words.iter().position(|w| *w == "horse").unwrap();
        words.insert(at, "purple");
        let shot = Shot::parse(&words.join(" ")).unwrap().shot;
        prop_assert!(shot.subject.is_some() && shot.colour.is_some() && shot.action.is_some()
            && shot.place.is_some() && shot.weather.is_some() && shot.style.is_some() && shot.angle.is_some());
    }

    #[test]
    fn any_two_subjects_tied_are_subject_and_partner(
        a in prop::sample::select(SUBJECTS), tie in prop::sample::select(TIES), b in prop::sample::select(SUBJECTS),
        rest in prop::sample::select(vec!["", ", pan left", " in the rain", ", two cats", " at night"]),
    ) {
        let reading = Shot::parse(&format!("a red {a} {tie} a blue {b}{rest}")).unwrap();
        let alone = |text: &str| Shot::parse(text).unwrap().shot.subject.unwrap();
        let shot = &reading.shot;
        prop_assert_eq!(shot.subject, Some(alone(a)));
        prop_assert_eq!(shot.partner.map(|p| p.subject), Some(alone(b)));
        prop_assert_eq!(shot.colour.map(|c| c.as_str()), Some("red"));
        prop_assert_eq!(shot.partner.and_then(|p| p.colour).map(|c| c.as_str()), Some("blue"));
        prop_assert!(shot.count.is_none());
        for axis in ["subject", "relation", "partner", "colour", "partner colour"] {
            prop_assert_eq!(reading.understood.iter().filter(|u| u.axis == axis).count(), 1, "{}", axis);
        }
    }

    #[test]
    fn what_is_set_is_what_is_reported(words in prop::collection::vec(prop::sample::select(vec![
        "a", "two", "red", "big", "cat", "dog", "tree", "chases", "and", "behind", "on the left", "it", "no", "or",
        ",", "is", "white", "runs", "in front of", "beach", "chased by", "orbit", "from above", "qux", "of", "with",
    ]), 0..14)) {
        let prompt = words.join(" ");
        let Ok(reading) = Shot::parse(&prompt) else { return Ok(()) };
        let shot = serde_json::to_value(&reading.shot).unwrap();
        let shot = shot.as_object().unwrap();
        let partner = shot.get("partner").map_or(0, |p| p.as_object().unwrap().len());
        let set = shot.len() - usize::from(partner > 0) + partner;
        let mut axes: Vec<&str> = reading.understood.iter().map(|u| u.axis.as_str()).collect();
        axes.sort_unstable();
        axes.dedup();
        prop_assert_eq!((axes.len(), reading.understood.len()), (set, set), "{:?} {:?}", prompt, reading);
        prop_assert!(reading.shot.partner.is_none() || reading.shot.count.is_none());
    }
}
