//! The call `cut`: a part of a clip, pictures and sound as they are there.
//!
//! It shows whom the clip shows, so it has their uses as a remix has; where one of them approves every clip, it becomes a draft
//! that waits. The part of a clip that shows nobody is published at once.

use std::sync::Arc;

use kinora_protocol::api::{ApiError, Event, MakeCut, MakeRequest, Response};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{CutRequest, FromWorker, Rendered, ToWorker};
use kinora_protocol::limits::TITLE_CHARS_MAX;
use kinora_protocol::lineage::Cut;
use kinora_protocol::record::{Body, Clip};
use kinora_protocol::text::Text;

use super::lineage::Wish;
use super::publisher::Finished;
use super::{Core, views};
use crate::clock;
use crate::error::{self, Hint as _};
use crate::studio::ask;

impl Core {
    /// Publishes a part of a clip, or makes it a draft that somebody in it is to approve.
    ///
    /// # Errors
    /// When it has no such part, its licence or somebody in it forbids it, or the worker fails.
    pub(super) async fn cut(&self, asked: MakeCut) -> Result<Response, ApiError> {
        let Some(checked) = self.publisher.store.get(&asked.clip)? else {
            return Err(views::absent(self, asked.clip)?);
        };
        let Body::Clip(parent) = &checked.record().body else {
            return Err(error::request(format!("{} is not a clip", asked.clip)));
        };
        let title = asked.title.unwrap_or_else(|| parent.title.clone());
        let mut request = MakeRequest {
            prompt: Text::line(&title, TITLE_CHARS_MAX - 1).as_str().to_owned(),
            permitted: asked.permitted,
            labels: parent.labels.clone(),
            ..MakeRequest::default()
        };
        let parents = vec![asked.clip];
        self.inherit(&mut request, &parents)?;
        let kept = self.kept_licence(&parents, asked.licence.as_deref())?.or(asked.licence);
        let wish = Wish { licence: kept.as_deref(), permitted: asked.permitted, draft: request.draft };
        let licence = self.licence(&parents, wish)?;
        let file = self.clip_file(asked.clip).await?;
        let (first, frames) = part(parent, asked.from_millis, asked.to_millis)?;
        let cut = Cut { parent: BlobHash::of(&file), first, frames };
        let rendered = self.worked(&file, cut).await?;
        if request.cameo.is_some() {
            request.licence = Some(licence);
            let entry = ask::cut_entry(
                request,
                (asked.clip, cut),
                (parent.tag, rendered.format),
                clock::now_seconds(),
            );
            return self.shown_part(entry, rendered).await;
        }
        let finished = Finished {
            licence,
            labels: request.labels,
            parents,
            cut: Some(cut),
            tag: Some(parent.tag),
            origin: Some(file),
            ..Finished::new(title, rendered.clip, rendered.poster, rendered.format)
        };
        let rid = self.publisher.publish_file(finished).await?;
        self.tell(Event::FeedChanged);
        Ok(Response::Record { rid })
    }

    /// A part that shows somebody: a draft, unless nobody in it wants to be asked.
    async fn shown_part(
        &self,
        entry: crate::studio::queue::Entry,
        rendered: Rendered,
    ) -> Result<Response, ApiError> {
        let (draft, licence, labels) = (
            entry.request.draft,
            entry.request.licence.clone().unwrap_or_default(),
            entry.request.labels.clone(),
        );
        let job = self.studio.adopt(entry, Arc::new(rendered)).await?;
        if draft {
            return Ok(Response::Job(Box::new(job)));
        }
        let rid = self.studio.publish(job.id, licence, labels).await?;
        self.tell(Event::FeedChanged);
        Ok(Response::Record { rid })
    }

    async fn worked(&self, file: &[u8], cut: Cut) -> Result<Rendered, ApiError> {
        let Cut { first, frames, .. } = cut;
        let request = CutRequest { clip: file.to_vec(), first, frames, threads: self.studio.threads() };
        match self.studio.errand(&ToWorker::Cut(request)).await? {
            FromWorker::Done(rendered) => Ok(*rendered),
            _ => Err(error::internal("the worker was asked to cut and did something else")),
        }
    }
}

/// First frame and number of frames of a part: the frames nearest to the times asked for.
fn part(clip: &Clip, from_millis: u32, to_millis: Option<u32>) -> Result<(u32, u32), ApiError> {
    let format = clip.format;
    let frame = |millis: u32| {
        let nearest = (u64::from(millis) * u64::from(format.fps) + 500) / 1_000;
        u32::try_from(nearest).unwrap_or(u32::MAX).min(format.frames)
    };
    let (first, end) = (frame(from_millis), to_millis.map_or(format.frames, frame));
    let seconds = f64::from(format.frames) / f64::from(format.fps.max(1));
    match end.saturating_sub(first) {
        0 => {
            Err(error::request(format!("there is nothing between these times: the clip has {seconds:.1} s"))
                .hint("a part is FROM..TO in seconds, for example 0.5..2"))
        }
        frames if frames == format.frames => {
            Err(error::request(format!("that is all of the clip: it has {seconds:.1} s"))
                .hint("a part is FROM..TO in seconds, for example 0.5..2"))
        }
        frames => Ok((first, frames)),
    }
}

#[cfg(test)]
mod tests {
    use kinora_protocol::api::Blame;
    use kinora_protocol::recipe::Format;

    use super::*;
    use crate::testing;

    #[test]
    fn a_part_is_made_of_the_frames_nearest_to_its_times() {
        let three_seconds = Format { frames: 36, ..testing::FORMAT };
        let clip = Clip { format: three_seconds, ..testing::clip(1) };
        let of = |from, to| part(&clip, from, to);
        assert_eq!(of(500, Some(1_500)).unwrap(), (6, 12));
        assert_eq!(of(540, Some(1_500)).unwrap(), (6, 12));
        assert_eq!(of(2_000, None).unwrap(), (24, 12));
        assert_eq!(of(0, Some(83)).unwrap(), (0, 1));
        for (from, to) in [(0, None), (0, Some(9_000)), (3_000, None), (2_000, Some(1_000)), (10, Some(20))] {
            assert_eq!(of(from, to).unwrap_err().blame, Blame::Request, "{from} {to:?}");
        }
    }
}
