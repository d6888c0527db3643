//! AV1 both ways: frames to samples with rav1e, samples to frames with rav1d.
//!
//! Encoding cuts footage into closed groups of one second, each coded on its own: they run in parallel without
//! tiles, every second can be played by itself, and the bytes do not depend on the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use rav1e::prelude::{
    ChromaSamplePosition, ColorDescription, ColorPrimaries, Config, Context, EncoderConfig, EncoderStatus,
    MatrixCoefficients, PixelRange, Rational, SceneDetectionSpeed, TransferCharacteristics,
};
use re_rav1d::dav1d;

use crate::colour::{self, Planes};
use crate::fault::{ClipFault, EncodeError};
use crate::footage::Footage;
use crate::obu;

/// Most threads that encode at once.
const THREADS_MAX: usize = 16;
/// Progress messages that may wait for the caller.
const PROGRESS_QUEUE: usize = 64;
/// rav1e's preset: with small pictures on two cores anything slower costs more than rendering.
const SPEED: u8 = 10;

/// Coded picture: one sample a frame, in the order of display.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The sequence header unit, as the file's configuration repeats it.
    pub(crate) sequence: Vec<u8>,
    /// Whether a sample begins a group is told by its index: every `fps`-th does.
    pub(crate) samples: Vec<Vec<u8>>,
}

enum Message {
    Frame,
    Group(usize, Result<Vec<Vec<u8>>, EncodeError>),
}

/// Encodes checked footage. `on` hears of every finished frame.
pub(crate) fn encode(
    footage: &Footage,
    quality: u8,
    threads: usize,
    on: &mut dyn FnMut(u32, u32),
) -> Result<Picture, EncodeError> {
    let config = config(footage, quality);
    let groups: Vec<&[Vec<u8>]> = footage.frames.chunks(footage.fps as usize).collect();
    let total = footage.frames.len() as u32;
    let mut coded: Vec<Option<Vec<Vec<u8>>>> = groups.iter().map(|_| None).collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel(PROGRESS_QUEUE);
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..threads.clamp(1, THREADS_MAX).min(groups.len()) {
            let (sender, groups, next, config) = (sender.clone(), &groups, &next, &config);
            let worker = std::thread::Builder::new()
                .name("encode".to_owned())
                .spawn_scoped(scope, move || work(groups, next, config, &sender));
            workers.push(worker.map_err(|error| EncodeError::Video(error.to_string()))?);
        }
        drop(sender);
        let mut done = 0;
        let mut first_error = None;
        for message in receiver {
            match message {
                Message::Frame => {
                    done += 1;
                    on(done, total);
                }
                Message::Group(index, Ok(samples)) => {
                    if let Some(slot) = coded.get_mut(index) {
                        *slot = Some(samples);
                    }
                }
                Message::Group(_, Err(error)) => {
                    next.store(groups.len(), Ordering::Relaxed);
                    first_error.get_or_insert(error);
                }
            }
        }
        for worker in workers {
            if worker.join().is_err() {
                first_error.get_or_insert(EncodeError::Video("an encoder thread stopped".to_owned()));
            }
        }
        first_error.map_or(Ok(()), Err)
    })?;
    gather(coded, footage.frames.len())
}

fn work(groups: &[&[Vec<u8>]], next: &AtomicUsize, config: &EncoderConfig, sender: &SyncSender<Message>) {
    while let Some((index, group)) = {
        let index = next.fetch_add(1, Ordering::Relaxed);
        groups.get(index).map(|group| (index, group))
    } {
        // A caller that has gone away is noticed through the failing send of the group.
        let result = encode_group(group, config, &mut || drop(sender.send(Message::Frame)));
        if sender.send(Message::Group(index, result)).is_err() {
            return;
        }
    }
}

