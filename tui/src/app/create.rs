//! Create: the prompt and what is understood of it, jobs, the preview of the one that runs, the result.

use kinora_protocol::api::{CameoCall, Job, JobId, JobState, MakeCameo, MakeRequest, Request};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::limits::PROMPT_BYTES_MAX;
use kinora_protocol::record::Audience;
use kinora_protocol::shot::Reading;

use super::calls::Call;
use super::inbox::cameo;
use super::overlay::{Deed, Overlay};
use super::remix::Origin;
use super::{App, Effect, Screen};
use crate::action::Action;
use crate::input::Input;
use crate::video::Picture;

/// Jobs kept in the list.
const JOBS_MAX: usize = 200;
/// Prompts remembered.
const HISTORY_MAX: usize = 32;
/// Largest side of a preview in pixels.
const PREVIEW_SIDE_MAX: u32 = 1_024;

/// A picture of a running job.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    job: JobId,
    /// Counts the previews of this run of the program.
    number: usize,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// The state of Create.
#[derive(Clone, Debug)]
pub(crate) struct Create {
    pub(crate) prompt: Input,
    pub(crate) editing: bool,
    /// What was understood, and of which prompt.
    pub(crate) reading: Option<(String, Result<Reading, String>)>,
    /// Newest first; `None` until the first answer.
    pub(crate) jobs: Option<Vec<Job>>,
    pub(crate) selected: usize,
    /// The job whose clip is to be played when it is done.
    pub(crate) watch: Option<JobId>,
    /// Whom the next clip shows, by name, and for which purpose.
    pub(crate) shows: Option<(Rid, String, String)>,
    /// What the next clip is made from.
    pub(crate) from: Option<Origin>,
    preview: Option<Preview>,
    asked: String,
    history: Vec<String>,
    recalled: usize,
}

impl Create {
    pub(crate) const fn new() -> Self {
        Self {
            prompt: Input::new(PROMPT_BYTES_MAX),
            editing: false,
            reading: None,
            jobs: None,
            selected: 0,
            watch: None,
            shows: None,
            from: None,
            preview: None,
            asked: String::new(),
            history: Vec::new(),
            recalled: 0,
        }
    }

    /// The selected job.
    pub(crate) fn job(&self) -> Option<&Job> {
        self.jobs.as_ref()?.get(self.selected)
    }

    /// How many jobs are listed.
    pub(crate) fn len(&self) -> usize {
        self.jobs.as_ref().map_or(0, Vec::len)
    }

    /// Whether a job waits or runs.
    pub(crate) fn busy(&self) -> bool {
        self.jobs.iter().flatten().any(|j| !finished(&j.state))
    }

    /// The blob to play: of the watched job, once it has one and is selected.
    pub(crate) fn wanted(&self) -> Option<BlobHash> {
        let job = self.job().filter(|j| self.watch == Some(j.id))?;
        blob(&job.state)
    }

    /// The latest picture of the selected job while it runs, with its number.
    pub(crate) fn preview(&self) -> Option<(usize, Picture<'_>)> {
        let job = self.job().filter(|j| matches!(j.state, JobState::Running { .. }))?;
        let preview = self.preview.as_ref().filter(|p| p.job == job.id)?;
        Some((preview.number, Picture::new(preview.width, preview.height, &preview.rgb)?))
    }

    /// Takes a preview as it comes over the control API.
    pub(crate) fn take_preview(&mut self, job: JobId, width: u32, height: u32, rgb_hex: &str) {
        let sides = width.min(height) > 0 && width.max(height) <= PREVIEW_SIDE_MAX;
        if !sides || rgb_hex.len() != width as usize * height as usize * 6 {
            return;
        }
        let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        if let Some(rgb) = rgb_hex.as_bytes().chunks_exact(2).map(digits).collect::<Option<Vec<u8>>>() {
            let number = self.preview.as_ref().map_or(0, |p| p.number.wrapping_add(1));
            self.preview = Some(Preview { job, number, width, height, rgb });
        }
    }

