//! Letters about cameos, line by line: what waits, the sound of the very clip, yes or no.

use kinora_protocol::api::{CameoAnswer, CameoCall, InboxItem, InboxKind, InboxState, Request, Response};

use super::{Page, Plain};
use crate::app::inbox::cameo;
use crate::view::words::{count, safe, who};

impl Plain<'_> {
    /// The letters that wait for an answer, and one's own.
    pub(super) fn inbox(&mut self) -> Page {
        let items = match self.call(cameo(CameoCall::Inbox))? {
            Some(Response::Cameo(answer)) => match *answer {
                CameoAnswer::Inbox { items } => items,
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.say(format!("{}.", count(items.len() as u64, "letter", "letters")))?;
        for (at, item) in items.iter().enumerate() {
            self.say(format!("{}. {}", at + 1, described(item)))?;
        }
        if items.is_empty() {
            return Ok(());
        }
        let choice = self.ask("Number of a letter; nothing goes back")?;
        let chosen = choice.parse::<usize>().ok().and_then(|n| items.get(n.checked_sub(1)?));
        match chosen {
            Some(item) => self.letter(item),
            None if choice.is_empty() => Ok(()),
            None => self.say("That is not a letter."),
        }
    }

    fn letter(&mut self, item: &InboxItem) -> Page {
        self.say(described(item))?;
        if item.mine {
            return self.say("You wrote it; they answer it.");
        }
        loop {
            match self.ask("1 listen, 2 yes, 3 no, nothing to go back")?.as_str() {
                "" => return Ok(()),
                "1" => match item.blob.filter(|_| item.ready) {
                    Some(blob) => self.listen(blob)?,
                    None => self.say("No clip is here with this letter.")?,
                },
                "2" => return self.answer(item, true),
                "3" => return self.answer(item, false),
                _ => self.say("That is not a choice.")?,
            }
        }
    }

    fn answer(&mut self, item: &InboxItem, yes: bool) -> Page {
        let request: Request = match (item.kind, item.id, yes) {
            (InboxKind::Ask, _, true) => cameo(CameoCall::Accept { ask: item.letter }),
            (InboxKind::Ask, _, false) => cameo(CameoCall::Refuse { ask: item.letter }),
            (_, Some(_), true) if !item.ready => {
                return self.say("Its clip has not come yet: nobody approves what they have not seen.");
            }
            (_, Some(id), yes) => cameo(CameoCall::Approve { id, yes }),
            (_, None, _) => return self.say("There is nothing to answer."),
        };
        let sure = self.ask("Type yes to sign this answer; it stands for everybody to see")?;
        if sure == "yes" && self.call(request)?.is_some() {
            self.say("Signed.")?;
        }
        Ok(())
    }
}

fn described(item: &InboxItem) -> String {
    let other = who(&item.other_name, item.other);
    let what = match (item.kind, item.mine) {
        (InboxKind::Ask, false) => format!("{other} asks for your cameo"),
        (InboxKind::Ask, true) => format!("You ask {other} for their cameo"),
        (InboxKind::Draft, false) => format!("{other} made a clip with your cameo"),
        (InboxKind::Draft, true) => format!("You made a clip with the cameo of {other}"),
        (InboxKind::Recording, false) => format!("{other} asks you as a witness"),
        (InboxKind::Recording, true) => format!("You ask {other} as a witness"),
    };
    let state = if item.state == InboxState::Waiting { "waiting for an answer" } else { item.state.as_str() };
    format!("{what}, {state}: {}", safe(item.words.as_str()))
}
