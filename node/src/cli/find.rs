//! `kinora find`: which known clips a file, a clip or a tag points to, in one sentence and then the reasons.

use clap::Args;
use kinora_media::fingerprint::sound::SAME_PERCENT;
use kinora_protocol::api::{ClipState, FindWhat, Found, FoundClip, Likeness, Request, Response, VerifyWhat};

use super::context::Context;
use super::session::{Network, unexpected};
use crate::error::CommandError;

/// Digits of a tag.
const TAG_DIGITS: usize = 16;
/// Said whenever something was found.
const NO_PROOF: &str =
    "A mark and a fingerprint are pointers and no proof: `kinora verify` says what is signed.";

/// Arguments of `kinora find`.
#[derive(Debug, Args)]
pub struct Find {
    /// Any file, the id of a clip (its first digits are enough), or the 16 digits of a mark's tag.
    #[arg(value_name = "FILE|CLIP|TAG")]
    pub what: String,
}

/// Runs it.
///
/// # Errors
/// When it can be neither read nor looked up.
pub async fn run(args: Find, context: &mut Context) -> Result<(), CommandError> {
    let is_tag = args.what.len() == TAG_DIGITS && args.what.bytes().all(|b| b.is_ascii_hexdigit());
    let what = if is_tag && !std::path::Path::new(&args.what).is_file() {
        FindWhat::Tag(args.what)
    } else {
        match context.clip_or_file(&args.what).await? {
            VerifyWhat::Clip(rid) => FindWhat::Clip(rid),
            VerifyWhat::File(path) => FindWhat::File(path),
        }
    };
    let found = match context.call(Network::Off, Request::Find { what }).await? {
        Response::Found(found) => *found,
        other => return Err(unexpected(&other).into()),
    };
    if context.output.is_json() {
        let said = serde_json::json!({
            "sentence": sentence(&found),
            "note": NO_PROOF,
            "tag": found.tag,
            "seconds": found.seconds,
            "clips": found.clips,
        });
        return context.output.json(&said);
    }
    for line in lines(&found) {
        context.output.line(line)?;
    }
    Ok(())
}

fn sentence(found: &Found) -> String {
    let Some(first) = found.clips.first() else {
        return "Nothing that is known here is pointed to.".to_owned();
    };
    let clip = first.clip.short();
    let state = if first.state == ClipState::Withdrawn { ", whose consent was withdrawn" } else { "" };
    let copy = first.picture.as_ref().is_some_and(|picture| picture.is_copy);
    match (first.same_file, first.same_tag, copy) {
        (true, ..) => format!("This is the file of clip {clip}{state}."),
        (_, true, true) => format!("The mark and the picture both point to clip {clip}{state}."),
        (_, true, false) => format!("The mark points to clip {clip}{state}; the picture does not say so."),
        (_, false, true) => format!("It looks like clip {clip}{state}, re-encoded, cut or cropped."),
        (_, false, false) => format!("Some of it looks like clip {clip}{state}, not enough for a copy."),
    }
}

fn lines(found: &Found) -> Vec<String> {
    let mut lines = vec![sentence(found)];
    if !found.clips.is_empty() {
        lines.push(NO_PROOF.to_owned());
    }
    lines.extend(found.tag.as_ref().map(|tag| format!("tag       {tag}")));
    for clip in &found.clips {
        let by = clip.author.map(|author| format!(" by {}", author.short())).unwrap_or_default();
        lines.push(format!("clip      {} {}{by}", clip.clip, clip.title));
        lines.extend(reasons(clip, found.seconds));
    }
    lines
}

fn reasons(clip: &FoundClip, seconds: u32) -> Vec<String> {
    let mut reasons = Vec::new();
    if clip.same_file {
        reasons.push("file      the same bytes".to_owned());
    }
    if clip.same_tag {
        reasons.push("mark      its record names this tag".to_owned());
    }
    reasons.extend(clip.picture.as_ref().map(|picture| look(picture, seconds)));
    reasons.extend(clip.sound_percent.map(|percent| {
        let same = if percent >= SAME_PERCENT { "the same" } else { "not the same; half is chance" };
        format!("sound     {percent} % of the bits agree: {same}")
    }));
    reasons.into_iter().map(|reason| format!("  {reason}")).collect()
}

/// How much of the picture is the same, and where.
fn look(picture: &Likeness, seconds: u32) -> String {
    const SHOWN: usize = 8;
    let pairs: Vec<String> = picture
        .seconds
        .iter()
        .take(SHOWN)
        .map(|same| format!("{} s as {} s ({} bits)", same.ours, same.theirs, same.bits))
        .collect();
    let more = if picture.seconds.len() > SHOWN { ", …" } else { "" };
    let found = picture.seconds.len();
    let mirrored = if picture.mirrored { ", mirrored" } else { "" };
    format!(
        "picture   {} %{mirrored}; {found} of {seconds} compared seconds: {}{more}",
        picture.percent,
        pairs.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::SamePicture;
    use kinora_protocol::ids::Rid;
    use kinora_protocol::text::Text;

    use super::*;

    fn clip() -> FoundClip {
        FoundClip {
            clip: Rid([7; 32]),
            author: None,
            title: Text::line("Fog", 20),
            state: ClipState::Ready,
            same_file: false,
            same_tag: false,
            picture: Some(Likeness {
                percent: 100,
                is_copy: true,
                mirrored: false,
                seconds: vec![SamePicture { ours: 0, theirs: 2, bits: 6 }],
            }),
            sound_percent: Some(93),
        }
    }

    #[test]
    fn the_sentence_comes_first_and_what_is_no_proof_is_said_to_be_none() {
        let said = lines(&Found { tag: None, seconds: 1, clips: vec![clip()] });
        assert!(said[0].starts_with("It looks like clip 07070707"), "{said:?}");
        assert!(said[1].contains("no proof"), "{said:?}");
        assert!(said[3].contains("0 s as 2 s (6 bits)") && said[4].contains("93 %"), "{said:?}");
        let mut turned = clip();
        turned.picture.as_mut().unwrap().mirrored = true;
        let said = lines(&Found { tag: None, seconds: 1, clips: vec![turned] });
        assert!(said[3].contains("100 %, mirrored"), "{said:?}");
        assert_eq!(lines(&Found::default()), ["Nothing that is known here is pointed to."]);
    }

    #[test]
    fn each_kind_of_pointer_has_its_sentence() {
        let weak = || Some(Likeness { percent: 20, is_copy: false, mirrored: false, seconds: Vec::new() });
        let of = |clip| sentence(&Found { tag: None, seconds: 3, clips: vec![clip] });
        assert!(of(FoundClip { same_file: true, ..clip() }).starts_with("This is the file"));
        assert!(of(FoundClip { same_tag: true, ..clip() }).starts_with("The mark and the picture both"));
        assert!(of(FoundClip { same_tag: true, picture: None, ..clip() }).starts_with("The mark points"));
        assert!(of(FoundClip { picture: weak(), ..clip() }).contains("not enough for a copy"));
        assert!(of(FoundClip { state: ClipState::Withdrawn, ..clip() }).contains("consent was withdrawn"));
    }
}
