//! Reading a clip file a stranger may have made: tracks, samples and timing, all checked, nothing decoded.
//!
//! Every number that the file claims is compared with the bytes it has or with a named bound before it is used.

use mp4_atom::{Audio, Av1c, Decode, Dops, Elst, Mdhd, Tfdt, Tfhd, Tkhd, Trex, Trun, Visual};

use crate::boxes::{self, BoxRef, Budget};
use crate::clip::ClipInfo;
use crate::fault::{ClipFault, Code};
use crate::footage::{FRAMES_MAX, SIDE_MAX};
use crate::{obu, opus};

/// Largest clip file, in bytes: the protocol's limit.
pub(crate) const FILE_BYTES_MAX: usize = kinora_protocol::limits::CLIP_BYTES_MAX as usize;
/// Longest clip, in milliseconds.
pub(crate) const MILLIS_MAX: u64 = 60_000;
/// Most samples of one track.
pub(crate) const SAMPLES_MAX: usize = 3_600;
/// Bytes of the fields before the boxes inside a visual and an audio sample entry.
const VISUAL_BYTES: usize = 78;
const AUDIO_BYTES: usize = 28;
/// `stsd` and `dref`: version, flags and entry count.
const LIST_BYTES: usize = 8;

/// A checked file.
#[derive(Debug)]
pub(crate) struct Clip<'a> {
    pub(crate) info: ClipInfo,
    pub(crate) picture: Vec<&'a [u8]>,
    pub(crate) sound: Vec<&'a [u8]>,
    /// Where in the decoded sound the clip begins, at 48 kHz.
    pub(crate) sound_start: u64,
    /// How long it is heard, at 48 kHz.
    pub(crate) sound_ticks: u64,
}

/// What `moov` says about a track, and the samples found so far.
struct Track<'a> {
    id: u32,
    timescale: u32,
    kind: Kind,
    /// Media time at which the clip begins, and how long it is shown (0: to the end).
    edit: (u64, u64),
    defaults: Option<Trex>,
    samples: Vec<&'a [u8]>,
    ticks: u64,
    /// Duration that all samples have, while they agree.
    step: Option<u32>,
}

enum Kind {
    Picture { width: u32, height: u32, sequence: Option<obu::Sequence> },
    Sound { rate: u32, channels: u16, pre_skip: u16 },
}

/// Reads and checks a whole file.
pub(crate) fn clip(bytes: &[u8]) -> Result<Clip<'_>, ClipFault> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ClipFault::TooLarge { bytes: bytes.len(), max: FILE_BYTES_MAX });
    }
    if bytes.get(4..8) != Some(b"ftyp") {
        return Err(ClipFault::NotMp4);
    }
    let mut budget = Budget::new();
    let top = boxes::walk(bytes, 0, &mut budget)?;
    let mut tracks = tracks(boxes::one(&top, b"moov")?, &mut budget)?;
    let mut fragments = 0;
    for pair in top.iter().zip(top.iter().skip(1).map(Some).chain([None])) {
        let (moof, next) = pair;
        if &moof.kind == b"moof" {
            let mdat = next.filter(|b| &b.kind == b"mdat").ok_or(ClipFault::Missing(Code(*b"mdat")))?;
            fragment(bytes, moof, mdat, &mut tracks, &mut budget)?;
            fragments += 1;
        }
    }
    if fragments == 0 {
        return Err(ClipFault::Missing(Code(*b"moof")));
    }
    finish(tracks, fragments)
}

fn tracks<'a>(moov: BoxRef<'a>, budget: &mut Budget) -> Result<Vec<Track<'a>>, ClipFault> {
    let inside = moov.children(0, budget)?;
    let mut tracks: Vec<Track<'a>> = Vec::new();
    for trak in inside.iter().filter(|b| &b.kind == b"trak") {
        let track = track(trak, budget)?;
        let same = |t: &Track<'_>| {
            t.id == track.id || std::mem::discriminant(&t.kind) == std::mem::discriminant(&track.kind)
        };
        if tracks.iter().any(same) {
            return Err(ClipFault::TooManyTracks);
        }
        tracks.push(track);
    }
    if tracks.is_empty() {
        return Err(ClipFault::Missing(Code(*b"trak")));
    }
    for trex in boxes::one(&inside, b"mvex")?.children(0, budget)?.iter().filter(|b| &b.kind == b"trex") {
        let trex: Trex = trex.read()?;
        if let Some(track) = tracks.iter_mut().find(|t| t.id == trex.track_id) {
            track.defaults = Some(trex);
        }
    }
    Ok(tracks)
}