/// One closed group: a key frame and what depends on it.
fn encode_group(
    frames: &[Vec<u8>],
    config: &EncoderConfig,
    on_frame: &mut dyn FnMut(),
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let fail = |what: &dyn std::fmt::Display| EncodeError::Video(what.to_string());
    let mut context: Context<u8> = Config::new()
        .with_encoder_config(config.clone())
        .with_threads(1)
        .new_context()
        .map_err(|e| fail(&e))?;
    for rgb in frames {
        let planes = colour::to_planes(rgb, config.width);
        let mut frame = context.new_frame();
        let sources =
            [(&planes.y, config.width), (&planes.u, config.width / 2), (&planes.v, config.width / 2)];
        for (plane, (source, stride)) in frame.planes.iter_mut().zip(sources) {
            plane.copy_from_raw_u8(source, stride, 1);
        }
        context.send_frame(frame).map_err(|e| fail(&e))?;
    }
    context.flush();
    let mut samples = Vec::with_capacity(frames.len());
    loop {
        match context.receive_packet() {
            Ok(packet) => {
                samples.push(packet.data);
                on_frame();
            }
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => return Ok(samples),
            Err(status) => return Err(fail(&status)),
        }
    }
}

/// Puts the groups together, takes out the temporal delimiters (AV1-ISOBMFF §2.4) and finds the sequence header.
fn gather(groups: Vec<Option<Vec<Vec<u8>>>>, expected: usize) -> Result<Picture, EncodeError> {
    let fail = |what: &str| EncodeError::Video(what.to_owned());
    let mut picture = Picture { sequence: Vec::new(), samples: Vec::with_capacity(expected) };
    for packet in groups.into_iter().flatten().flatten() {
        let units = obu::units(&packet).map_err(fail)?;
        if picture.sequence.is_empty()
            && let Some(unit) = units.iter().find(|u| u.kind == obu::SEQUENCE_HEADER)
        {
            picture.sequence = unit.whole.to_vec();
        }
        let kept = units.iter().filter(|u| u.kind != obu::TEMPORAL_DELIMITER);
        picture.samples.push(kept.flat_map(|u| u.whole).copied().collect());
    }
    if picture.samples.len() != expected || picture.sequence.is_empty() {
        return Err(fail("the encoder did not deliver one sample a frame"));
    }
    Ok(picture)
}

fn config(footage: &Footage, quality: u8) -> EncoderConfig {
    let group = u64::from(footage.fps);
    let mut config = EncoderConfig::with_speed_preset(SPEED);
    config.width = footage.width as usize;
    config.height = footage.height as usize;
    config.time_base = Rational { num: 1, den: group };
    config.chroma_sample_position = ChromaSamplePosition::Vertical;
    config.pixel_range = PixelRange::Limited;
    config.color_description = Some(ColorDescription {
        color_primaries: ColorPrimaries::BT709,
        transfer_characteristics: TransferCharacteristics::BT709,
        matrix_coefficients: MatrixCoefficients::BT709,
    });
    config.level_idx = Some(level(footage));
    config.min_key_frame_interval = group;
    config.max_key_frame_interval = group;
    config.low_latency = true;
    config.quantizer = quantizer(quality);
    config.speed_settings.scene_detection_mode = SceneDetectionSpeed::None;
    config
}

/// Quality 0 … 100 to rav1e's base quantizer 244 … 4: two steps and a bit per cent.
fn quantizer(quality: u8) -> usize {
    4 + usize::from(100 - quality.min(100)) * 12 / 5
}

/// The lowest level that holds picture size and luma rate: AV1 Annex A.3, tables of levels 2.0 to 5.1.
fn level(footage: &Footage) -> u8 {
    const LEVELS: [(u8, u32, u64); 8] = [
        (0, 147_456, 4_423_680),
        (1, 278_784, 8_363_520),
        (4, 665_856, 19_975_680),
        (5, 1_065_024, 31_950_720),
        (8, 2_359_296, 70_778_880),
        (9, 2_359_296, 141_557_760),
        (12, 8_912_896, 267_386_880),
        (13, 8_912_896, 534_773_760),
    ];
    let pixels = footage.width * footage.height;
    let rate = u64::from(pixels) * u64::from(footage.fps);
    let fits = LEVELS.iter().find(|(_, size, luma_rate)| pixels <= *size && rate <= *luma_rate);
    // 31 says that there is no limit (AV1 §6.4.1).
    fits.map_or(31, |(index, _, _)| *index)
}

