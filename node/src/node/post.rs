//! Letters of this persona: written, kept, opened.
//!
//! A letter is sealed to its reader, so its writer keeps what it said in `letters/` of the home, where only this user
//! reads. What was opened is remembered, bounded by the letters that are known; blobs are opened anew each time, so that
//! nothing of them lies on the disk in the clear.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kinora_protocol::api::ApiError;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::{SEALED_BODY_BYTES_MAX, SEALED_KNOWN_MAX};
use kinora_protocol::record::{BlobRef, Body, Sealed};
use kinora_protocol::sealed::{self, Letter};
use serde_bytes::ByteBuf;

use super::publisher::{Publisher, blob_error};
use crate::error::{self, Hint as _};
use crate::store::BlobState;
use crate::{files, letters, random};

/// A letter that was opened.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    /// Its record.
    pub(super) rid: Rid,
    /// Who wrote it.
    pub(super) from: AuthorId,
    /// When, as they say.
    pub(super) time: u64,
    /// The record's fields.
    pub(super) sealed: Sealed,
    /// What it says.
    pub(super) letter: Arc<Letter>,
}

/// What is remembered of letters: none of a letter that does not open.
#[derive(Clone, Debug)]
pub struct Post {
    folder: PathBuf,
    read: Arc<Mutex<BTreeMap<Rid, Option<Arc<Letter>>>>>,
}

impl Post {
    /// The letters of a home.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, read: Arc::default() }
    }

    fn keep(&self, rid: Rid, plain: &[u8]) -> Result<(), ApiError> {
        let path = self.folder.join(rid.to_string());
        let kept = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .and_then(|()| crate::home::write_atomically(&path, plain));
        kept.map_err(|e| error::file("keep what a letter says in", &path, &e))
    }

    /// Forgets what one's own letter said.
    pub(super) fn forget(&self, rid: Rid) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).remove(&rid);
        if let Err(error) = std::fs::remove_file(self.folder.join(rid.to_string())) {
            tracing::debug!(%error, %rid, "a letter was not kept here");
        }
    }

    /// What a letter says, read by `read` when it was not before.
    fn of(&self, rid: Rid, read: impl FnOnce() -> Option<Letter>) -> Option<Arc<Letter>> {
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > SEALED_KNOWN_MAX {
            known.clear();
        }
        known.entry(rid).or_insert_with(|| read().map(Arc::new)).clone()
    }
}

impl Publisher {
    /// Writes a letter, with a blob if one comes with it, and hands it to the network.
    ///
    /// # Errors
    /// When the reader's key is none, a bound is broken, or nothing can be stored.
    pub(super) async fn write(
        &self,
        (to, key): (AuthorId, [u8; 32]),
        cameo: Rid,
        letter: &Letter,
        blob: Option<Vec<u8>>,
    ) -> Result<Rid, ApiError> {
        let unfit = |fault| error::request(format!("the letter cannot be written: {fault}"));
        let plain = letter.encode().map_err(unfit)?;
        let own = self.keys.letters().public();
        let mut sealed =
            Sealed { to, cameo, key: own.into(), enc: [0; 32].into(), body: ByteBuf::new(), blob: None };
        let info = sealed::context(self.author(), &sealed);
        let closed = letters::seal(&key, &info, (&plain, blob.as_deref()), random::bytes()?);
        let closed = closed.map_err(|e| error::request(format!("the letter cannot be sealed: {e}")))?;
        (sealed.enc, sealed.body) = (closed.enc.into(), ByteBuf::from(closed.body));
        if let Some(blob) = closed.blob {
            let size = blob.len() as u64;
            let hash = self.blobs.add(blob.into()).await.map_err(|e| blob_error(&e))?;
            self.store.set_blob_state(&hash, &BlobState::Opaque)?;
            sealed.blob = Some(BlobRef { hash, size });
        }
        let signed = self.sign(Body::Sealed(Box::new(sealed)))?;
        let rid = kinora_protocol::check::rid_of_signed(&signed)
            .ok_or_else(|| error::internal("a letter was signed and has no id"))?;
        // Kept before it is sent: what was sent can be said again.
        self.post.keep(rid, &plain)?;
        self.offer(&signed).await
    }

    /// Letters to and from this persona that can be read here, newest first.
    pub(super) fn opened(&self) -> Vec<Opened> {
        let me = self.author();
        let known: Vec<(Rid, AuthorId, u64, Sealed)> = {
            let set = self.store.consents();
            let own = set.letters().filter(|(_, by, _, sealed)| *by == me || sealed.to == me);
            own.map(|(rid, by, time, sealed)| (rid, by, time, sealed.clone())).collect()
        };
        let mut opened: Vec<Opened> = known
            .into_iter()
            .filter_map(|(rid, from, time, sealed)| {
                let letter = self.post.of(rid, || self.read(rid, from, &sealed))?;
                Some(Opened { rid, from, time, sealed, letter })
            })
            .collect();
        opened.sort_by_key(|letter| std::cmp::Reverse((letter.time, letter.rid)));
        opened
    }

    fn read(&self, rid: Rid, from: AuthorId, sealed: &Sealed) -> Option<Letter> {
        let plain = if from == self.author() {
            files::read(&self.post.folder.join(rid.to_string()), SEALED_BODY_BYTES_MAX as u64).ok()?
        } else {
            let info = sealed::context(from, sealed);
            let enc = sealed.enc.into_array();
            let opened = self.keys.letters().open((&enc, &info), &sealed.body, None);
            opened.inspect_err(|error| tracing::warn!(%rid, %error, "a letter does not open")).ok()?.0
        };
        Letter::decode(&plain).inspect_err(|fault| tracing::warn!(%rid, %fault, "a letter is none")).ok()
    }

    /// The opened blob of a letter to this persona.
    ///
    /// # Errors
    /// When it is not here yet, or does not open.
    pub(super) async fn opened_blob(&self, letter: &Opened) -> Result<Vec<u8>, ApiError> {
        let blob = letter.sealed.blob.ok_or_else(|| error::missing("nothing came with the letter"))?;
        let closed = self.blobs.get(blob.hash).await.ok_or_else(|| {
            error::missing("what came with the letter is not here yet")
                .hint("keep `kinora node` running while its writer's node is reachable")
        })?;
        let info = sealed::context(letter.from, &letter.sealed);
        let enc = letter.sealed.enc.into_array();
        let opened = self.keys.letters().open((&enc, &info), &letter.sealed.body, Some(&closed));
        let (_, blob) = opened.map_err(|e| error::request(format!("what came with the letter: {e}")))?;
        blob.ok_or_else(|| error::missing("nothing came with the letter"))
    }
}
