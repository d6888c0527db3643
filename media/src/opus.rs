//! Opus both ways, in packets of 20 ms. The encoder takes the footage's own rate; the file counts at 48 kHz.

use ropus::{Application, Bitrate, Channels, DecodeMode, Decoder, Encoder};

use crate::fault::{ClipFault, EncodeError};

/// Samples per second of the file's clock: RFC 6716 and the Opus-in-ISOBMFF document fix it.
pub(crate) const CLOCK: u32 = 48_000;
/// Length of our packets on that clock: 20 ms.
pub(crate) const PACKET_TICKS: u32 = 960;
/// Bits per second for one and two channels.
const BITRATES: [u32; 2] = [64_000, 96_000];
/// Largest packet the encoder may write, in bytes (RFC 6716 §3.2.1 for one frame).
const PACKET_BYTES_MAX: usize = 1_275;
/// Largest packet we read: 120 ms as six frames.
pub(crate) const READ_PACKET_BYTES_MAX: usize = 6 * PACKET_BYTES_MAX + 16;
/// Encoder effort 0 … 10.
const COMPLEXITY: u8 = 8;

/// Coded sound.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    /// What the decoder throws away first, on the file's clock.
    pub(crate) pre_skip: u16,
    /// Length that is heard, on the file's clock.
    pub(crate) ticks: u64,
    pub(crate) packets: Vec<Vec<u8>>,
}

fn layout(channels: u16) -> Option<Channels> {
    match channels {
        1 => Some(Channels::Mono),
        2 => Some(Channels::Stereo),
        _ => None,
    }
}

/// Encodes interleaved samples of a rate that Opus takes.
pub(crate) fn encode(samples: &[f32], rate: u32, channels: u16) -> Result<Sound, EncodeError> {
    let fail = |what: &dyn std::fmt::Debug| EncodeError::Audio(format!("{what:?}"));
    let layout = layout(channels).ok_or_else(|| fail(&"neither mono nor stereo"))?;
    let width = usize::from(channels);
    let bitrate = if channels == 1 { BITRATES[0] } else { BITRATES[1] };
    let mut encoder = Encoder::builder(rate, layout, Application::Audio)
        .bitrate(Bitrate::Bits(bitrate))
        .complexity(COMPLEXITY)
        .build()
        .map_err(|e| fail(&e))?;
    // The encoder counts its delay at its own rate.
    let delay = encoder.lookahead() as usize;
    let scale = (CLOCK / rate) as usize;
    let length = samples.len() / width;
    let frame = (rate / 50) as usize;
    let packets = (length + delay).div_ceil(frame);
    let mut sound = Sound {
        rate,
        channels,
        pre_skip: u16::try_from(delay * scale).map_err(|e| fail(&e))?,
        ticks: (length * scale) as u64,
        packets: Vec::with_capacity(packets),
    };
    let mut input = vec![0.0; frame * width];
    let mut output = vec![0; PACKET_BYTES_MAX];
    let mut source = samples.chunks(frame * width);
    for _ in 0..packets {
        input.fill(0.0);
        for (to, from) in input.iter_mut().zip(source.next().unwrap_or_default()) {
            *to = if from.is_finite() { from.clamp(-1.0, 1.0) } else { 0.0 };
        }
        let bytes = encoder.encode_float(&input, &mut output).map_err(|e| fail(&e))?;
        sound.packets.push(output.get(..bytes).unwrap_or_default().to_vec());
    }
    Ok(sound)
}

/// Decodes packets to interleaved samples of `rate`: `skip` ticks are dropped first, then `ticks` are kept.
pub(crate) fn decode(
    packets: &[&[u8]],
    (rate, channels): (u32, u16),
    skip: u64,
    ticks: u64,
) -> Result<Vec<f32>, ClipFault> {
    let layout = layout(channels).ok_or(ClipFault::Profile("sound has one or two channels"))?;
    let mut decoder = Decoder::new(rate, layout).map_err(|_| ClipFault::Profile("sound rate"))?;
    let width = usize::from(channels);
    let at_rate = |ticks: u64| (ticks * u64::from(rate)).div_ceil(u64::from(CLOCK)) as usize * width;
    let (skip, keep) = (at_rate(skip), at_rate(ticks));
    let mut samples = Vec::new();
    let mut buffer = vec![0.0; decoder.max_frame_samples_per_channel() * width];
    for (index, packet) in packets.iter().enumerate() {
        if samples.len() >= skip + keep {
            break;
        }
        let decoded = decoder
            .decode_float(packet, &mut buffer, DecodeMode::Normal)
            .map_err(|_| ClipFault::Sound { index })?;
        samples.extend_from_slice(buffer.get(..decoded * width).unwrap_or_default());
    }
    samples.truncate(skip + keep);
    samples.drain(..skip.min(samples.len()));
    Ok(samples)
}
