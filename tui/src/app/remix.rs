//! A clip that the next one is made from: chosen in the feed or in a tree, used by Create.

use kinora_protocol::api::{ClipState, MakeParent, MaterialPaths, ParentFrom};
use kinora_protocol::ids::Rid;
use kinora_protocol::recipe::Descent;
use kinora_protocol::text::Text;

use super::feed::state_word;
use super::{App, Effect, Screen};

/// The clip, and what the next one has from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) clip: Rid,
    pub(crate) title: Text,
    pub(crate) descent: Descent,
}

impl Origin {
    /// What is made of it, in words before its title.
    pub(crate) const fn words(&self) -> &'static str {
        match self.descent {
            Descent::Remix { .. } => "over",
            Descent::Continue => "going on after",
            Descent::Place => "with the subject of",
        }
    }

    /// The next way of using it; none after the last.
    fn turned(self) -> Option<Self> {
        let descent = match self.descent {
            Descent::Remix { .. } => Descent::Continue,
            Descent::Continue => Descent::Place,
            Descent::Place => return None,
        };
        Some(Self { descent, ..self })
    }

    /// As it is asked of the node.
    pub(crate) fn materials(self) -> MaterialPaths {
        let parent = MakeParent { from: ParentFrom::Clip(self.clip), descent: self.descent };
        MaterialPaths { parent: Some(parent), ..MaterialPaths::default() }
    }
}

impl App {
    /// Goes to Create with a clip to make the next one from; its own words are the first prompt, if they are known.
    pub(crate) fn remix(&mut self, clip: Rid, title: Text, state: ClipState, out: &mut Vec<Effect>) {
        if state != ClipState::Ready {
            return self.flash(format!(
                "only a clip that is here can be remixed; this one is {}",
                state_word(state)
            ));
        }
        let words = self.feed.views.get(&clip).map(|view| view.prompt.clone()).unwrap_or_default();
        self.open(Screen::Create, out);
        self.create.from = Some(Origin { clip, title, descent: Descent::default() });
        self.create.editing = true;
        if self.create.prompt.is_blank() {
            self.create.prompt.set(words.as_str().lines().next().unwrap_or_default());
            self.read_prompt(out);
        }
        self.flash("write what the remix shows; esc, then o: over it, after it, or its subject elsewhere");
    }

    /// Goes on to the next way of using the clip that the next one is made from.
    pub(crate) fn turn_origin(&mut self) {
        let Some(origin) = self.create.from.take() else {
            return self.flash("there is no clip to remix: press r on one in the feed");
        };
        self.create.from = origin.turned();
        match &self.create.from {
            Some(origin) => {
                let text = format!("the next clip is made {} “{}”", origin.words(), origin.title);
                self.flash(text);
            }
            None => self.flash("the next clip is made from nothing"),
        }
    }
}