    /// Takes the list of jobs.
    pub(crate) fn take(&mut self, mut jobs: Vec<Job>) {
        let selected = self.job().map(|j| j.id);
        jobs.truncate(JOBS_MAX);
        let same = selected.and_then(|id| jobs.iter().position(|j| j.id == id));
        self.selected = same.unwrap_or(0);
        self.jobs = Some(jobs);
    }

    /// Takes one job as it is now; a new one goes to the top.
    pub(crate) fn change(&mut self, job: Job) {
        let jobs = self.jobs.get_or_insert_default();
        if let Some(old) = jobs.iter_mut().find(|j| j.id == job.id) {
            *old = job;
            return;
        }
        let at = jobs.iter().position(|j| j.id < job.id).unwrap_or(jobs.len());
        jobs.insert(at, job);
        jobs.truncate(JOBS_MAX);
        if at <= self.selected && jobs.len() > 1 {
            self.selected = (self.selected + 1).min(jobs.len() - 1);
        }
    }

    /// Selects a job by its number.
    pub(crate) fn select(&mut self, id: JobId) {
        if let Some(at) = self.jobs.iter().flatten().position(|j| j.id == id) {
            self.selected = at;
        }
    }

    fn remember(&mut self, prompt: String) {
        self.history.retain(|p| *p != prompt);
        self.history.push(prompt);
        if self.history.len() > HISTORY_MAX {
            self.history.remove(0);
        }
        self.recalled = 0;
    }
}

/// Whether a job will not change any more by itself.
pub(crate) const fn finished(state: &JobState) -> bool {
    !matches!(state, JobState::Queued | JobState::Running { .. })
}

/// The blob of a job's clip.
pub(crate) const fn blob(state: &JobState) -> Option<BlobHash> {
    match state {
        JobState::Draft { blob } | JobState::Published { blob, .. } => Some(*blob),
        _ => None,
    }
}

impl App {
    /// Asks what is understood of the prompt, unless that is known or being asked: one question at a time.
    pub(crate) fn read_prompt(&mut self, out: &mut Vec<Effect>) {
        let prompt = self.create.prompt.text();
        if self.create.prompt.is_blank() {
            self.create.reading = None;
            self.create.asked.clear();
        } else if prompt != self.create.asked && !self.calls.waiting(&Call::Read) {
            self.create.asked.clone_from(&prompt);
            self.ask(Call::Read, Request::Read { prompt }, out);
        }
    }

    /// Takes what was understood of the prompt asked last.
    pub(crate) fn take_reading(&mut self, result: Result<Reading, String>, out: &mut Vec<Effect>) {
        self.create.reading = Some((self.create.asked.clone(), result));
        self.read_prompt(out);
    }

