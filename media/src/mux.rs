//! Laying coded picture and sound out as a fragmented MP4 file.
//!
//! `ftyp moov sidx (moof mdat)…`, one fragment a second, picture before sound inside each. Nothing in the file tells
//! when, where or with what it was made: equal input gives equal bytes.

use mp4_atom::{
    Audio, Av01, Av1c, Codec, Colr, Dinf, Dops, DrefEntry, Edts, Elst, ElstEntry, Encode, FixedPoint, FourCC,
    Ftyp, Hdlr, Mdhd, Mdia, Mehd, Mfhd, Minf, Moof, Moov, Mvex, Mvhd, Opus, SegmentReference, Sidx, Smhd,
    Stbl, Stco, Stsd, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex, Trun, TrunEntry, Url, Visual, Vmhd,
};

use crate::av1::Picture;
use crate::fault::EncodeError;
use crate::footage::Footage;
use crate::obu::{self, Sequence};
use crate::opus::{self, Sound};

/// Track numbers in our files.
const PICTURE_TRACK: u32 = 1;
const SOUND_TRACK: u32 = 2;
/// Ticks of the picture's clock per frame; the clock runs at `fps` times this.
pub(crate) const FRAME_TICKS: u32 = 1_000;
/// Clock of the whole file: every sound tick is one of its ticks.
const MOVIE_CLOCK: u32 = opus::CLOCK;
/// Sample flags (ISO/IEC 14496-12 §8.8.3.1): depends on nothing, or depends on others and is no sync sample.
const KEY_FLAGS: u32 = 0x0200_0000;
const DELTA_FLAGS: u32 = 0x0101_0000;
/// Bytes of the header of `mdat`.
const MDAT_HEADER: usize = 8;

/// The bytes of the file.
pub(crate) fn file(
    footage: &Footage,
    picture: &Picture,
    sound: Option<&Sound>,
) -> Result<Vec<u8>, EncodeError> {
    let layout = |what: &dyn std::fmt::Display| EncodeError::Layout(what.to_string());
    let payload = obu::units(&[picture.sequence.as_slice(), &[3 << 3 | 2, 0]].concat())
        .map_err(|e| layout(&e))?
        .first()
        .map(|unit| unit.payload.to_vec())
        .unwrap_or_default();
    let sequence = obu::sequence(&payload).map_err(|e| layout(&e))?;
    let mut fragments = Vec::new();
    let mut references = Vec::new();
    for (index, samples) in picture.samples.chunks(footage.fps as usize).enumerate() {
        let fragment = Fragment::new(footage, index, samples, sound);
        let bytes = fragment.bytes().map_err(|e| layout(&e))?;
        references.push(SegmentReference {
            reference_type: false,
            referenced_size: u32::try_from(bytes.len()).map_err(|e| layout(&e))?,
            subsegment_duration: samples.len() as u32 * FRAME_TICKS,
            starts_with_sap: true,
            sap_type: 1,
            sap_delta_time: 0,
        });
        fragments.push(bytes);
    }
    let mut file = Vec::new();
    let head = |file: &mut Vec<u8>| -> mp4_atom::Result<()> {
        let brands = [b"iso6", b"cmfc", b"av01", b"dash"].map(FourCC::new);
        Ftyp { major_brand: FourCC::new(b"iso6"), minor_version: 0, compatible_brands: brands.to_vec() }
            .encode(file)?;
        moov(footage, picture, &sequence, sound).encode(file)?;
        let timescale = footage.fps * FRAME_TICKS;
        Sidx { reference_id: PICTURE_TRACK, timescale, references, ..Default::default() }.encode(file)
    };
    head(&mut file).map_err(|e| layout(&e))?;
    file.extend(fragments.into_iter().flatten());
    Ok(file)
}