/// Decodes samples of `width × height` pixels, one frame each.
pub(crate) fn decode(
    samples: &[&[u8]],
    width: u32,
    height: u32,
    threads: u32,
) -> Result<Vec<Planes>, ClipFault> {
    let mut settings = dav1d::Settings::new();
    settings.set_n_threads(threads.clamp(1, 8));
    settings.set_max_frame_delay(1);
    settings.set_apply_grain(false);
    settings.set_all_layers(false);
    settings.set_operating_point(0);
    // The decoder checks this before it allocates.
    settings.set_frame_size_limit(width.saturating_mul(height));
    let broken =
        |index: usize| move |error: dav1d::Error| ClipFault::Picture { index, reason: error.to_string() };
    let mut decoder = dav1d::Decoder::with_settings(&settings).map_err(broken(0))?;
    let mut frames = Vec::with_capacity(samples.len());
    for (index, sample) in samples.iter().enumerate() {
        let mut sent = decoder.send_data(sample.to_vec(), None, None, None);
        // Every round takes at least one picture out, and there are at most as many as coded frames in a sample.
        for _ in 0..=obu::CODED_FRAMES_MAX {
            drain(&mut decoder, &mut frames, (width, height), samples.len())?;
            match sent {
                Err(dav1d::Error::Again) => sent = decoder.send_pending_data(),
                _ => break,
            }
        }
        sent.map_err(broken(index))?;
    }
    drain(&mut decoder, &mut frames, (width, height), samples.len())?;
    if frames.len() == samples.len() {
        Ok(frames)
    } else {
        Err(ClipFault::Picture { index: frames.len(), reason: "a sample shows no frame".to_owned() })
    }
}

fn drain(
    decoder: &mut dav1d::Decoder,
    frames: &mut Vec<Planes>,
    (width, height): (u32, u32),
    most: usize,
) -> Result<(), ClipFault> {
    loop {
        let index = frames.len();
        let wrong = |reason: &str| ClipFault::Picture { index, reason: reason.to_owned() };
        let picture = match decoder.get_picture() {
            Ok(picture) => picture,
            Err(dav1d::Error::Again) => return Ok(()),
            Err(error) => return Err(wrong(&error.to_string())),
        };
        if index >= most {
            return Err(wrong("more frames than samples"));
        }
        if (picture.width(), picture.height()) != (width, height) {
            return Err(wrong("the frame has another size than the file says"));
        }
        if picture.bit_depth() != 8 || picture.pixel_layout() != dav1d::PixelLayout::I420 {
            return Err(wrong("not 8-bit 4:2:0"));
        }
        let sides = (width as usize, height as usize);
        let plane = |component, sides| {
            rows(&picture.plane(component), picture.stride(component) as usize, sides)
                .ok_or_else(|| wrong("a plane of the frame is too small"))
        };
        let halves = (sides.0 / 2, sides.1 / 2);
        frames.push(Planes {
            y: plane(dav1d::PlanarImageComponent::Y, sides)?,
            u: plane(dav1d::PlanarImageComponent::U, halves)?,
            v: plane(dav1d::PlanarImageComponent::V, halves)?,
        });
    }
}

/// The `width × height` bytes of a plane whose rows are `stride` bytes apart.
fn rows(plane: &[u8], stride: usize, (width, height): (usize, usize)) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(width * height);
    for row in plane.chunks(stride.max(1)).take(height) {
        bytes.extend_from_slice(row.get(..width)?);
    }
    (bytes.len() == width * height).then_some(bytes)
}
