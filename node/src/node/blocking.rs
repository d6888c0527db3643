//! The calls about block lists: what this persona lists, whose lists it subscribes to, and what is shown all the same.
//!
//! An entry is made here, from the file, and holds hashes only. A page is signed anew with each change; which page an entry
//! stands on means nothing.

use std::collections::BTreeMap;
use std::path::Path;

use kinora_media::fingerprint::telling;
use kinora_protocol::api::{
    ApiError, BlockAnswer, BlockCall, BlockView, HeldView, ListView, Response, VerifyWhat,
};
use kinora_protocol::fingerprint::{Fingerprint, Second};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::job::inspect::Question;
use kinora_protocol::limits::{
    CLIP_BYTES_MAX, FEED_PAGE_MAX, LIST_ENTRIES_MAX, LIST_NAME_BYTES_MAX, LIST_PAGES_MAX,
    LIST_REASON_CHARS_MAX, LIST_SECONDS_MAX, LIST_SUBSCRIPTIONS_MAX,
};
use kinora_protocol::record::{Body, List, ListEntry};
use kinora_protocol::text::Text;

use super::verify::{clip_of, unavailable};
use super::{Core, views};
use crate::error::{self, Hint as _};
use crate::files;
use crate::store::BlobState;

/// Longest reason shown, in characters.
const REASON_CHARS_MAX: usize = 240;

impl Core {
    pub(super) async fn block(&self, call: BlockCall) -> Result<Response, ApiError> {
        let answer = match call {
            BlockCall::Add { what, list, reason } => self.list_add(&what, list, reason).await?,
            BlockCall::Remove { what, list } => self.list_remove(&what, &list).await?,
            BlockCall::Subscribe { author, list, on } => self.subscribe_list(author, list.as_deref(), on)?,
            BlockCall::Show => BlockAnswer::Blocks(self.blocks()?),
            BlockCall::Allow { file, on } => self.allow(file, on)?,
        };
        Ok(Response::Block(Box::new(answer)))
    }

    async fn list_add(
        &self,
        what: &VerifyWhat,
        list: String,
        reason: String,
    ) -> Result<BlockAnswer, ApiError> {
        named(&list)?;
        if reason.chars().count() > LIST_REASON_CHARS_MAX {
            return Err(error::request(format!("a reason has at most {LIST_REASON_CHARS_MAX} characters")));
        }
        let (file, print) = self.looks_of(what).await?;
        let entry = entry(file, &print, reason);
        let seconds = u32::try_from(entry.seconds.len()).unwrap_or(u32::MAX);
        let pages = self.own_pages(&list)?;
        if pages.iter().any(|page| page.entries.iter().any(|e| e.file == entry.file)) {
            return Err(error::request(format!("{} is on the list {list} already", file.short()))
                .hint("`kinora block remove` takes it off"));
        }
        let page = self.with_room(&list, pages, &entry)?;
        let number = page.page;
        let rid = self.publisher.publish(Body::List(page)).await?;
        Ok(BlockAnswer::Page { rid, page: number, seconds })
    }

    /// The first page that has room for one more entry, with it.
    fn with_room(&self, list: &str, pages: Vec<List>, entry: &ListEntry) -> Result<List, ApiError> {
        let known: BTreeMap<u32, List> = pages.into_iter().map(|page| (page.page, page)).collect();
        for number in 0..LIST_PAGES_MAX {
            let fresh = || List { name: list.to_owned(), page: number, entries: Vec::new() };
            let mut page = known.get(&number).cloned().unwrap_or_else(fresh);
            if page.entries.len() < LIST_ENTRIES_MAX {
                page.entries.push(entry.clone());
                // A record has a largest size, and only signing says what it has.
                match self.publisher.sign(Body::List(page.clone())) {
                    Ok(_) => return Ok(page),
                    Err(error) if page.entries.len() == 1 => return Err(error),
                    Err(_) => {}
                }
            }
        }
        Err(error::request(format!("the list {list} has no room: it has {LIST_PAGES_MAX} pages"))
            .hint("begin another list"))
    }

    async fn list_remove(&self, what: &VerifyWhat, list: &str) -> Result<BlockAnswer, ApiError> {
        named(list)?;
        let file = self.file_of(what)?;
        let on = |page: &&List| page.entries.iter().any(|entry| entry.file == Some(file));
        let Some(mut page) = self.own_pages(list)?.iter().find(on).cloned() else {
            return Err(error::missing(format!("{} is not on your list {list}", file.short()))
                .hint("`kinora block list` shows your lists"));
        };
        page.entries.retain(|entry| entry.file != Some(file));
        let number = page.page;
        let rid = self.publisher.publish(Body::List(page)).await?;
        Ok(BlockAnswer::Page { rid, page: number, seconds: 0 })
    }

    fn own_pages(&self, list: &str) -> Result<Vec<List>, ApiError> {
        let pages = self.publisher.store.pages_of(&self.publisher.author())?;
        Ok(pages.into_iter().filter(|page| page.name == list).collect())
    }

    /// The hash of a clip's file, or of any file.
    fn file_of(&self, what: &VerifyWhat) -> Result<BlobHash, ApiError> {
        match what {
            VerifyWhat::Clip(rid) => {
                let Some(checked) = self.publisher.store.get(rid)? else {
                    return Err(views::absent(self, *rid)?);
                };
                let clip = clip_of(&checked);
                clip.map(|clip| clip.blob.hash).ok_or_else(|| error::request(format!("{rid} is not a clip")))
            }
            VerifyWhat::File(path) => Ok(BlobHash::of(&read(path)?)),
        }
    }

