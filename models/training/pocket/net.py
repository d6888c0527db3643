"""Pocket's denoiser: two towers that predict the clean latents of picture and sound from noisy ones.

Both are conditioned on the time of the flow and on the sum of one embedding for each axis of the scene; the picture on
the blocking's maps, the sound on the blocking's events. Every operation exists in the Rust inference.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .data import EVENTS, MAPS
from .picture import LATENTS

WORDS = [16, 10, 10, 10, 3, 4, 3, 8, 3, 8, 6, 2]  # words of each axis; one more row means "not said"
SOUND_LATENTS = 40


class Res(nn.Module):
    """Two convolutions, modulated by the condition."""

    def __init__(self, width, cond):
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.a, self.b = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(cond, 2 * width)
        for p in (self.b.weight, self.film.weight, self.film.bias):
            nn.init.zeros_(p)

    def forward(self, x, e):
        gain, bias = self.film(e)[:, :, None, None].chunk(2, 1)
        return x + self.b(F.relu(self.a(self.norm(x) * (1 + gain) + bias)))


class Attention(nn.Module):
    """Self-attention over a sequence, then a ReLU² layer. Input and output [B, N, width]."""

    def __init__(self, width, heads=4):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x):
        batch, length, width = x.shape
        shape = (batch, length, 3, self.heads, width // self.heads)
        q, k, v = self.qkv(F.layer_norm(x, (width,))).view(shape).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        return x + self.down(F.relu(self.up(F.layer_norm(x, (width,)))).square())


class Condition(nn.Module):
    """Time of the flow and attributes → one vector."""

    def __init__(self, cond):
        super().__init__()
        self.words = nn.ModuleList(nn.Embedding(n + 1, cond) for n in WORDS)
        self.t1, self.t2 = nn.Linear(64, cond), nn.Linear(cond, cond)

    def forward(self, attributes, t):
        rate = torch.exp(torch.arange(32) * (-math.log(1000) / 31))
        phase = t[:, None] * 100 * rate
        e = self.t2(F.relu(self.t1(torch.cat([phase.sin(), phase.cos()], -1))))
        return F.relu(e + sum(table(attributes[:, i]) for i, table in enumerate(self.words)))


class PictureTower(nn.Module):
    """A U-Net on the 20×32 latent grid with attention at 5×8."""

    def __init__(self, c1=48, c2=96, c3=192, cond=192):
        super().__init__()
        self.cond = Condition(cond)
        self.stem = nn.Conv2d(LATENTS + 4 * MAPS, c1, 3, padding=1)
        self.down1, self.down2 = nn.Conv2d(c1, c2, 2, 2), nn.Conv2d(c2, c3, 2, 2)
        self.a = nn.ModuleList([Res(c1, cond), Res(c1, cond)])
        self.b = nn.ModuleList([Res(c2, cond), Res(c2, cond)])
        self.place = nn.Parameter(torch.zeros(1, 40, c3))
        self.mid = nn.ModuleList([Res(c3, cond), Res(c3, cond), Res(c3, cond)])
        self.attention = nn.ModuleList([Attention(c3), Attention(c3)])
        self.up2, self.join2 = nn.Conv2d(c3, 4 * c2, 1), nn.Conv2d(2 * c2, c2, 1)
        self.c = nn.ModuleList([Res(c2, cond), Res(c2, cond)])
        self.up1, self.join1 = nn.Conv2d(c2, 4 * c1, 1), nn.Conv2d(2 * c1, c1, 1)
        self.d = nn.ModuleList([Res(c1, cond), Res(c1, cond)])
        self.out = nn.Conv2d(c1, LATENTS, 3, padding=1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x, maps, attributes, t):
        """x [B, 16, 20, 32], maps [B, 19, 40, 64], attributes [B, 12], t [B] → clean x."""
        e = self.cond(attributes, t)
        h = self.stem(torch.cat([x, F.pixel_unshuffle(maps, 2)], 1))
        for res in self.a:
            h = res(h, e)
        fine, h = h, self.down1(h)
        for res in self.b:
            h = res(h, e)
        half, h = h, self.down2(h)
        batch, width, rows, columns = h.shape
        for i, res in enumerate(self.mid):
            h = res(h, e)
            if i < len(self.attention):
                flat = h.flatten(2).transpose(1, 2)
                flat = self.attention[i](flat + self.place if i == 0 else flat)
                h = flat.transpose(1, 2).reshape(batch, width, rows, columns)
        h = self.join2(torch.cat([F.pixel_shuffle(self.up2(h), 2), half], 1))
        for res in self.c:
            h = res(h, e)
        h = self.join1(torch.cat([F.pixel_shuffle(self.up1(h), 2), fine], 1))
        for res in self.d:
            h = res(h, e)
        return self.out(h)


class SoundTower(nn.Module):
    """Convolutions over time and attention on the tokens of a clip."""

    def __init__(self, width=160, cond=160, depth=4):
        super().__init__()
        self.cond = Condition(cond)
        self.stem = nn.Conv1d(SOUND_LATENTS + EVENTS + 2, width, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(depth))
        self.films = nn.ModuleList(nn.Linear(cond, 2 * width) for _ in range(depth))
        self.attention = nn.ModuleList(Attention(width) for _ in range(depth))
        self.out = nn.Conv1d(width, SOUND_LATENTS, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        for layer in [*self.convs, *self.films]:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x, events, attributes, t):
        """x [B, T, 40], events [B, T, 9], attributes [B, 12], t [B] → clean x."""
        e = self.cond(attributes, t)
        batch, length, _ = x.shape
        # Ambience and music follow the clock from the start of the clip: seconds, and the phase of a half second.
        seconds = torch.arange(length) / 12.0
        clock = torch.stack([seconds / 4.0, (seconds * 4 * math.pi).sin()], -1).expand(batch, -1, -1)
        h = self.stem(torch.cat([x, events, clock], -1).transpose(1, 2))
        for conv, film, attention in zip(self.convs, self.films, self.attention):
            gain, bias = film(e)[:, :, None].chunk(2, 1)
            normed = F.layer_norm(h.transpose(1, 2), (h.shape[1],)).transpose(1, 2)
            h = h + conv(F.relu(normed * (1 + gain) + bias))
            h = attention(h.transpose(1, 2)).transpose(1, 2)
        return self.out(h).transpose(1, 2)