    /// Actions in the prompt.
    pub(crate) fn prompt_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        match action {
            Action::Leave => self.create.editing = false,
            Action::Recall => {
                let count = self.create.history.len();
                let back = (self.create.recalled + 1).min(count);
                if let Some(prompt) =
                    count.checked_sub(back).and_then(|at| self.create.history.get(at)).cloned()
                {
                    self.create.recalled = back;
                    self.create.prompt.set(&prompt);
                    self.read_prompt(out);
                }
            }
            Action::Submit if self.create.prompt.is_blank() => {
                self.flash(
                    "write what the clip should show, for example: a red fox runs along a beach at sunset",
                );
            }
            Action::Submit if self.calls.waiting(&Call::Make) => {
                self.flash("the prompt is on its way already");
            }
            Action::Submit => {
                let prompt = self.create.prompt.text();
                let shows = self.create.shows.clone();
                let cameo =
                    shows.map(|(of, _, word)| Box::new(MakeCameo::new(of, vec![word], Audience::Public)));
                let materials = self.create.from.clone().map(Origin::materials).unwrap_or_default();
                let request =
                    MakeRequest { prompt: prompt.clone(), cameo, materials, ..MakeRequest::default() };
                self.create.remember(prompt);
                self.ask(Call::Make, Request::Make(Box::new(request)), out);
            }
            _ => {}
        }
    }

    /// The studio took the prompt.
    pub(crate) fn made(&mut self, job: Job) {
        let id = job.id;
        self.create.change(job);
        self.create.select(id);
        self.create.watch = Some(id);
        self.create.editing = false;
        self.create.from = None;
        self.create.prompt.set("");
        self.create.reading = None;
        self.create.asked.clear();
    }

    /// A job changed.
    pub(crate) fn job_changed(&mut self, job: Job, out: &mut Vec<Effect>) {
        let was = self.create.jobs.iter().flatten().find(|j| j.id == job.id).map(|j| finished(&j.state));
        let over = finished(&job.state) && was != Some(true);
        if over && self.screen != Screen::Create {
            match &job.state {
                JobState::Published { .. } => {
                    self.flash("your clip is ready and published: it is in the feed");
                }
                JobState::Draft { .. } => self.flash("your clip is ready: press 2 to see the draft"),
                JobState::Failed { reason } => {
                    let text = format!("your clip could not be made: {}", super::answers::safe(reason));
                    self.flash(text);
                }
                _ => {}
            }
        }
        let published = matches!(job.state, JobState::Published { .. });
        self.create.change(job);
        // Whom a clip shows was written to when it was done: how that stands belongs beside its job.
        if over && !self.calls.waiting(&Call::Inbox) {
            self.ask(Call::Inbox, cameo(CameoCall::Inbox), out);
        }
        if over && published {
            self.ask_feed(out);
        }
    }

    /// Goes on to the next person, or purpose, that a clip may show: at the end to nobody again.
    fn pick_cameo(&mut self) {
        let choices = self.inbox.choices();
        let next = match &self.create.shows {
            None => 0,
            Some(now) => choices.iter().position(|choice| choice == now).map_or(0, |at| at + 1),
        };
        self.create.shows = choices.get(next).cloned();
        match &self.create.shows {
            Some((_, name, word)) => self.flash(format!("the next clip shows {name}, for {word}")),
            None if choices.is_empty() => {
                self.flash("nobody has granted you their cameo yet: press 4, then l, and ask for one");
            }
            None => self.flash("the next clip shows nobody"),
        }
    }

    /// Actions of Create outside the prompt.
    pub(crate) fn create_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let now = self.now;
        match action {
            Action::Edit => return self.create.editing = true,
            Action::PickCameo => return self.pick_cameo(),
            Action::TurnOrigin => return self.turn_origin(),
            Action::PauseWatch => return self.theatre.toggle_pause(now, out),
            _ => {}
        }
        let Some(job) = self.create.job().cloned() else {
            self.create.editing = true;
            return;
        };
        match (action, &job.state) {
            (Action::Watch, JobState::Draft { blob } | JobState::Published { blob, .. }) => {
                self.theatre.retry(blob);
                if self.create.watch == Some(job.id) {
                    self.theatre.restart(now, out);
                }
                self.create.watch = Some(job.id);
            }
            (Action::Watch, JobState::Queued | JobState::Running { .. }) => {
                self.create.watch = Some(job.id);
                self.flash("it plays as soon as it is done");
            }
            (Action::Watch, _) => self.flash("this job has no clip; r takes its prompt again"),
            (Action::CancelJob, state) if finished(state) => self.flash("this job is over already"),
            (Action::CancelJob, _) => {
                self.overlay = Some(Overlay::confirm(Deed::Cancel(job.id)));
            }
            (Action::Publish, JobState::Draft { .. }) => {
                self.overlay = Some(Overlay::confirm(Deed::Publish(job.id)));
            }
            (Action::Publish, _) => self.flash("only a draft can be published"),
            (Action::Again, _) => {
                self.create.prompt.set(job.prompt.as_str());
                self.create.editing = true;
                self.read_prompt(out);
            }
            _ => {}
        }
    }
}