    /// The hash of a clip's file, or of any file, and what it looks like, as far as that is known or can be found out.
    pub(super) async fn looks_of(&self, what: &VerifyWhat) -> Result<(BlobHash, Fingerprint), ApiError> {
        let file = self.file_of(what)?;
        if let Some(print) = self.publisher.store.print(&file)? {
            return Ok((file, print.of));
        }
        if let Some(gone) = self.publisher.store.taken_down()?.into_iter().find(|gone| gone.file == file) {
            return Ok((file, Fingerprint { seconds: gone.seconds, ..Fingerprint::default() }));
        }
        let bytes = match what {
            VerifyWhat::File(path) => read(path)?,
            VerifyWhat::Clip(_) => match self.publisher.blobs.get(file).await {
                Some(bytes) => bytes.to_vec(),
                None => return Ok((file, Fingerprint::default())),
            },
        };
        let questions = &[Question::Describe, Question::Fingerprint];
        let inspected = self.publisher.inspectors.inspect(bytes, questions, None).await;
        let inspected = inspected.map_err(|e| unavailable(&e))?;
        Ok((file, inspected.fingerprint.unwrap_or_default()))
    }

    fn subscribe_list(
        &self,
        author: AuthorId,
        list: Option<&str>,
        on: bool,
    ) -> Result<BlockAnswer, ApiError> {
        let store = &self.publisher.store;
        list.map_or(Ok(()), named)?;
        if author == self.publisher.author() {
            return Err(error::request("your own lists count here without a subscription"));
        }
        let subscriptions = store.list_subscriptions()?;
        let known = subscriptions.contains(&(author, list.map(str::to_owned)));
        if on && !known && subscriptions.len() >= LIST_SUBSCRIPTIONS_MAX {
            let message =
                format!("this persona subscribes to {LIST_SUBSCRIPTIONS_MAX} lists, and to no more");
            return Err(error::request(message).hint("`kinora block unsubscribe` makes room"));
        }
        if !on && !known {
            return Err(error::missing(format!("{} is not subscribed to", author.short()))
                .hint("`kinora block list` shows the subscriptions"));
        }
        store.subscribe_list(&author, list, on)?;
        if on && let Some(net) = &self.publisher.net {
            net.sync_now();
        }
        Ok(BlockAnswer::Done)
    }

    fn allow(&self, id: BlobHash, on: bool) -> Result<BlockAnswer, ApiError> {
        let store = &self.publisher.store;
        // The id of a clip stands for its file.
        let clip = store.get(&Rid(id.0))?;
        let file = clip.as_ref().and_then(clip_of).map_or(id, |clip| clip.blob.hash);
        if let (true, Some(BlobState::Barred(barred))) = (on, store.blob_state(&file)?)
            && self.publisher.seen.is_final(&file, &barred)
        {
            return Err(self.publisher.seen.refusal(&file, "shown", &barred));
        }
        store.allow(&file, on)?;
        Ok(BlockAnswer::Done)
    }

    fn blocks(&self) -> Result<BlockView, ApiError> {
        let (store, me) = (&self.publisher.store, self.publisher.author());
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        for page in store.pages_of(&me)?.into_iter().filter(|page| !page.entries.is_empty()) {
            *own.entry(page.name).or_default() += page.entries.len() as u64;
        }
        let own: Result<Vec<ListView>, ApiError> =
            own.into_iter().map(|(list, entries)| self.list_view(me, Some(list), entries)).collect();
        let mut subscribed = Vec::new();
        for (author, list) in store.list_subscriptions()? {
            let pages = store.pages_of(&author)?;
            let counted = pages.iter().filter(|page| list.as_ref().is_none_or(|list| *list == page.name));
            let entries = counted.map(|page| page.entries.len() as u64).sum();
            subscribed.push(self.list_view(author, list, entries)?);
        }
        let mut held = Vec::new();
        for file in store.barred()?.into_iter().take(FEED_PAGE_MAX) {
            if let Some(BlobState::Barred(barred)) = store.blob_state(&file)? {
                let clip = store.owner_of(&file)?.map(|clip| clip.rid());
                held.push(HeldView { file, clip, reason: Text::line(&barred.reason, REASON_CHARS_MAX) });
            }
        }
        let (withdrawn, allowed) =
            (self.publisher.seen.withdrawn() as u64, store.allowed()?.into_iter().collect());
        Ok(BlockView { own: own?, subscribed, withdrawn, held, allowed })
    }

    fn list_view(&self, author: AuthorId, list: Option<String>, entries: u64) -> Result<ListView, ApiError> {
        Ok(ListView { author, author_name: self.name_of(author)?, list, entries })
    }
}

fn named(list: &str) -> Result<(), ApiError> {
    if List::is_name(list) {
        return Ok(());
    }
    let message =
        format!("a list is named by 1 to {LIST_NAME_BYTES_MAX} of the letters a to z, digits and -");
    Err(error::request(message).hint("for example no-fakes"))
}

fn read(path: &str) -> Result<Vec<u8>, ApiError> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err(
            error::request(format!("{} is no absolute path", path.display())).hint("start it with a slash")
        );
    }
    files::read(path, CLIP_BYTES_MAX)
}

/// An entry for a file. Of a long clip, seconds all over it are taken.
fn entry(file: BlobHash, print: &Fingerprint, reason: String) -> ListEntry {
    let compared = telling(&print.seconds);
    let every = compared.len().div_ceil(LIST_SECONDS_MAX).max(1);
    let taken = compared.iter().step_by(every).filter_map(|(number, _)| print.seconds.get(*number as usize));
    ListEntry {
        reason,
        file: Some(file),
        seconds: taken.map(|second: &Second| second.pack().into()).collect(),
    }
}
