//! Create in lines: a prompt, what is understood of it, progress as sentences, the finished clip.

use kinora_protocol::api::{Job, JobState, MakeRequest, Request, Response};
use kinora_protocol::job::Stage;

use super::{Page, Plain};
use crate::app::create::{blob, finished};
use crate::view::stage_words;
use crate::view::words::{safe, span};

impl Plain<'_> {
    /// Asks for a prompt and makes the clip.
    pub(super) fn create(&mut self) -> Page {
        let prompt = self.ask("Say who does what and where; nothing goes back")?;
        if prompt.is_empty() {
            return Ok(());
        }
        let Some(Response::Reading(reading)) = self.call(Request::Read { prompt: prompt.clone() })? else {
            return Ok(());
        };
        let words: Vec<String> =
            reading.understood.iter().map(|u| format!("{} {}", safe(&u.axis), safe(&u.value))).collect();
        let words = if words.is_empty() { "nothing; the seed decides".to_owned() } else { words.join(", ") };
        self.say(format!("Understood: {words}."))?;
        if !reading.ignored.is_empty() {
            let ignored: Vec<String> = reading.ignored.iter().map(|w| safe(w)).collect();
            self.say(format!("Ignored: {}.", ignored.join(", ")))?;
        }
        if !matches!(self.ask("1 make and publish it, nothing to go back")?.as_str(), "1") {
            return Ok(());
        }
        let request = MakeRequest { prompt, ..MakeRequest::default() };
        let Some(Response::Job(job)) = self.call(Request::Make(Box::new(request)))? else { return Ok(()) };
        self.say("Making it. Type c and enter to cancel.")?;
        self.follow_job(*job)
    }

    /// Says each stage of a job once, until it is over.
    fn follow_job(&mut self, job: Job) -> Page {
        let id = job.id;
        let mut said: Option<Stage> = None;
        self.job = Some((id, Some(job)));
        loop {
            let latest = self.job.as_mut().and_then(|(_, latest)| latest.take());
            match latest {
                Some(job) if finished(&job.state) => {
                    self.job = None;
                    return self.job_over(&job);
                }
                Some(Job { state: JobState::Running { stage, eta_millis, .. }, .. })
                    if said != Some(stage) =>
                {
                    said = Some(stage);
                    let eta =
                        eta_millis.map_or_else(String::new, |eta| format!(", about {} to go", span(eta)));
                    self.say(format!("Now {}{eta}.", stage_words(stage)))?;
                }
                Some(_) => {}
                None => {
                    self.take()?;
                    if self.lines.pop_front().is_some_and(|line| line == "c") {
                        self.call(Request::Cancel { job: id })?;
                    }
                }
            }
        }
    }

    fn job_over(&mut self, job: &Job) -> Page {
        match &job.state {
            JobState::Failed { reason } => self.say(format!("It could not be made: {}", safe(reason))),
            JobState::Cancelled => self.say("Cancelled."),
            state => {
                self.say(format!("Your clip is ready, made in {}.", span(job.elapsed_millis)))?;
                match (blob(state), self.ask("1 listen, nothing to go back")?.as_str()) {
                    (Some(blob), "1") => self.listen(blob),
                    _ => Ok(()),
                }
            }
        }
    }
}
