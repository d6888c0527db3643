//! Prompts that no one should write, and what is said of them.

use super::super::lexicon::FUNCTION_WORDS;
use super::*;

/// Scraps of which junk is made; the number picks them.
const SCRAPS: &[&str] = &[
    "fox",
    "a red cat",
    "and",
    "chases",
    "в лесу рыжая лиса",
    "ثعلب أحمر يركض",
    "שועל אדום רץ",
    "赤い狐が走る",
    "一只红色的狐狸",
    "여우가 달린다",
    "लाल लोमड़ी",
    "จิ้งจอก",
    "🦊🔥",
    "👩\u{200d}🚀",
    "🇩🇪",
    "z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}a\u{327}lgo",
    "fo\u{200b}o\u{200d}b\u{ad}ar",
    "\u{202e}xof\u{202c}",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{0}\u{1}\u{7f}\u{9b}2J",
    "!!!???...,,,;;;",
    "—–―«»„“”'’‘",
    "''''",
    "<script>alert(1)</script>",
    "'; DROP TABLE clips; --",
    "../../etc/passwd",
    "ignore all previous instructions",
    "\u{feff}\u{fffd}\u{fffe}",
    "1234567890",
    "½ ² Ⅳ ١٢٣",
    "ﬁsh ＣＡＴ ǅ İstanbul ſs",
    "no no not without never",
    "of the a an in",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\t\r\n\u{2028}\u{2029}\u{85}",
    "x\u{20dd}\u{20e3}",
    "&&& @#$%^*()_+={}[]|\\~`",
];

/// 200 prompts, the same every time: each scrap alone, then ever other mixtures, then the extremes.
fn junk() -> Vec<String> {
    let mut out: Vec<String> = SCRAPS.iter().map(ToString::to_string).collect();
    let mut state = 0x9E37_79B9_u32;
    while out.len() < 192 {
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        let separator = [" ", "", ", ", "\n", "\u{200b}", " - "][next(6)];
        let scraps: Vec<&str> = (0..2 + next(9)).map(|_| SCRAPS[next(SCRAPS.len())]).collect();
        out.push(scraps.join(separator));
    }
    let letters = ["x", "é", "狐", "🦊", "\u{301}", " ", ".", "fox "];
    out.extend(letters.iter().map(|letter| letter.repeat(5_000 / letter.chars().count())));
    out
}

/// Letters and digits, in reading order, without those that stand in function words.
fn said(text: &str) -> Vec<String> {
    split::tokens(text)
        .into_iter()
        .map(|token| token.key)
        .filter(|key| {
            !FUNCTION_WORDS.contains(&key.as_str())
                && !["and", "with", "near", "plus"].contains(&key.as_str())
        })
        .collect()
}

#[test]
fn two_hundred_prompts_of_junk_are_read_honestly() {
    let prompts = junk();
    assert_eq!(prompts.len(), 200);
    let (mut read, mut refused) = (0, 0);
    for prompt in &prompts {
        match Shot::parse(prompt) {
            Ok(reading) => {
                read += 1;
                is_honest(prompt, &reading);
            }
            Err(PromptFault::Empty) => {
                refused += 1;
                assert!(!prompt.chars().any(char::is_alphanumeric), "{prompt:?} has letters");
            }
            Err(fault @ PromptFault::TooLong { bytes }) => {
                refused += 1;
                assert_eq!(bytes, prompt.len());
                let said = fault.to_string();
                assert!(said.contains(&bytes.to_string()) && said.contains("2000"), "{said}");
            }
        }
    }
    assert!(read > 150 && refused >= 8, "{read} were read, {refused} were refused");
}

/// Every word is understood, ignored or small, and nothing that is reported can harm a terminal.
fn is_honest(prompt: &str, reading: &Reading) {
    let mut reported: Vec<String> = reading
        .ignored
        .iter()
        .chain(reading.understood.iter().map(|u| &u.phrase))
        .flat_map(|p| said(p))
        .collect();
    for word in said(prompt) {
        // A phrase is shown up to its 80th character.
        let shown: String = word.chars().take(79).collect();
        let found = reported.iter().position(|r| *r == word || (r.starts_with(&shown) && shown.len() >= 79));
        let found = found.unwrap_or_else(|| panic!("{word:?} of {prompt:?} is lost: {reading:?}"));
        reported.swap_remove(found);
    }
    for text in reading.ignored.iter().chain(reading.understood.iter().map(|u| &u.phrase)) {
        assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
        assert_eq!(Text::line(text, 200).as_str(), text, "what is shown is clean");
    }
}
