"""Log-mel tokens of sound: one token a video frame, reduced by principal components."""

import numpy as np
import torch

RATE, WINDOW, HOP, MELS, PER_TOKEN, FLOOR = 24_000, 1024, 250, 64, 8, 1e-2


def mel_filters() -> torch.Tensor:
    """Triangular filters [MELS, WINDOW/2+1] on the HTK mel scale, 20 Hz to 11 kHz."""
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    mel = lambda f: 2595 * np.log10(1 + f / 700)
    hertz = lambda m: 700 * (10 ** (m / 2595) - 1)
    edge = hertz(np.linspace(mel(20), mel(11_000), MELS + 2))
    rise = (bins - edge[:-2, None]) / (edge[1:-1] - edge[:-2])[:, None]
    fall = (edge[2:, None] - bins) / (edge[2:] - edge[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rise, fall))
    for i in range(MELS):  # narrow low bands fall between bins: take the nearest
        if filters[i].sum() < 0.5:
            filters[i, np.argmin(abs(bins - edge[i + 1]))] = 1.0
    return torch.tensor(filters, dtype=torch.float32)


FILTERS = mel_filters()
HANN = torch.hann_window(WINDOW)


def log_mel(sound: torch.Tensor) -> torch.Tensor:
    """[B, samples] → log10 mel magnitudes [B, MELS, samples/HOP]."""
    spectrum = torch.stft(sound, WINDOW, HOP, WINDOW, HANN, center=True, return_complex=True).abs()
    return torch.log10(FILTERS @ spectrum[..., : sound.shape[-1] // HOP] + FLOOR)


def tokens(mel: torch.Tensor) -> torch.Tensor:
    """[B, MELS, T·8] → [B, T, 8·MELS]."""
    batch, mels, time = mel.shape
    return mel.reshape(batch, mels, time // PER_TOKEN, PER_TOKEN).permute(0, 2, 3, 1).reshape(batch, -1, PER_TOKEN * mels)


def untokens(flat: torch.Tensor) -> torch.Tensor:
    """The inverse of `tokens`."""
    batch, time, _ = flat.shape
    return flat.reshape(batch, time, PER_TOKEN, MELS).permute(0, 3, 1, 2).reshape(batch, MELS, time * PER_TOKEN)


QUIET = 0.45  # spread below which a component counts for less than the others


class Codec:
    """Principal components of tokens, each scaled to unit spread, but for those that hardly ever change."""

    def __init__(self, mean, basis, spread):
        self.mean, self.basis, self.spread = mean, basis, spread

    @staticmethod
    def fit(flat: torch.Tensor, keep: int) -> "Codec":
        """From tokens [N, 8·MELS]."""
        mean = flat.mean(0)
        values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
        top = torch.argsort(values, descending=True)[:keep]
        return Codec(mean, vectors[:, top].contiguous(), values[top].clamp(min=QUIET**2).sqrt())

    def encode(self, flat):
        return (flat - self.mean) @ self.basis / self.spread

    def decode(self, latent):
        return (latent * self.spread) @ self.basis.T + self.mean