fn moov(footage: &Footage, picture: &Picture, sequence: &Sequence, sound: Option<&Sound>) -> Moov {
    let frames = footage.frames.len() as u64;
    let length = (frames * u64::from(MOVIE_CLOCK)).div_ceil(u64::from(footage.fps));
    let trex = |track_id| Trex { track_id, default_sample_description_index: 1, ..Default::default() };
    let mut tracks = vec![picture_track(footage, picture, sequence)];
    let mut defaults = vec![trex(PICTURE_TRACK)];
    if let Some(sound) = sound {
        tracks.push(sound_track(sound));
        defaults.push(trex(SOUND_TRACK));
    }
    Moov {
        mvhd: Mvhd {
            timescale: MOVIE_CLOCK,
            rate: FixedPoint::from(1),
            volume: FixedPoint::from(1),
            next_track_id: tracks.len() as u32 + 1,
            ..Default::default()
        },
        mvex: Some(Mvex { mehd: Some(Mehd { fragment_duration: length }), trex: defaults }),
        trak: tracks,
        ..Default::default()
    }
}

fn picture_track(footage: &Footage, picture: &Picture, sequence: &Sequence) -> Trak {
    let (width, height) = (footage.width as u16, footage.height as u16);
    let av01 = Av01 {
        visual: Visual { data_reference_index: 1, width, height, ..Default::default() },
        av1c: Av1c {
            seq_profile: sequence.profile,
            seq_level_idx_0: sequence.level,
            seq_tier_0: sequence.tier,
            chroma_subsampling_x: true,
            chroma_subsampling_y: true,
            chroma_sample_position: sequence.chroma_position,
            config_obus: picture.sequence.clone(),
            ..Default::default()
        },
        colr: Some(Colr::Nclx {
            colour_primaries: 1,
            transfer_characteristics: 1,
            matrix_coefficients: 1,
            full_range_flag: false,
        }),
        ..Default::default()
    };
    let mut track = track(PICTURE_TRACK, b"vide", footage.fps * FRAME_TICKS, Codec::Av01(av01));
    track.tkhd.width = width.into();
    track.tkhd.height = height.into();
    track.mdia.minf.vmhd = Some(Vmhd::default());
    track
}

fn sound_track(sound: &Sound) -> Trak {
    let entry = Opus {
        audio: Audio {
            data_reference_index: 1,
            channel_count: sound.channels,
            sample_size: 16,
            sample_rate: FixedPoint::from(opus::CLOCK as u16),
        },
        dops: Dops {
            output_channel_count: sound.channels as u8,
            pre_skip: sound.pre_skip,
            input_sample_rate: sound.rate,
            output_gain: 0,
            channel_mapping: None,
        },
        btrt: None,
    };
    let mut track = track(SOUND_TRACK, b"soun", opus::CLOCK, Codec::Opus(entry));
    track.tkhd.volume = FixedPoint::from(1);
    track.mdia.minf.smhd = Some(Smhd::default());
    // The edit drops the encoder's delay, so that sound and picture begin together.
    let start = ElstEntry {
        segment_duration: sound.ticks,
        media_time: Some(sound.pre_skip.into()),
        media_rate: 1.into(),
    };
    track.edts = Some(Edts { elst: Some(Elst { entries: vec![start] }) });
    track
}

fn track(track_id: u32, handler: &[u8; 4], timescale: u32, codec: Codec) -> Trak {
    let here = DrefEntry::Url(Url::default());
    Trak {
        tkhd: Tkhd { track_id, enabled: true, in_movie: true, ..Default::default() },
        mdia: Mdia {
            mdhd: Mdhd { timescale, language: "und".to_owned(), ..Default::default() },
            hdlr: Hdlr { handler: FourCC::new(handler), name: String::new() },
            minf: Minf {
                dinf: Dinf { dref: mp4_atom::Dref { entries: vec![here] } },
                stbl: Stbl {
                    stsd: Stsd { codecs: vec![codec] },
                    stco: Some(Stco::default()),
                    ..Default::default()
                },
                ..Default::default()
            },
        },
        ..Default::default()
    }
}

/// One second of picture and the sound that goes with it.
struct Fragment<'a> {
    moof: Moof,
    picture: &'a [Vec<u8>],
    sound: &'a [Vec<u8>],
}

