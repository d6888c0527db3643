//! Stills of a cameo on their way: asked for by who was granted it, given by the node that holds them, used by a render.
//!
//! They leave their subject only sealed to a grantee, stay sealed on the grantee's disk, and are opened for a render.
//! What is opened must be what the cameo's record commits to.

use kinora_protocol::api::{ApiError, MakeRequest};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::job::inspect::Media;
use kinora_protocol::limits::{REFERENCE_STILLS_MAX, STILL_BYTES_MAX};
use kinora_protocol::record::{Cameo, Grantee, ReferenceKind};
use kinora_protocol::sealed::{self, Letter};

use super::Core;
use super::post::Opened;
use crate::error::{self, Hint as _};
use crate::{clock, files};

/// Length of the salt before each still.
const SALT_BYTES: usize = 32;

impl Core {
    /// Stills of the cameo of a request; their commitments go into the request, where the recipe takes them from.
    ///
    /// # Errors
    /// When the cameo has stills and they are not here, or are not the ones it commits to.
    pub(super) async fn stills_for(&self, request: &mut MakeRequest) -> Result<Vec<Vec<u8>>, ApiError> {
        // What is inherited comes with the parent's pictures.
        let Some(wished) = request.cameo.as_mut().filter(|cameo| cameo.from.is_none()) else {
            return Ok(Vec::new());
        };
        let Some(cameo) = self.cameo_of(wished.cameo).filter(|cameo| !faces(cameo).is_empty()) else {
            return Ok(Vec::new());
        };
        if !request.materials.reference.is_empty() {
            return Err(error::request("a clip with a cameo takes the cameo's own stills as reference")
                .hint("leave out --reference"));
        }
        let salted = if self.holds(&wished.cameo) {
            self.own_stills(wished.cameo, &cameo)?
        } else {
            self.given_stills(wished.cameo).await?
        };
        let mut stills = Vec::new();
        wished.stills.clear();
        for salted in salted.iter().take(REFERENCE_STILLS_MAX) {
            let commit = *blake3::hash(salted).as_bytes();
            if !faces(&cameo).contains(&commit) {
                return Err(error::request("a still that came for the cameo is not one that it commits to")
                    .hint("its subject's node must send them again"));
            }
            let still = salted.get(SALT_BYTES..).unwrap_or_default().to_vec();
            let media = self.publisher.inspectors.whole(still.clone()).await;
            match media
                .map_err(|why| error::request(format!("a still of the cameo cannot be used: {why}")))?
            {
                Media::Still { .. } | Media::Poster { .. } => {}
                Media::Clip(_) => return Err(error::request("a still of the cameo is a clip")),
            }
            wished.stills.push(BlobHash(commit));
            stills.push(still);
        }
        Ok(stills)
    }

    pub(super) fn cameo_of(&self, rid: Rid) -> Option<Cameo> {
        self.publisher.store.consents().cameo(&rid).map(|(_, cameo)| cameo.clone())
    }

    /// Stills that this home holds, each behind its salt.
    fn own_stills(&self, rid: Rid, cameo: &Cameo) -> Result<Vec<Vec<u8>>, ApiError> {
        let folder = self.home.cameos().join(rid.to_string());
        let mut salted = Vec::new();
        for n in 0..faces(cameo).len() {
            let mut one = files::read(&folder.join(format!("{n}.salt")), SALT_BYTES as u64)?;
            one.extend(files::read(&folder.join(format!("{n}.still")), STILL_BYTES_MAX as u64)?);
            salted.push(one);
        }
        Ok(salted)
    }

