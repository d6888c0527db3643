//! Every action of the terminal program: its keys, its word in the footer and its line in the help.
//!
//! One table feeds key look-up, footer and help, so none of them can be out of date. Keys are written as
//! `j`, `C-d` (Ctrl), `M-x` (Alt), `S-tab` (Shift), `space`, `enter`, `esc`, `up` …; `g g` is a sequence.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where an action's keys work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// On every screen.
    Global,
    /// On screens that are lists.
    List,
    /// Feed.
    Feed,
    /// Create, outside the prompt.
    Create,
    /// Inbox.
    Inbox,
    /// Lineage.
    Lineage,
    /// Peers.
    Peers,
    /// Moderation.
    Moderation,
    /// Keys.
    Keys,
    /// While the prompt is edited.
    Prompt,
    /// While a question with a text is asked.
    Dialog,
    /// While a yes-or-no question is asked.
    Confirm,
    /// While the help is shown.
    Help,
}

impl Scope {
    /// Heading in the help.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::List => "Lists",
            Self::Feed => "Feed",
            Self::Create => "Create",
            Self::Inbox => "Inbox",
            Self::Lineage => "Lineage",
            Self::Peers => "Peers",
            Self::Moderation => "Moderation",
            Self::Keys => "Keys",
            Self::Prompt => "In the prompt",
            Self::Dialog => "In a question",
            Self::Confirm => "Confirming",
            Self::Help => "In this help",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    pub(crate) action: Action,
    pub(crate) scope: Scope,
    pub(crate) keys: &'static [&'static str],
    /// Word in the footer; empty keeps it out.
    pub(crate) word: &'static str,
    /// Line in the help.
    pub(crate) help: &'static str,
}

macro_rules! actions {
    ($($action:ident $scope:ident [$($key:literal),+] $word:literal $help:literal;)+) => {
        /// What a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Action {
            $(#[doc = $help] $action,)+
        }

        /// The table of actions, in the order of footer and help.
        pub(crate) const BINDINGS: &[Binding] = &[
            $(Binding {
                action: Action::$action, scope: Scope::$scope, keys: &[$($key),+],
                word: $word, help: $help,
            },)+
        ];
    };
}

