//! The same files read by a second implementation of C2PA, which shares no code with the one that writes them: its own
//! boxes, CBOR, COSE, certificate paths and content hash. It is told the same anchors and nothing else, and never
//! reaches for the network.

use encypher_c2pa::{TelemetryOptions, VerificationReport, VerifyOptions, verify_with_options};

use super::certificate::pem;
use super::fixtures::{CLIP, Creator, SIGNED, boxed, creator, parent, plain, top};
use super::{Change, FORMAT, Mark, Statement};

/// What the other one says when these creators are trusted.
fn read(bytes: &[u8], trusted: &[&Creator]) -> VerificationReport {
    let anchors: Vec<Vec<u8>> = trusted.iter().map(|c| c.credential.chain()[1].to_vec()).collect();
    let options = VerifyOptions {
        trust_pem: Some(pem(&anchors)),
        no_default_trust: true,
        telemetry: TelemetryOptions { enabled: Some(false), ..TelemetryOptions::default() },
        online: Some(false),
        ..VerifyOptions::default()
    };
    verify_with_options(bytes, FORMAT, &options).unwrap()
}

/// The three answers about a file itself: manifest, signature, content.
fn answers(report: &VerificationReport) -> [&str; 3] {
    [&report.integrity, &report.signature, &report.hard_binding].map(String::as_str)
}

const HOLDS: [&str; 3] = ["valid", "valid", "match"];
const TRUSTED: &str = "valid_for_supplied_material";

#[test]
fn a_made_clip_holds_and_is_trusted_under_its_author_alone() {
    let (maker, stranger) = (creator(1), creator(2));
    let mark = Mark { algorithm: "wm.1", tag: [1, 2, 3, 4, 5, 6, 7, 8] };
    let full = Statement { consent: Some([3; 32]), mark: Some(mark), ..plain() };
    for clip in [&SIGNED[..], &maker.seal(&CLIP, &full)] {
        let report = read(clip, &[&maker]);
        assert_eq!(answers(&report), HOLDS, "{:#?}", report.validation_results);
        assert_eq!(report.trust.status, TRUSTED, "{:#?}", report.validation_results);
        let report = read(clip, &[&stranger]);
        assert_eq!(answers(&report), HOLDS);
        assert_ne!(report.trust.status, TRUSTED, "somebody else's anchor");
    }
}

#[test]
fn remixes_cuts_and_labelled_exports_hold() {
    let (first, second) = (creator(1), creator(2));
    let (itself, lineage) = ([parent(&SIGNED)], [first.issuer()]);
    let remix = Statement { ingredients: &itself, lineage: &lineage, ..plain() };
    let part = Statement { made: None, change: Some(Change::Trimmed), ..remix.clone() };
    let label = Change::Edited("a visible label was drawn into the pictures");
    let shown = Statement { made: None, change: Some(label), ..remix.clone() };
    let mut before = SIGNED.clone();
    for statement in [remix, part, shown] {
        let clip = second.seal(&CLIP, &statement);
        let report = read(&clip, &[&first, &second]);
        assert_eq!(answers(&report), HOLDS, "{:#?}", report.validation_results);
        assert_eq!(report.trust.status, TRUSTED, "{:#?}", report.validation_results);
        assert_eq!(report.validation_results.failure, Vec::new());
        before = clip;
    }
    // And a remix of the last.
    let again = [parent(&before)];
    let lineage = [first.issuer(), second.issuer()];
    let third = creator(3);
    let clip = third.seal(&CLIP, &Statement { ingredients: &again, lineage: &lineage, ..plain() });
    assert_eq!(answers(&read(&clip, &[&first, &second, &third])), HOLDS);
}

#[test]
fn what_was_changed_does_not_hold_there_either() {
    let maker = creator(1);
    let fails = |bytes: &[u8], what: &str| {
        let report = read(bytes, &[&maker]);
        assert_ne!(answers(&report), HOLDS, "{what}");
        assert_ne!(report.integrity, "valid", "{what}");
    };
    for (kind, range) in top(&SIGNED) {
        // `ftyp` is outside of every manifest: the hash of the whole file in the record is what covers it.
        if &kind == b"ftyp" {
            continue;
        }
        let mut changed = SIGNED.clone();
        // In the manifest a byte of the text that is signed, elsewhere the last one.
        let at = match &kind {
            b"uuid" => SIGNED.windows(9).position(|w| w == b"a red fox").unwrap(),
            _ => range.end - 1,
        };
        changed[at] ^= 1;
        fails(&changed, &format!("{} at {at}", kind.escape_ascii()));
    }
    fails(&[&SIGNED[..], &boxed(b"junk", &[0; 100])].concat(), "a box behind the file");
    let other = creator(1).seal(&[&CLIP[..], &boxed(b"uuid", &[1; 20])].concat(), &plain());
    let manifest = |file: &[u8]| top(file).into_iter().find(|(kind, _)| kind == b"uuid").unwrap().1;
    let (here, theirs) = (manifest(&SIGNED), manifest(&other));
    fails(&[&SIGNED[..here.start], &other[theirs], &SIGNED[here.end..]].concat(), "another clip's manifest");
}