fn track<'a>(trak: &BoxRef<'a>, budget: &mut Budget) -> Result<Track<'a>, ClipFault> {
    let inside = trak.children(0, budget)?;
    let tkhd: Tkhd = boxes::one(&inside, b"tkhd")?.read()?;
    let mdia = boxes::one(&inside, b"mdia")?.children(0, budget)?;
    let mdhd: Mdhd = boxes::one(&mdia, b"mdhd")?.read()?;
    if mdhd.timescale == 0 {
        return Err(ClipFault::Timing("a track's clock stands still"));
    }
    let minf = boxes::one(&mdia, b"minf")?.children(0, budget)?;
    let stbl = boxes::one(&minf, b"stbl")?.children(0, budget)?;
    let entries = boxes::one(&stbl, b"stsd")?.children(LIST_BYTES, budget)?;
    let [entry] = entries.as_slice() else {
        return Err(ClipFault::Malformed(Code(*b"stsd")));
    };
    // The handler stands at a fixed place: version, flags, pre-defined, handler.
    let hdlr = boxes::one(&mdia, b"hdlr")?;
    let handler = hdlr.body.get(8..12).and_then(|b| <[u8; 4]>::try_from(b).ok());
    let kind = match handler.ok_or(ClipFault::Malformed(Code(*b"hdlr")))? {
        handler if &handler == b"vide" => picture_entry(entry, budget)?,
        handler if &handler == b"soun" => sound_entry(entry, mdhd.timescale, budget)?,
        other => return Err(ClipFault::TrackKind(Code(other))),
    };
    let edit = match boxes::maybe(&inside, b"edts")? {
        Some(edts) => edit(edts, &kind, budget)?,
        None => (kind.start(), 0),
    };
    Ok(Track {
        id: tkhd.track_id,
        timescale: mdhd.timescale,
        kind,
        edit,
        defaults: None,
        samples: Vec::new(),
        ticks: 0,
        step: None,
    })
}

impl Kind {
    fn start(&self) -> u64 {
        match self {
            Self::Picture { .. } => 0,
            Self::Sound { pre_skip, .. } => u64::from(*pre_skip),
        }
    }
}

/// One edit that begins where the media does, or after the sound's delay.
fn edit(edts: BoxRef<'_>, kind: &Kind, budget: &mut Budget) -> Result<(u64, u64), ClipFault> {
    let inside = edts.children(0, budget)?;
    let Some(elst) = boxes::maybe(&inside, b"elst")? else {
        return Ok((kind.start(), 0));
    };
    let elst: Elst = elst.read()?;
    match elst.entries.as_slice() {
        [] => Ok((kind.start(), 0)),
        [only] if only.media_time == Some(kind.start()) => Ok((kind.start(), only.segment_duration)),
        _ => Err(ClipFault::Timing("the edit list does more than drop the sound's delay")),
    }
}

fn picture_entry(entry: &BoxRef<'_>, budget: &mut Budget) -> Result<Kind, ClipFault> {
    if &entry.kind != b"av01" {
        return Err(ClipFault::NotAv1(Code(entry.kind)));
    }
    let inside = entry.children(VISUAL_BYTES, budget)?;
    let mut body = entry.body;
    let visual = Visual::decode(&mut body).map_err(|_| ClipFault::Malformed(Code(*b"av01")))?;
    let (width, height) = (u32::from(visual.width), u32::from(visual.height));
    let side = |s: u32| s.is_multiple_of(2) && (16..=SIDE_MAX).contains(&s);
    if !side(width) || !side(height) {
        return Err(ClipFault::Size { width, height, max: SIDE_MAX });
    }
    let av1c: Av1c = boxes::one(&inside, b"av1C")?.read()?;
    if av1c.seq_profile != 0 || av1c.high_bitdepth || av1c.monochrome {
        return Err(ClipFault::Profile("AV1 Main profile with 8-bit 4:2:0 only"));
    }
    Ok(Kind::Picture { width, height, sequence: None })
}