actions! {
    Pause Feed ["space"] "pause" "Pause or go on";
    Favourite Feed ["f"] "like" "Set or take back a ♥";
    Comment Feed ["c"] "comment" "Write a comment";
    Remix Feed ["r"] "remix" "Make a clip from this one";
    Details Feed ["i"] "" "Show or hide how the clip was made";
    Open Feed ["enter"] "" "Play from the start, open what is covered, or fetch the clip";
    SeekBack Feed ["h", "left"] "" "Two seconds back";
    SeekOn Feed ["l", "right"] "" "Two seconds on";
    CopyClip Feed ["y"] "" "Copy the clip's id";
    HideHere Feed ["x"] "" "Hide this clip here";
    Unfollow Feed ["U"] "" "Stop following this creator";
    Delete Feed ["D"] "" "Delete your own clip";
    Edit Create ["e", "i"] "prompt" "Edit the prompt";
    Watch Create ["enter"] "watch" "Watch the clip of the selected job";
    CancelJob Create ["x"] "cancel job" "Cancel the selected job";
    Publish Create ["P"] "publish" "Publish the selected draft";
    Again Create ["r"] "again" "Take the selected job's prompt again";
    PauseWatch Create ["space"] "" "Pause or go on";
    PickCameo Create ["c"] "show somebody" "Show somebody who granted you their cameo: the next one";
    TurnOrigin Create ["o"] "" "What a remix has from its clip: pictures, end, subject; nothing";
    PlayLetter Inbox ["enter"] "play" "Play the clip from the start";
    Approve Inbox ["a"] "approve" "Approve this very clip, or grant what was asked";
    Refuse Inbox ["x"] "refuse" "Refuse it";
    TakeBack Inbox ["R"] "take back" "Take back a grant, a clip or a cameo of yours";
    AskFor Inbox ["n"] "ask" "Ask for the selected cameo";
    Enrol Inbox ["E"] "enrol" "Enrol yourself, so that others can ask for you";
    PauseLetter Inbox ["space"] "" "Pause or go on";
    NextPile Inbox ["l", "right"] "lists" "Next list: letters, uses of you, cameos";
    PileBefore Inbox ["h", "left"] "" "List before";
    OpenKin Lineage ["enter"] "play" "Play from the start, or fetch the clip";
    PauseKin Lineage ["space"] "pause" "Pause or go on";
    TreeOf Lineage ["l", "right"] "its tree" "Show the tree of the selected clip";
    TreeBefore Lineage ["h", "left"] "back" "Back to the tree before";
    RemixKin Lineage ["r"] "remix" "Make a clip from this one";
    CopyKin Lineage ["y"] "" "Copy the clip's id";
    Dial Peers ["d"] "dial" "Connect to a peer by its address";
    Refresh Peers ["r"] "refresh" "Ask for the peers again";
    RuleHide Moderation ["x"] "hide" "Hide the selected clip here; or hide what has the selected label";
    RuleShow Moderation ["a"] "show" "Show the selected clip, whatever labels say; or show what has the selected label";
    RuleClear Moderation ["u"] "labels decide" "Take your decision about the clip, or the label, back";
    Listen Moderation ["s"] "subscribe" "Listen to a labeler by its id";
    NextPane Moderation ["l", "right"] "lists" "Next list: clips, labelers, what a labeler's labels do";
    PaneBefore Moderation ["h", "left"] "" "List before";
    WeighWarn Moderation ["w"] "" "Cover what has the selected label until it is opened";
    WeighNothing Moderation ["n"] "" "Take no notice of the selected label";
    Unsubscribe Moderation ["U"] "" "Listen to the selected labeler no more";
    CopyId Keys ["y"] "copy id" "Copy your id, for others to follow";
    CopyAddress Keys ["Y"] "copy address" "Copy your node's address, for others to dial";
    Rename Keys ["n"] "name" "Change the name others see";
    Next List ["j", "down"] "" "Next";
    Previous List ["k", "up"] "" "Previous";
    First List ["g g", "home"] "" "First";
    Last List ["G", "end"] "" "Last";
    PageDown List ["C-d", "pagedown"] "" "Half a page down";
    PageUp List ["C-u", "pageup"] "" "Half a page up";
    Submit Prompt ["enter"] "make it" "Make the clip";
    Leave Prompt ["esc", "tab"] "leave the prompt" "Leave the prompt; the digits of the screens work again";
    Recall Prompt ["up"] "last prompt" "Take the prompt before";
    Answer Dialog ["enter"] "ok" "Take this";
    Dismiss Dialog ["esc"] "cancel" "Change nothing";
    Yes Confirm ["y"] "yes" "Do it";
    No Confirm ["n", "esc", "q"] "no" "Change nothing";
    CloseHelp Help ["esc", "q", "?"] "close" "Close this help";
    ScrollDown Help ["j", "down", "space"] "down" "Further down";
    ScrollUp Help ["k", "up"] "up" "Further up";
    Feed Global ["1"] "" "Feed: clips of the people you follow";
    Create Global ["2"] "" "Create: make a clip from a prompt";
    Inbox Global ["4"] "" "Inbox: who asks for you, what waits for you, what shows you";
    Lineage Global ["5"] "" "Lineage: what a clip was made from, and what was made from it";
    Peers Global ["6"] "" "Peers: who you are connected to";
    Moderation Global ["7"] "" "Moderation: whose labels count, and what they do to clips";
    Keys Global ["8"] "" "Keys: your id and what keeps it safe";
    NextScreen Global ["tab", "g t"] "" "Next screen";
    PreviousScreen Global ["S-tab", "g T"] "" "Screen before";
    Follow Global ["F"] "follow" "Follow a creator by id";
    Mute Global ["m"] "mute" "Sound off or on";
    Quieter Global ["-"] "" "Quieter";
    Louder Global ["=", "+"] "" "Louder";
    Renderer Global ["v"] "" "Next way of drawing pictures";
    Redraw Global ["C-l"] "" "Draw everything again";
    Suspend Global ["C-z"] "" "Suspend to the shell";
    Help Global ["?"] "help" "Show or close this help";
    Quit Global ["q"] "quit" "Leave Kinora";
}

/// The key that ends the program wherever the focus is.
pub(crate) const INTERRUPT: &str = "C-c";