    /// Stills that came in the newest letter with some.
    async fn given_stills(&self, cameo: Rid) -> Result<Vec<Vec<u8>>, ApiError> {
        let me = self.publisher.author();
        let given = self.publisher.opened().into_iter().find(|letter| {
            letter.sealed.to == me
                && letter.sealed.cameo == cameo
                && matches!(*letter.letter, Letter::Stills { .. })
        });
        let given = given.ok_or_else(|| {
            error::network("the stills of the cameo have not come yet")
                .hint("they come sealed, by themselves, while this node and its subject's are both running")
        })?;
        let joined = self.publisher.opened_blob(&given).await?;
        let parts = sealed::parts(&joined)
            .map_err(|fault| error::request(format!("the stills cannot be read: {fault}")))?;
        Ok(parts.into_iter().map(<[u8]>::to_vec).collect())
    }

    /// Asks for the stills of every cameo that this persona was granted and has none of.
    pub(super) async fn ask_for_stills(&self, letters: &[Opened]) -> Result<(), ApiError> {
        let (me, now) = (self.publisher.author(), clock::now_seconds());
        let wanted: Vec<(Rid, Rid, AuthorId, [u8; 32])> = {
            let set = self.publisher.store.consents();
            let cameos = set.cameos().filter(|(_, _, cameo)| cameo.subject != me && !faces(cameo).is_empty());
            let keyed = cameos.filter_map(|(rid, by, cameo)| Some((rid, by, cameo.seal?.into_array())));
            let granted = keyed.filter_map(|(rid, by, key)| {
                let mut grants = set.grants_of(rid);
                let (grant, ..) = grants.find(|(grant, _, body)| {
                    body.aud == Grantee::One(me) && body.exp >= now && set.grant_stands(*grant)
                })?;
                Some((rid, grant, by, key))
            });
            granted.collect()
        };
        for (cameo, grant, by, key) in wanted {
            let about = |letter: &&Opened| letter.sealed.cameo == cameo;
            let is_asked = letters.iter().filter(about).any(|letter| match *letter.letter {
                Letter::Need { grant: of } => of == grant && letter.from == me,
                Letter::Stills { .. } => letter.from != me,
                _ => false,
            });
            if !is_asked {
                self.publisher.write((by, key), cameo, &Letter::Need { grant }, None).await?;
            }
        }
        Ok(())
    }

    /// Gives stills to whoever asks with a grant that stands, once for each.
    pub(super) async fn give_stills(&self, letters: &[Opened]) -> Result<(), ApiError> {
        let (me, now) = (self.publisher.author(), clock::now_seconds());
        for need in letters.iter().filter(|letter| letter.sealed.to == me) {
            let (Letter::Need { grant }, cameo) = (&*need.letter, need.sealed.cameo) else { continue };
            let given = |letter: &&Opened| letter.from == me && letter.sealed.to == need.from;
            let is_given = letters.iter().filter(given).any(
                |letter| matches!(*letter.letter, Letter::Stills { grant: of } if of == *grant && letter.time >= need.time),
            );
            let is_granted = {
                let set = self.publisher.store.consents();
                let mut grants = set.grants_of(cameo);
                grants.any(|(rid, by, body)| {
                    rid == *grant && by == me && body.aud == Grantee::One(need.from) && body.exp >= now
                }) && set.grant_stands(*grant)
            };
            if is_given || !is_granted || !self.holds(&cameo) {
                continue;
            }
            let Some(body) = self.cameo_of(cameo) else { continue };
            let salted = self.own_stills(cameo, &body)?;
            let joined = sealed::join(salted.iter().map(Vec::as_slice))
                .map_err(|fault| error::request(format!("the stills cannot be sent: {fault}")))?;
            let reader = (need.from, need.sealed.key.into_array());
            self.publisher.write(reader, cameo, &Letter::Stills { grant: *grant }, Some(joined)).await?;
        }
        Ok(())
    }
}

/// The commitments of a cameo to stills of a face.
fn faces(cameo: &Cameo) -> Vec<[u8; 32]> {
    let faces = cameo.refs.iter().filter(|reference| reference.kind == ReferenceKind::Face);
    faces.map(|reference| reference.commit.into_array()).collect()
}