fn sound_entry(entry: &BoxRef<'_>, timescale: u32, budget: &mut Budget) -> Result<Kind, ClipFault> {
    if &entry.kind != b"Opus" {
        return Err(ClipFault::NotOpus(Code(entry.kind)));
    }
    let inside = entry.children(AUDIO_BYTES, budget)?;
    let mut body = entry.body;
    Audio::decode(&mut body).map_err(|_| ClipFault::Malformed(Code(*b"Opus")))?;
    let dops: Dops = boxes::one(&inside, b"dOps")?.read()?;
    if !matches!(dops.output_channel_count, 1 | 2) || dops.channel_mapping.is_some() {
        return Err(ClipFault::Profile("sound has one or two channels"));
    }
    if dops.output_gain != 0 {
        return Err(ClipFault::Profile("sound has no output gain"));
    }
    if timescale != opus::CLOCK {
        return Err(ClipFault::Profile("the sound's clock runs at 48 kHz"));
    }
    // Opus decodes to any of its rates; others come out at its own.
    let rate = match dops.input_sample_rate {
        rate @ (8_000 | 12_000 | 16_000 | 24_000) => rate,
        _ => opus::CLOCK,
    };
    Ok(Kind::Sound { rate, channels: dops.output_channel_count.into(), pre_skip: dops.pre_skip })
}

fn fragment<'a>(
    file: &'a [u8],
    moof: &BoxRef<'a>,
    mdat: &BoxRef<'a>,
    tracks: &mut [Track<'a>],
    budget: &mut Budget,
) -> Result<(), ClipFault> {
    let inside = moof.children(0, budget)?;
    let data = mdat.body_start..mdat.body_start.saturating_add(mdat.body.len());
    for traf in inside.iter().filter(|b| &b.kind == b"traf") {
        let inside = traf.children(0, budget)?;
        let tfhd: Tfhd = boxes::one(&inside, b"tfhd")?.read()?;
        let track =
            tracks.iter_mut().find(|t| t.id == tfhd.track_id).ok_or(ClipFault::Malformed(Code(*b"tfhd")))?;
        if !tfhd.default_base_is_moof || tfhd.base_data_offset.is_some() {
            return Err(ClipFault::Profile("sample offsets count from the fragment's start"));
        }
        let tfdt: Tfdt = boxes::one(&inside, b"tfdt")?.read()?;
        if tfdt.base_media_decode_time != track.ticks {
            return Err(ClipFault::Timing("a fragment does not begin where the one before it ended"));
        }
        for trun in inside.iter().filter(|b| &b.kind == b"trun") {
            track.add(file, moof.start, &data, &tfhd, &trun.read()?)?;
        }
    }
    Ok(())
}

impl<'a> Track<'a> {
    /// Adds the samples of one run.
    fn add(
        &mut self,
        file: &'a [u8],
        base: usize,
        data: &std::ops::Range<usize>,
        tfhd: &Tfhd,
        trun: &Trun,
    ) -> Result<(), ClipFault> {
        if self.samples.len().saturating_add(trun.samples.len()) > SAMPLES_MAX {
            return Err(ClipFault::TooManySamples(SAMPLES_MAX));
        }
        let outside = |index| ClipFault::SampleOutside { track: self.id, index };
        let offset = trun.data_offset.ok_or(ClipFault::Malformed(Code(*b"trun")))?;
        let mut at = usize::try_from(offset)
            .ok()
            .and_then(|offset| base.checked_add(offset))
            .ok_or(outside(self.samples.len()))?;
        let default = |own: Option<u32>, file: fn(&Trex) -> u32| own.or(self.defaults.as_ref().map(file));
        let duration = default(tfhd.default_sample_duration, |t| t.default_sample_duration);
        let size = default(tfhd.default_sample_size, |t| t.default_sample_size);
        for entry in &trun.samples {
            let index = self.samples.len();
            let bytes = entry.size.or(size).and_then(|s| usize::try_from(s).ok()).filter(|s| *s > 0);
            let end = bytes
                .and_then(|bytes| at.checked_add(bytes))
                .filter(|end| at >= data.start && *end <= data.end);
            let end = end.ok_or(ClipFault::SampleOutside { track: self.id, index })?;
            let duration = entry.duration.or(duration).filter(|d| *d > 0);
            let duration = duration.ok_or(ClipFault::Timing("a sample lasts no time"))?;
            if entry.cts.unwrap_or(0) != 0 {
                return Err(ClipFault::Timing("frames are stored in the order in which they are shown"));
            }
            self.check(duration)?;
            let sample = file.get(at..end).ok_or(ClipFault::SampleOutside { track: self.id, index })?;
            self.kind.look(index, sample)?;
            self.samples.push(sample);
            at = end;
        }
        Ok(())
    }