impl<'a> Fragment<'a> {
    fn new(footage: &Footage, index: usize, picture: &'a [Vec<u8>], sound: Option<&'a Sound>) -> Self {
        let first_frame = index as u64 * u64::from(footage.fps);
        let entries = picture.iter().enumerate().map(|(i, sample)| TrunEntry {
            size: Some(sample.len() as u32),
            flags: Some(if i == 0 { KEY_FLAGS } else { DELTA_FLAGS }),
            ..Default::default()
        });
        let mut traf =
            vec![traf(PICTURE_TRACK, FRAME_TICKS, first_frame * u64::from(FRAME_TICKS), entries.collect())];
        let last = first_frame as usize + picture.len() >= footage.frames.len();
        let packets = sound.map_or((0, &[][..]), |sound| packets_of(sound, index, last));
        if let (Some(sound), (first, [_, ..])) = (sound, packets) {
            traf.push(sound_traf(sound, first, packets.1));
        }
        let moof = Moof { mfhd: Mfhd { sequence_number: index as u32 + 1 }, traf };
        Self { moof, picture, sound: packets.1 }
    }

    /// `moof` and `mdat`.
    fn bytes(mut self) -> mp4_atom::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.moof.encode(&mut bytes)?;
        // The offsets have a fixed width, so filling them in does not move anything.
        let mut offset = bytes.len() + MDAT_HEADER;
        for (traf, samples) in self.moof.traf.iter_mut().zip([self.picture, self.sound]) {
            for trun in &mut traf.trun {
                trun.data_offset = Some(offset as i32);
            }
            offset += samples.iter().map(Vec::len).sum::<usize>();
        }
        bytes.clear();
        self.moof.encode(&mut bytes)?;
        let size = offset - bytes.len();
        bytes.extend((size as u32).to_be_bytes());
        bytes.extend(b"mdat");
        bytes.extend(self.picture.iter().chain(self.sound).flatten());
        Ok(bytes)
    }
}

/// The packets heard during second `index`; the last fragment takes the rest.
fn packets_of(sound: &Sound, index: usize, last: bool) -> (usize, &[Vec<u8>]) {
    let until = |second: usize| {
        let ticks = second * opus::CLOCK as usize + if second == 0 { 0 } else { usize::from(sound.pre_skip) };
        ticks.div_ceil(opus::PACKET_TICKS as usize).min(sound.packets.len())
    };
    let first = until(index);
    let end = if last { sound.packets.len() } else { until(index + 1) };
    (first, sound.packets.get(first..end).unwrap_or_default())
}

fn sound_traf(sound: &Sound, first: usize, packets: &[Vec<u8>]) -> Traf {
    let ticks = u64::from(opus::PACKET_TICKS);
    // The last packet is padded: its duration says how much of it is heard.
    let total = sound.ticks + u64::from(sound.pre_skip);
    let ends_short = first + packets.len() == sound.packets.len() && !total.is_multiple_of(ticks);
    let entries = packets.iter().enumerate().map(|(i, packet)| {
        let start = (first + i) as u64 * ticks;
        TrunEntry {
            duration: ends_short.then(|| total.saturating_sub(start).min(ticks) as u32),
            size: Some(packet.len() as u32),
            ..Default::default()
        }
    });
    let mut traf = traf(SOUND_TRACK, opus::PACKET_TICKS, first as u64 * ticks, entries.collect());
    traf.tfhd.default_sample_flags = Some(KEY_FLAGS);
    traf
}

fn traf(track_id: u32, duration: u32, start: u64, entries: Vec<TrunEntry>) -> Traf {
    Traf {
        tfhd: Tfhd {
            track_id,
            default_sample_duration: Some(duration),
            default_base_is_moof: true,
            ..Default::default()
        },
        tfdt: Some(Tfdt { base_media_decode_time: start }),
        trun: vec![Trun { data_offset: Some(0), samples: entries.into() }],
        ..Default::default()
    }
}
