//! What lies over a screen: a question with a text, a question with yes or no, the help.

use std::collections::BTreeMap;

use kinora_protocol::api::{CameoCall, JobId, LabelCall, Request};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::{COMMENT_CHARS_MAX, CONSENT_NOTE_CHARS_MAX, NAME_CHARS_MAX};
use kinora_protocol::record::{Effect as Taken, Open, Policy, Target};
use kinora_protocol::sealed::Ask;
use kinora_protocol::text::Text;

use super::calls::{Asked, Call};
use super::inbox::cameo;
use super::{App, Effect, paths};
use crate::action::Action;
use crate::input::Input;

/// Longest id or address typed, in bytes.
const ADDRESS_BYTES_MAX: usize = 512;
/// Longest line of file names typed, in bytes.
const PATHS_BYTES_MAX: usize = 4_096;
/// What is asked for by keys: so many clips, in so many seconds.
const ASKED: (u32, u64) = (3, 90 * 24 * 3600);

/// A question that is answered with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Follow,
    Listen,
    Comment(Rid),
    Dial,
    Rename,
    Enrol,
    /// Files that show who enrols under a name.
    Stills(String),
    AskFor(Rid, Text),
}

impl Question {
    /// Title and what to type.
    pub(crate) const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Follow => ("Follow", "Paste the id of a creator: 64 digits, from their Keys screen"),
            Self::Listen => ("Subscribe", "Paste the id of a labeler: 64 digits; nobody else learns of it"),
            Self::Comment(_) => {
                ("Comment", "Your comment is signed and public; everyone who follows you gets it")
            }
            Self::Dial => {
                ("Connect", "Paste a peer's address, for example /ip4/192.0.2.7/tcp/4040/p2p/12D3…")
            }
            Self::Enrol => (
                "Enrol",
                "The name under which you are shown. It is public, with what clips of you may be for.",
            ),
            Self::Stills(_) => (
                "Stills of you",
                "Names of files, PNG or JPEG, with spaces between them. They stay in your home, and go sealed to whom you grant your cameo. Enter alone: none",
            ),
            Self::AskFor(..) => (
                "Ask for a cameo",
                "A word to its subject. You ask for 3 clips in 90 days; only they can read this.",
            ),
            Self::Rename => ("Your name", "The name that others see beside your clips"),
        }
    }

    /// Longest answer in bytes.
    const fn bytes_max(&self) -> usize {
        match self {
            Self::Follow | Self::Listen | Self::Dial => ADDRESS_BYTES_MAX,
            Self::Stills(_) => PATHS_BYTES_MAX,
            Self::Comment(_) => COMMENT_CHARS_MAX,
            Self::Rename | Self::Enrol => NAME_CHARS_MAX,
            Self::AskFor(..) => CONSENT_NOTE_CHARS_MAX,
        }
    }
}

/// Something that is asked about before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Delete(Rid, Text),
    Unfollow(AuthorId, Text),
    Cancel(JobId),
    Publish(JobId),
    /// Approve a use, of somebody.
    ApproveUse(Rid, Text),
    RefuseUse(Rid, Text),
    /// Grant what a letter asks, of somebody, for so many clips.
    Accept(Rid, Text, Option<u32>),
    RefuseAsk(Rid, Text),
    /// Say that a recording shows its subject.
    Witness(Rid, Text),
    TakeBack(Rid, Target, Taken),
    /// Listen to a labeler no more.
    Unsubscribe(AuthorId, Text),
    /// Leaving while a job runs.
    Quit,
}