/// A key press in the notation of the table.
pub(crate) fn notation(key: KeyEvent) -> Option<String> {
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let name = match key.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(c) => {
            shift = false;
            c.to_string()
        }
        KeyCode::Enter => "enter".to_owned(),
        KeyCode::Esc => "esc".to_owned(),
        KeyCode::Tab => "tab".to_owned(),
        KeyCode::BackTab => {
            shift = true;
            "tab".to_owned()
        }
        KeyCode::Up => "up".to_owned(),
        KeyCode::Down => "down".to_owned(),
        KeyCode::Left => "left".to_owned(),
        KeyCode::Right => "right".to_owned(),
        KeyCode::Home => "home".to_owned(),
        KeyCode::End => "end".to_owned(),
        KeyCode::PageUp => "pageup".to_owned(),
        KeyCode::PageDown => "pagedown".to_owned(),
        KeyCode::Backspace => "backspace".to_owned(),
        KeyCode::Delete => "delete".to_owned(),
        KeyCode::F(n) => format!("f{n}"),
        _ => return None,
    };
    let mut out = String::new();
    for (on, prefix) in [
        (key.modifiers.contains(KeyModifiers::CONTROL), "C-"),
        (key.modifiers.contains(KeyModifiers::ALT), "M-"),
        (shift, "S-"),
    ] {
        if on {
            out.push_str(prefix);
        }
    }
    out.push_str(&name);
    Some(out)
}

/// What a key or sequence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This action.
    Action(Action),
    /// The start of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

/// Looks a key or sequence up; the first scope that knows it wins.
pub(crate) fn find(scopes: &[Scope], sequence: &str) -> Found {
    let prefix = format!("{sequence} ");
    let mut found = Found::Nothing;
    for scope in scopes {
        for binding in BINDINGS.iter().filter(|b| b.scope == *scope) {
            if binding.keys.contains(&sequence) {
                return Found::Action(binding.action);
            }
            if binding.keys.iter().any(|k| k.starts_with(&prefix)) {
                found = Found::Prefix;
            }
        }
    }
    found
}

/// The table's row of an action.
pub(crate) fn binding(action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|b| b.action == action)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every combination of scopes that can be active at once.
    const ACTIVE: &[&[Scope]] = &[
        &[Scope::Feed, Scope::List, Scope::Global],
        &[Scope::Create, Scope::List, Scope::Global],
        &[Scope::Inbox, Scope::List, Scope::Global],
        &[Scope::Lineage, Scope::List, Scope::Global],
        &[Scope::Peers, Scope::List, Scope::Global],
        &[Scope::Moderation, Scope::List, Scope::Global],
        &[Scope::Keys, Scope::Global],
        &[Scope::Prompt],
        &[Scope::Dialog],
        &[Scope::Confirm],
        &[Scope::Help],
    ];

    #[test]
    fn every_action_is_reached_by_each_of_its_keys() {
        for row in BINDINGS {
            let scopes = ACTIVE.iter().find(|s| s.contains(&row.scope)).unwrap();
            for key in row.keys {
                assert_eq!(find(scopes, key), Found::Action(row.action), "{:?} by {key}", row.action);
                if let Some((start, _)) = key.split_once(' ') {
                    assert_eq!(find(scopes, start), Found::Prefix, "{key}");
                }
            }
            assert_eq!(binding(row.action).unwrap().help, row.help);
        }
    }

    #[test]
    fn no_key_means_two_things_at_once() {
        for scopes in ACTIVE {
            let mut seen = BTreeSet::new();
            for row in BINDINGS.iter().filter(|b| scopes.contains(&b.scope)) {
                for key in row.keys {
                    assert!(seen.insert(*key), "{key} is taken twice in {scopes:?}");
                    assert_ne!(*key, INTERRUPT);
                }
            }
        }
    }

    #[test]
    fn every_row_has_a_key_and_says_what_it_does() {
        assert!(BINDINGS.iter().all(|b| !b.help.is_empty() && !b.keys.is_empty()));
    }

    #[test]
    fn key_events_have_one_notation() {
        for (code, modifiers, text) in [
            (KeyCode::Char('j'), KeyModifiers::NONE, "j"),
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('d'), KeyModifiers::CONTROL, "C-d"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "space"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "S-tab"),
            (KeyCode::BackTab, KeyModifiers::NONE, "S-tab"),
            (KeyCode::Char('x'), KeyModifiers::ALT, "M-x"),
        ] {
            assert_eq!(notation(KeyEvent::new(code, modifiers)).as_deref(), Some(text));
        }
    }
}
