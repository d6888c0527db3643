//! What a remix owes to the people in its parents: a use for each of them, before anything is rendered.
//!
//! Which use that is, the rules of `protocol::consent` say; this asks them, and keeps the parents' licence where a policy
//! demands it.

use kinora_protocol::api::{ApiError, MakeCameo, MakeRequest, MakeUse};
use kinora_protocol::consent::Wish;
use kinora_protocol::ids::Rid;
use kinora_protocol::record::{Audience, Body, Clip, Remix, Role};
use kinora_protocol::text::Text;

use super::{Core, drafting};
use crate::clock;
use crate::error::{self, Hint as _};

/// Longest licence said in a message, in characters.
const LICENCE_CHARS_MAX: usize = 60;

impl Core {
    /// Puts into a request the uses that a clip of these parents inherits, or needs a grant for.
    ///
    /// # Errors
    /// When somebody in a parent allows neither.
    pub(super) fn inherit(&self, request: &mut MakeRequest, parents: &[Rid]) -> Result<(), ApiError> {
        let now = clock::now_seconds();
        let uses = {
            let set = self.publisher.store.consents();
            let terms = set.terms_of(parents).unwrap_or((Vec::new(), Audience::Public, false));
            let wish = Wish {
                cameo: Rid([0; 32]),
                creator: self.publisher.author(),
                role: Role::Face,
                purposes: request.cameo.as_ref().map_or(terms.0, |cameo| cameo.purposes.clone()),
                audience: request.cameo.as_ref().map_or(terms.1, |cameo| cameo.audience),
                commercial: false,
                reserved: self.studio.tickets(),
            };
            let uses = set.permit_remix(now, &wish, parents).map_err(|refusal| {
                drafting::refused(refusal)
                    .hint("somebody in that clip does not allow this remix; `kinora cameo ask` asks them for a grant of your own")
            })?;
            if uses.is_empty() {
                return Ok(());
            }
            if request.cameo.is_none() {
                let first = uses.first().map_or(Rid([0; 32]), |used| used.cameo);
                request.cameo = Some(Box::new(MakeCameo::new(first, wish.purposes, wish.audience)));
            }
            uses
        };
        request.draft |= uses.iter().any(|used| used.permit.needs_approval);
        let Some(cameo) = &mut request.cameo else { return Ok(()) };
        cameo.more.clear();
        cameo.asks = uses.iter().filter(|used| used.permit.needs_approval).map(|used| used.cameo).collect();
        for used in uses {
            let ticket = (used.permit.grant, used.permit.serial);
            if used.cameo == cameo.cameo {
                (cameo.ticket, cameo.from) = (Some(ticket), used.from);
            } else {
                cameo.more.push(MakeUse { cameo: used.cameo, ticket, from: used.from });
            }
        }
        Ok(())
    }

    /// The licence of a clip made from these parents: theirs, where their policy keeps it.
    ///
    /// # Errors
    /// When another was asked for, or a parent allows no remix.
    pub(super) fn kept_licence(
        &self,
        parents: &[Rid],
        asked: Option<&str>,
    ) -> Result<Option<String>, ApiError> {
        for parent in parents {
            let Some((author, clip)) = self.parent(parent)? else { continue };
            if author == self.publisher.author() {
                continue;
            }
            match clip.remix {
                Remix::None => {
                    return Err(error::request(format!(
                        "the creator of clip {} allows no remixes",
                        parent.short()
                    ))
                    .hint("ask them, or make a clip of your own"));
                }
                Remix::KeepPolicy => {
                    if asked.is_some_and(|asked| asked.trim() != clip.licence) {
                        let theirs = Text::line(&clip.licence, LICENCE_CHARS_MAX);
                        let theirs = if theirs.is_empty() {
                            "all rights reserved".to_owned()
                        } else {
                            theirs.to_string()
                        };
                        return Err(error::request(format!(
                            "a remix of that clip keeps its licence: {theirs}"
                        ))
                        .hint("leave out --licence"));
                    }
                    return Ok(Some(clip.licence));
                }
                Remix::Free => {}
            }
        }
        Ok(None)
    }

    fn parent(&self, rid: &Rid) -> Result<Option<(kinora_protocol::ids::AuthorId, Clip)>, ApiError> {
        let Some(checked) = self.publisher.store.get(rid)? else { return Ok(None) };
        let author = checked.author();
        Ok(match &checked.record().body {
            Body::Clip(clip) => Some((author, Clip::clone(clip))),
            _ => None,
        })
    }
}
