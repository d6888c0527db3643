"""The picture autoencoder: a linear encoder of 4×4 patches and a convolutional decoder that sees its neighbours."""

import torch
import torch.nn as nn
import torch.nn.functional as F

PATCH, LATENTS = 4, 16


class Encoder:
    """Principal components of 4×4×3 patches, scaled by spread^½ so that fine detail is not drowned and not loud."""

    def __init__(self, mean, basis, scale):
        self.mean, self.basis, self.scale = mean, basis, scale

    @staticmethod
    def fit(patches: torch.Tensor) -> "Encoder":
        """From patches [N, 48] in −1 … 1."""
        mean = patches.mean(0)
        values, vectors = torch.linalg.eigh((patches - mean).T @ (patches - mean) / len(patches))
        top = torch.argsort(values, descending=True)[:LATENTS]
        spread = values[top].clamp(min=1e-8).sqrt()
        # The largest latent has unit spread; the others fall with the root of their own.
        return Encoder(mean, vectors[:, top].contiguous(), (spread * spread[0]).sqrt())

    def encode(self, picture):
        """[B, 3, 80, 128] in −1 … 1 → latents [B, 16, 20, 32]."""
        patches = F.pixel_unshuffle(picture, PATCH).permute(0, 2, 3, 1)
        return (((patches - self.mean) @ self.basis) / self.scale).permute(0, 3, 1, 2)

    def linear(self, latent):
        """The best linear picture of latents."""
        patches = (latent.permute(0, 2, 3, 1) * self.scale) @ self.basis.T + self.mean
        return F.pixel_shuffle(patches.permute(0, 3, 1, 2), PATCH)


class Decoder(nn.Module):
    """Latents → picture: what the linear decoder gives, plus what the neighbourhood tells."""

    def __init__(self, width=56, fine=20):
        super().__init__()
        self.stem = nn.Conv2d(LATENTS, width, 3, padding=1)
        self.a1, self.a2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.b1, self.b2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.Conv2d(width, 4 * fine, 1)
        self.fine = nn.Conv2d(fine, fine, 3, padding=1)
        self.out = nn.Conv2d(fine, 12, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, latent, linear):
        h = self.stem(latent)
        h = h + self.a2(F.relu(self.a1(F.relu(h))))
        h = h + self.b2(F.relu(self.b1(F.relu(h))))
        h = F.relu(F.pixel_shuffle(self.up(F.relu(h)), 2))
        h = h + self.fine(h)
        return linear + F.pixel_shuffle(self.out(F.relu(h)), 2)
