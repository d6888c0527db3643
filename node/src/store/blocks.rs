//! Whose block lists this home subscribes to, what is on them, and what is shown all the same. Subscriptions and
//! exceptions are nobody else's business: they are in no record.

use std::collections::BTreeSet;

use kinora_protocol::check::Checked;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::LIST_PAGES_MAX;
use kinora_protocol::record::{Body, List};
use redb::{ReadableTable as _, TableDefinition, WriteTransaction};
use tokio::sync::futures::Notified;

use super::tables::{REGISTERS, id, key, rank};
use super::{Store, StoreError};

/// author, name of a list or nothing for all of them.
const SUBSCRIBED: TableDefinition<'_, &[u8], ()> = TableDefinition::new("subscribed_lists");
/// Files that are shown although they look like what is blocked.
const ALLOWED: TableDefinition<'_, &[u8], ()> = TableDefinition::new("allowed");
/// Most pages of one author that are read.
const PAGES_MAX: usize = 4 * LIST_PAGES_MAX as usize;

/// Makes the tables, so that they can be read.
pub(super) fn create(t: &WriteTransaction) -> Result<(), StoreError> {
    t.open_table(SUBSCRIBED)?;
    t.open_table(ALLOWED)?;
    Ok(())
}

/// Whether what was stored changes what is blocked.
pub(super) fn bears(checked: &Checked) -> bool {
    matches!(checked.record().body, Body::List(_) | Body::Delete(_) | Body::Device(_) | Body::Rotate)
}

/// An author whose lists are subscribed to, and which: all when it has no name.
pub type ListSubscription = (AuthorId, Option<String>);

impl Store {
    /// Subscribes to an author's list, or to all of theirs; or ends that.
    ///
    /// # Errors
    /// When the file fails.
    pub fn subscribe_list(&self, author: &AuthorId, list: Option<&str>, on: bool) -> Result<(), StoreError> {
        let name = key(&[author.as_bytes(), list.unwrap_or_default().as_bytes()]);
        let transaction = self.inner.database.begin_write()?;
        if on {
            transaction.open_table(SUBSCRIBED)?.insert(name.as_slice(), ())?;
        } else {
            transaction.open_table(SUBSCRIBED)?.remove(name.as_slice())?;
        }
        transaction.commit()?;
        self.inner.blocks.notify_one();
        Ok(())
    }

    /// Every subscription.
    ///
    /// # Errors
    /// When the file fails.
    pub fn list_subscriptions(&self) -> Result<Vec<ListSubscription>, StoreError> {
        let t = self.snapshot()?;
        let mut found = Vec::new();
        for entry in t.open_table(SUBSCRIBED)?.iter()? {
            let (name, ()) = entry.map(|(name, v)| (name.value().to_vec(), v.value()))?;
            let (author, list) =
                name.split_first_chunk::<32>().ok_or(StoreError::Damaged("a subscription to nobody"))?;
            let list = String::from_utf8_lossy(list).into_owned();
            found.push((AuthorId(*author), Some(list).filter(|list| !list.is_empty())));
        }
        Ok(found)
    }

    /// Authors of whom some list is subscribed to.
    ///
    /// # Errors
    /// When the file fails.
    pub fn list_authors(&self) -> Result<BTreeSet<AuthorId>, StoreError> {
        Ok(self.list_subscriptions()?.into_iter().map(|(author, _)| author).collect())
    }

    /// The pages of an author's lists, by their ids.
    ///
    /// # Errors
    /// When the file fails.
    pub fn pages_of(&self, author: &AuthorId) -> Result<Vec<List>, StoreError> {
        let t = self.snapshot()?;
        let from = key(&[author.as_bytes(), b"list\0", &[0; 32]]);
        let to = key(&[author.as_bytes(), b"list\0", &[255; 32]]);
        let mut pages = Vec::new();
        for entry in t.open_table(REGISTERS)?.range(from.as_slice()..=to.as_slice())?.take(PAGES_MAX) {
            let rid: Rid = rank(entry?.1.value())?.rid;
            if let Some(checked) = self.get_in(&t, &rid)?
                && let Body::List(page) = &checked.record().body
            {
                pages.push(page.clone());
            }
        }
        pages.sort_by(|a, b| (&a.name, a.page).cmp(&(&b.name, b.page)));
        Ok(pages)
    }

    /// Shows a file although it looks like what is blocked, or ends that.
    ///
    /// # Errors
    /// When the file fails.
    pub fn allow(&self, file: &BlobHash, on: bool) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        if on {
            transaction.open_table(ALLOWED)?.insert(file.as_bytes().as_slice(), ())?;
        } else {
            transaction.open_table(ALLOWED)?.remove(file.as_bytes().as_slice())?;
        }
        transaction.commit()?;
        self.inner.blocks.notify_one();
        Ok(())
    }

    /// Every exception.
    ///
    /// # Errors
    /// When the file fails.
    pub fn allowed(&self) -> Result<BTreeSet<BlobHash>, StoreError> {
        let t = self.snapshot()?;
        let table = t.open_table(ALLOWED)?;
        table.iter()?.map(|entry| Ok(BlobHash(id(entry?.0.value())?))).collect()
    }

    /// Wakes when what is blocked may have changed.
    pub fn blocks_changed(&self) -> Notified<'_> {
        self.inner.blocks.notified()
    }
}