impl Deed {
    /// The question and what follows from it.
    pub(crate) fn words(&self) -> (String, &'static str) {
        match self {
            Self::Delete(_, title) => (
                format!("Delete “{title}”?"),
                "Followers are told to remove it. Copies that were saved elsewhere may stay. This cannot be undone.",
            ),
            Self::Unfollow(author, name) if name.is_empty() => {
                (format!("Stop following {}?", author.short()), "Their clips leave your feed.")
            }
            Self::Unfollow(author, name) => {
                (format!("Stop following {name} ({})?", author.short()), "Their clips leave your feed.")
            }
            Self::Cancel(job) => (format!("Cancel job {job}?"), "What was rendered so far is lost."),
            Self::Publish(job) => (
                format!("Publish the clip of job {job}?"),
                "It is signed with your name and sent to your followers.",
            ),
            Self::ApproveUse(_, name) => (
                format!("Let {} publish this very clip?", somebody(name)),
                "You approve these pictures and sounds with this prompt, and no others. You can take it down later.",
            ),
            Self::RefuseUse(_, name) => (
                format!("Refuse this of {}?", somebody(name)),
                "A no stands for ever, whatever is approved later.",
            ),
            Self::Accept(_, name, uses) => (
                match uses {
                    Some(uses) => format!("Let {} make clips of you, {uses} at most?", somebody(name)),
                    None => format!("Let {} make clips of you, as many as they like?", somebody(name)),
                },
                "For what they ask and your cameo allows, and each clip waits for your approval if it says so.",
            ),
            Self::RefuseAsk(_, name) => {
                (format!("Refuse what {} asks?", somebody(name)), "They are told; they may ask again.")
            }
            Self::Witness(_, name) => (
                format!("Did you see {} speak the phrase, and are you sure that it is them?", somebody(name)),
                "You sign that for everybody to see.",
            ),
            Self::TakeBack(_, Target::Cameo, _) => (
                "Take back the whole cameo?".into(),
                "Nothing new is made of you from now on; clips that are there stay. This cannot be undone.",
            ),
            Self::TakeBack(_, Target::Grant(_), _) => (
                "Take back the grant?".into(),
                "Nothing new is made under it; clips that are there stay. This cannot be undone.",
            ),
            Self::TakeBack(..) => (
                "Take this clip down?".into(),
                "Nodes stop showing it, with what was made of it, and delete the file. Copies elsewhere may stay. This cannot be undone.",
            ),
            Self::Unsubscribe(author, name) => (
                format!(
                    "Listen to {} no more?",
                    if name.is_empty() { author.short() } else { name.to_string() }
                ),
                "Its labels change nothing here any more, and what you made of them is forgotten.",
            ),
            Self::Quit => (
                "Leave while a clip is being made?".into(),
                "If the node runs only for this window, the clip is lost.",
            ),
        }
    }
}

/// A name, or a word for who has none.
fn somebody(name: &Text) -> &str {
    if name.is_empty() { "its writer" } else { name.as_str() }
}

/// What lies over the screen.
#[derive(Clone, Debug)]
pub(crate) enum Overlay {
    Help { scroll: u16 },
    Ask { question: Question, input: Input, fault: Option<String> },
    Confirm { deed: Deed },
}

/// Reads an author's id, or says what is wrong with it.
fn author_id(text: &str) -> Result<AuthorId, String> {
    let wrong = |_| format!("an id is 64 digits 0–9 and a–f; this has {} characters", text.chars().count());
    text.parse().map_err(wrong)
}

/// The request that publishes a draft as it was wished for when it was made.
const fn publication(job: JobId) -> Request {
    Request::Publish { job, licence: None, permitted: false, labels: Vec::new() }
}

impl Overlay {
    pub(crate) const fn ask(question: Question) -> Self {
        let input = Input::new(question.bytes_max());
        Self::Ask { question, input, fault: None }
    }

    /// A question whose answer could not be acted on: the answer stands there to be mended.
    pub(crate) fn again(question: Question, text: &str, fault: String) -> Self {
        let mut input = Input::new(question.bytes_max());
        input.set(text);
        Self::Ask { question, input, fault: Some(fault) }
    }

    pub(crate) const fn confirm(deed: Deed) -> Self {
        Self::Confirm { deed }
    }
}

