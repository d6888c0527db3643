//! What a running verb has in hand: output, settings, its session; and the clean end of all that.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kinora_protocol::api::{ApiError, FeedItem, JobId, Request, Response, VerifyWhat};
use kinora_protocol::ids::Rid;

use super::session::{Network, Session, unexpected};
use crate::error::{self, CommandError, Hint as _};
use crate::inspector::pool::Inspectors;
use crate::output::Output;
use crate::settings::Settings;

/// Fewest digits of a clip id that are taken for one.
const PREFIX_DIGITS_MIN: usize = 4;

/// Where a verb works.
#[derive(Clone, Debug)]
pub struct Place {
    /// The home folder.
    pub home: PathBuf,
    /// Settings, resolved once.
    pub settings: Settings,
    /// This program, to be run as a worker.
    pub program: PathBuf,
}

/// Everything a verb may use.
#[derive(Debug)]
pub struct Context {
    /// The one that prints.
    pub output: Output,
    /// Where it works.
    pub place: Place,
    /// The terminal's environment.
    pub environment: kinora_tui::Environment,
    /// Whoever decodes clips and looks into files.
    pub inspectors: Inspectors,
    /// A job that must be cancelled when the user interrupts.
    pub job: Option<JobId>,
    session: Option<Session>,
    screen: SessionSlot,
}

/// A place for a session that is opened on another thread, while the terminal program is on the screen.
pub type SessionSlot = Arc<Mutex<Option<Session>>>;

impl Context {
    /// A context without a session yet.
    #[must_use]
    pub fn new(output: Output, place: Place, environment: kinora_tui::Environment) -> Self {
        let inspectors = Inspectors::new(place.program.clone());
        let screen = SessionSlot::default();
        Self { output, place, environment, inspectors, job: None, session: None, screen }
    }

    /// Where the terminal program's thread puts its session, to be closed by [`Context::finish`].
    #[must_use]
    pub fn screen_slot(&self) -> SessionSlot {
        Arc::clone(&self.screen)
    }

    /// Opens the session if it is not open, and tells a newcomer what was made.
    ///
    /// # Errors
    /// When the home cannot be used.
    pub async fn session(&mut self, network: Network) -> Result<&Session, ApiError> {
        if self.session.is_none() {
            let session = Session::open(&self.place, network).await?;
            if session.first_run {
                let line = format!("Made a home in {} and an identity in it.", self.place.home.display());
                self.output.note(line);
            }
            self.session = Some(session);
        }
        self.session.as_ref().ok_or_else(|| error::internal("the session is gone"))
    }

    /// Makes one call in the session.
    ///
    /// # Errors
    /// What the node says.
    pub async fn call(&mut self, network: Network, request: Request) -> Result<Response, ApiError> {
        self.session(network).await?.call(request).await
    }

    /// Makes a call that answers with a record id.
    ///
    /// # Errors
    /// What the node says.
    pub async fn record(&mut self, request: Request) -> Result<Rid, ApiError> {
        match self.call(Network::On, request).await? {
            Response::Record { rid } => Ok(rid),
            other => Err(unexpected(&other)),
        }
    }

    /// A page of the feed.
    ///
    /// # Errors
    /// What the node says.
    pub async fn feed(&mut self, before: Option<String>, limit: usize) -> Result<Vec<FeedItem>, ApiError> {
        match self.call(Network::Off, Request::Feed { before, limit }).await? {
            Response::Feed { items } => Ok(items),
            other => Err(unexpected(&other)),
        }
    }

    /// Reads a clip id, or finds the one clip of the feed whose id starts with the digits given.
    ///
    /// # Errors
    /// When it is no id and fits no clip or several.
    pub async fn clip(&mut self, text: &str, network: Network) -> Result<Rid, ApiError> {
        self.session(network).await?;
        match text.parse::<Rid>() {
            Ok(rid) => return Ok(rid),
            Err(fault) if text.len() < PREFIX_DIGITS_MIN || !text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                return Err(
                    error::request(fault.to_string()).hint("`kinora feed` lists clips with their ids")
                );
            }
            Err(_) => {}
        }
        let digits = text.to_ascii_lowercase();
        let items = self.feed(None, kinora_protocol::limits::FEED_PAGE_MAX).await?;
        let mut found = items.iter().map(|item| item.clip).filter(|rid| rid.to_string().starts_with(&digits));
        match (found.next(), found.next()) {
            (Some(rid), None) => Ok(rid),
            (None, _) => Err(error::missing(format!("no clip of the feed starts with {digits}"))
                .hint("`kinora feed` lists clips with their ids")),
            (Some(_), Some(_)) => {
                Err(error::request(format!("several clips start with {digits}")).hint("give more digits"))
            }
        }
    }

    /// A file by its full path, if there is one of this name, or a clip as [`Context::clip`] reads it.
    ///
    /// # Errors
    /// When it is neither.
    pub async fn clip_or_file(&mut self, text: &str) -> Result<VerifyWhat, ApiError> {
        let path = Path::new(text);
        if !path.is_file() {
            return Ok(VerifyWhat::Clip(self.clip(text, Network::Off).await?));
        }
        let full = std::fs::canonicalize(path).map_err(|e| error::file("read", path, &e))?;
        let name = full.to_str().map(str::to_owned);
        let name = name.ok_or_else(|| error::request(format!("{} is not named in UTF-8", path.display())))?;
        Ok(VerifyWhat::File(name))
    }

    /// Ends the session; an interrupted job is cancelled first.
    pub async fn finish(&mut self, result: &Result<(), CommandError>) {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(session) = screen {
            session.close_after_screen(&mut self.output).await;
        }
        let Some(session) = self.session.take() else { return };
        if let (Err(CommandError::Interrupted), Some(job)) = (result, self.job)
            && let Err(error) = session.call(Request::Cancel { job }).await
        {
            tracing::debug!(%error, "the job could not be cancelled");
        }
        session.close(result.is_ok()).await;
    }
}