    /// Counts a sample's time and keeps it within the longest clip.
    fn check(&mut self, duration: u32) -> Result<(), ClipFault> {
        let agrees = self.step.is_none_or(|step| step == duration);
        if matches!(self.kind, Kind::Picture { .. }) && !agrees {
            return Err(ClipFault::Timing("the frame rate changes"));
        }
        self.step = Some(duration);
        self.ticks = self.ticks.saturating_add(u64::from(duration));
        let heard = self.ticks.saturating_sub(self.edit.0);
        let millis = heard.saturating_mul(1_000) / u64::from(self.timescale);
        if millis > MILLIS_MAX { Err(ClipFault::TooLong { millis, max: MILLIS_MAX }) } else { Ok(()) }
    }
}

impl Kind {
    /// Looks into a sample as far as needed to know what decoding it would cost.
    fn look(&mut self, index: usize, sample: &[u8]) -> Result<(), ClipFault> {
        match self {
            Self::Sound { .. } if sample.len() > opus::READ_PACKET_BYTES_MAX => {
                Err(ClipFault::Sound { index })
            }
            Self::Sound { .. } => Ok(()),
            Self::Picture { width, height, sequence } => {
                if index >= FRAMES_MAX {
                    return Err(ClipFault::TooManySamples(FRAMES_MAX));
                }
                let malformed = |reason| ClipFault::Bitstream { index, reason };
                for unit in obu::units(sample).map_err(malformed)? {
                    if unit.kind != obu::SEQUENCE_HEADER {
                        continue;
                    }
                    let found = obu::sequence(unit.payload).map_err(malformed)?;
                    if (found.width, found.height) != (*width, *height) {
                        return Err(ClipFault::SizeDiffers {
                            width: *width,
                            height: *height,
                            coded_width: found.width,
                            coded_height: found.height,
                        });
                    }
                    profile(&found)?;
                    if sequence.is_some_and(|before| before != found) {
                        return Err(malformed("the sequence header changes"));
                    }
                    *sequence = Some(found);
                }
                if sequence.is_none() {
                    Err(malformed("no sequence header before the first frame"))
                } else {
                    Ok(())
                }
            }
        }
    }
}

fn profile(sequence: &obu::Sequence) -> Result<(), ClipFault> {
    if sequence.profile != 0
        || sequence.high_bit_depth
        || sequence.monochrome
        || sequence.subsampling != (true, true)
    {
        return Err(ClipFault::Profile("AV1 Main profile with 8-bit 4:2:0 only"));
    }
    let [.., matrix] = sequence.colour;
    if sequence.full_range || !matches!(matrix, 1 | 2) {
        return Err(ClipFault::Profile("BT.709 limited range only"));
    }
    if sequence.film_grain {
        return Err(ClipFault::Profile("no film grain"));
    }
    Ok(())
}

fn finish(tracks: Vec<Track<'_>>, fragments: u32) -> Result<Clip<'_>, ClipFault> {
    let bytes = |samples: &[&[u8]]| samples.iter().map(|s| s.len() as u64).sum();
    let mut clip = Clip {
        info: ClipInfo { fragments, ..Default::default() },
        picture: Vec::new(),
        sound: Vec::new(),
        sound_start: 0,
        sound_ticks: 0,
    };
    for track in tracks {
        match track.kind {
            Kind::Picture { width, height, .. } => {
                let step = track.step.ok_or(ClipFault::Timing("there is no frame"))?;
                let fps = track.timescale / step;
                if !track.timescale.is_multiple_of(step) || !(1..=60).contains(&fps) {
                    return Err(ClipFault::Timing("the frame rate is not a whole number from 1 to 60"));
                }
                (clip.info.width, clip.info.height, clip.info.fps) = (width, height, fps);
                clip.info.frames = track.samples.len() as u32;
                clip.info.millis = track.ticks.saturating_mul(1_000) / u64::from(track.timescale);
                clip.info.picture_bytes = bytes(&track.samples);
                clip.picture = track.samples;
            }
            Kind::Sound { rate, channels, .. } => {
                (clip.info.sample_rate, clip.info.channels) = (rate, channels);
                clip.info.sound_bytes = bytes(&track.samples);
                clip.sound_start = track.edit.0;
                clip.sound_ticks = track.ticks.saturating_sub(track.edit.0);
                clip.sound = track.samples;
            }
        }
    }
    if clip.picture.is_empty() { Err(ClipFault::Missing(Code(*b"vide"))) } else { Ok(clip) }
}
