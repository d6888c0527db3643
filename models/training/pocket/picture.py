"""The picture autoencoder: a linear encoder of 4×4 pixels × 2 frames, a convolutional decoder that sees its neighbours, and
curves of tones."""

import torch
import torch.nn as nn
import torch.nn.functional as F

PATCH, LATENTS = 4, 24
STYLE, STYLES = 9, 9  # the style's place among the attributes; its words, and a row for "not said"
KNOTS = 129  # of a style's curve of tones, from −1 to 1


def knots():
    """The curve that changes nothing."""
    return torch.linspace(-1, 1, KNOTS)


def toned(pictures, curve):
    """Pictures in −1 … 1 through a curve [KNOTS], linear between its knots."""
    at = (pictures.clamp(-1, 1) + 1) / 2 * (KNOTS - 1)
    below = at.long().clamp(max=KNOTS - 2)
    share = at - below
    return curve[below] * (1 - share) + curve[below + 1] * share


def patches(pictures):
    """Frames [B, 2, 3, H, W] → patches [B, 96, H/4, W/4], channel = frame·48 + colour·16 + row·4 + column."""
    return F.pixel_unshuffle(pictures.flatten(1, 2), PATCH)


class Encoder:
    """Principal components of 2×4×4×3 patches, scaled by spread^½ so that fine detail is not drowned and not loud."""

    def __init__(self, mean, basis, scale):
        self.mean, self.basis, self.scale = mean, basis, scale

    @staticmethod
    def fit(flat: torch.Tensor) -> "Encoder":
        """From patches [N, 96] in −1 … 1."""
        mean = flat.mean(0)
        values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
        top = torch.argsort(values, descending=True)[:LATENTS]
        spread = values[top].clamp(min=1e-8).sqrt()
        # The largest latent has unit spread; the others fall with the root of their own.
        return Encoder(mean, vectors[:, top].contiguous(), (spread * spread[0]).sqrt())

    def encode(self, pictures):
        """[B, 2, 3, 96, 160] in −1 … 1 → latents [B, 24, 24, 40]."""
        flat = patches(pictures).permute(0, 2, 3, 1)
        return (((flat - self.mean) @ self.basis) / self.scale).permute(0, 3, 1, 2)

    def linear(self, latent):
        """The best linear pictures of latents, [B, 6, 96, 160]."""
        flat = (latent.permute(0, 2, 3, 1) * self.scale) @ self.basis.T + self.mean
        return F.pixel_shuffle(flat.permute(0, 3, 1, 2), PATCH)


class Decoder(nn.Module):
    """Latents → two pictures: what the linear decoder gives, plus what the neighbourhood tells."""

    def __init__(self, width=64, fine=40):
        super().__init__()
        conv = lambda a, b, k=3: nn.Conv2d(a, b, k, padding=k // 2)
        self.stem = conv(LATENTS, width)
        self.a1, self.a2, self.b1, self.b2 = (conv(width, width) for _ in range(4))
        self.up, self.fine, self.out = conv(width, 4 * fine, 1), conv(fine, fine), conv(fine, 24)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, latent, linear):
        """[B, 24, 24, 40] and its linear pictures → [B, 6, 96, 160]."""
        h = self.stem(latent)
        h = h + self.a2(F.relu(self.a1(F.relu(h))))
        h = h + self.b2(F.relu(self.b1(F.relu(h))))
        h = F.relu(F.pixel_shuffle(self.up(F.relu(h)), 2))
        h = h + self.fine(h)
        return linear + F.pixel_shuffle(self.out(F.relu(h)), 2)