impl App {
    /// Actions while something lies over the screen.
    pub(crate) fn overlay_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let Some(overlay) = self.overlay.take() else { return };
        match (action, overlay) {
            (Action::ScrollDown, Overlay::Help { scroll }) => {
                let scroll = (scroll + 1).min(crate::view::help_scroll_max(self));
                self.overlay = Some(Overlay::Help { scroll });
            }
            (Action::ScrollUp, Overlay::Help { scroll }) => {
                self.overlay = Some(Overlay::Help { scroll: scroll.saturating_sub(1) });
            }
            (Action::Answer, Overlay::Ask { question, input, .. }) => self.answer(question, input, out),
            (Action::Yes, Overlay::Confirm { deed }) => self.perform(deed, out),
            _ => {}
        }
    }

    fn answer(&mut self, question: Question, input: Input, out: &mut Vec<Effect>) {
        let text = input.text().trim().to_owned();
        let fault = match self.asked(&question, &text, out) {
            Ok(()) => return,
            Err(fault) => Some(fault),
        };
        self.overlay = Some(Overlay::Ask { question, input, fault });
    }

    /// Acts on an answer, or says what is wrong with it.
    fn asked(&mut self, question: &Question, text: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        if text.is_empty() && !matches!(question, Question::Stills(_)) {
            return Err("type or paste something, or press esc".into());
        }
        let (done, request) = match question {
            Question::Follow => {
                let author = author_id(text)?;
                if self.status.as_ref().is_some_and(|s| s.author == author) {
                    return Err("this is your own id; your clips are in your feed already".into());
                }
                (
                    "following; their clips appear as soon as somebody has them",
                    Request::Follow { author, on: true },
                )
            }
            Question::Listen => {
                let labeler = author_id(text)?;
                if self.moderation.labelers.iter().flatten().any(|view| view.labeler == labeler) {
                    return Err("you listen to it already; l goes to what its labels do".into());
                }
                let call = LabelCall::Subscribe { labeler, settings: BTreeMap::new() };
                ("listening; its labels count as soon as somebody has them", Request::Label(Box::new(call)))
            }
            Question::Comment(clip) => {
                ("comment published", Request::Comment { clip: *clip, text: text.to_owned() })
            }
            Question::Dial if !text.starts_with('/') => {
                return Err("an address begins with / and ends with /p2p/ and the peer's id".into());
            }
            Question::Dial => ("connecting …", Request::Dial { address: text.to_owned() }),
            Question::Enrol => {
                self.overlay = Some(Overlay::ask(Question::Stills(text.to_owned())));
                return Ok(());
            }
            Question::Stills(name) => (
                "enrolled; your followers can ask for you",
                cameo(CameoCall::Enrol {
                    name: name.clone(),
                    stills: paths::split(text, self.folders.0.as_deref(), self.folders.1.as_deref())?,
                    open: Open::Approved,
                    policy: Policy::usual(),
                    recording: None,
                }),
            ),
            Question::AskFor(of, _) => {
                let (uses, seconds) = ASKED;
                let ask =
                    Ask { purposes: Policy::usual().allow, uses: Some(uses), seconds, note: text.to_owned() };
                ("asked; the answer appears here", cameo(CameoCall::Ask { cameo: *of, ask }))
            }
            Question::Rename => {
                ("name published", Request::SetProfile { name: text.to_owned(), bio: String::new() })
            }
        };
        let asked = Asked { question: question.clone(), text: text.to_owned(), done };
        self.ask(Call::Asked(Box::new(asked)), request, out);
        Ok(())
    }

    fn perform(&mut self, deed: Deed, out: &mut Vec<Effect>) {
        match deed {
            Deed::Delete(target, _) => self.ask(Call::Change("deleted"), Request::Delete { target }, out),
            Deed::Unfollow(author, _) => {
                self.ask(Call::Change("not followed any more"), Request::Follow { author, on: false }, out);
            }
            Deed::Cancel(job) => self.ask(Call::CancelJob(job), Request::Cancel { job }, out),
            Deed::Publish(job) => self.ask(Call::Publish(job), publication(job), out),
            Deed::ApproveUse(id, _) => {
                self.ask(Call::Change("approved"), cameo(CameoCall::Approve { id, yes: true }), out);
            }
            Deed::Witness(id, _) => {
                self.ask(Call::Change("witnessed"), cameo(CameoCall::Approve { id, yes: true }), out);
            }
            Deed::RefuseUse(id, _) => {
                self.ask(Call::Change("refused"), cameo(CameoCall::Approve { id, yes: false }), out);
            }
            Deed::Accept(ask, ..) => {
                self.ask(Call::Change("granted"), cameo(CameoCall::Accept { ask }), out);
            }
            Deed::RefuseAsk(ask, _) => {
                self.ask(Call::Change("refused"), cameo(CameoCall::Refuse { ask }), out);
            }
            Deed::TakeBack(of, target, effect) => {
                let revoke = CameoCall::Revoke { cameo: of, target, effect };
                self.ask(Call::Change("taken back; it spreads now"), cameo(revoke), out);
            }
            Deed::Unsubscribe(labeler, _) => {
                let call = Request::Label(Box::new(LabelCall::Unsubscribe { labeler }));
                self.ask(Call::Change("not listened to any more"), call, out);
            }
            Deed::Quit => out.push(Effect::Quit),
        }
    }
}
