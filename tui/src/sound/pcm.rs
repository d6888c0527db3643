//! A clip's samples as 16-bit little-endian PCM, from a position on, with the loudness of the moment.

use std::sync::Arc;
use std::time::Duration;

use kinora_media::footage::Footage;

/// Bytes of one sample.
const SAMPLE_BYTES: usize = 2;

/// The sound of a clip being read.
#[derive(Clone, Debug)]
pub(super) struct Pcm {
    footage: Arc<Footage>,
    /// Index of the first sample played.
    first: usize,
    /// Index of the next sample.
    next: usize,
}

impl Pcm {
    /// From a position on.
    pub(super) fn new(footage: Arc<Footage>, from: Duration) -> Self {
        let frame = (from.as_secs_f64() * f64::from(footage.sample_rate)) as usize;
        let first = frame.saturating_mul(usize::from(footage.channels)).min(footage.samples.len());
        Self { footage, first, next: first }
    }

    /// Samples per second of each channel.
    pub(super) fn rate(&self) -> u32 {
        self.footage.sample_rate
    }

    /// Channels.
    pub(super) fn channels(&self) -> u16 {
        self.footage.channels
    }

    /// Bytes of one second.
    pub(super) fn bytes_per_second(&self) -> usize {
        (self.rate().max(1) as usize) * usize::from(self.channels().max(1)) * SAMPLE_BYTES
    }

    /// Position in the clip after so many bytes were heard.
    pub(super) fn position(&self, bytes: u64) -> Duration {
        let first = (self.first * SAMPLE_BYTES) as u64;
        Duration::from_secs_f64((first + bytes) as f64 / self.bytes_per_second() as f64)
    }

    /// Bytes read so far.
    pub(super) const fn read(&self) -> usize {
        (self.next - self.first) * SAMPLE_BYTES
    }

    /// Whether everything was read.
    pub(super) fn is_over(&self) -> bool {
        self.next >= self.footage.samples.len()
    }

    /// The next samples: at most `bytes`, whole frames of all channels.
    pub(super) fn take(&mut self, bytes: usize, loudness: f32) -> Vec<u8> {
        let channels = usize::from(self.channels().max(1));
        let samples = bytes / SAMPLE_BYTES / channels * channels;
        let end = self.next.saturating_add(samples).min(self.footage.samples.len());
        let chunk = self.footage.samples.get(self.next..end).unwrap_or(&[]);
        self.next = end;
        let gain = loudness.clamp(0.0, 1.0) * f32::from(i16::MAX);
        chunk.iter().flat_map(|s| ((s.clamp(-1.0, 1.0) * gain) as i16).to_le_bytes()).collect()
    }

    /// Goes back by so many bytes that could not be written.
    pub(super) fn untake(&mut self, bytes: usize) {
        self.next = self.next.saturating_sub(bytes / SAMPLE_BYTES).max(self.first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_is_read_in_whole_frames_from_the_position_on() {
        let samples = vec![1.0, -1.0, 0.5, -0.5, 2.0, 0.0];
        let footage = Footage { sample_rate: 8_000, channels: 2, samples, ..Footage::default() };
        let mut pcm = Pcm::new(Arc::new(footage), Duration::from_micros(125));
        assert_eq!(pcm.bytes_per_second(), 32_000);
        let bytes = pcm.take(7, 1.0);
        assert_eq!(bytes, [16383i16.to_le_bytes(), (-16383i16).to_le_bytes()].concat());
        assert_eq!((pcm.read(), pcm.is_over()), (4, false));
        assert_eq!(pcm.position(4), Duration::from_micros(250));
        assert_eq!(pcm.take(100, 0.0), [0; 4], "silence is sent, so that the clock goes on");
        assert!(pcm.is_over());
        pcm.untake(4);
        assert_eq!(pcm.read(), 4);
    }
}
