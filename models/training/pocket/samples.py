"""Training samples: windows of clips, what of them is given, how much noise, and the loss on them."""

import numpy as np
import torch
import torch.nn.functional as F

from .data import pictures
from .net import FIRE, WORDS

FRAMES = 16  # frames of a clip that are shown to the model


def pairs(records) -> torch.Tensor:
    """The frames of records, two by two: [N, 2, 3, 96, 160]."""
    frames = pictures(records["frames"])
    return frames.reshape(-1, 2, *frames.shape[2:])


def weight_of(maps):
    """Actors and fire cover little of a picture and are most of what it is about. [B, T, 24, 40, 1]."""
    return 1 + 2 * F.max_pool2d(maps[..., [0, 1, FIRE]].amax((2, -1)), 2)[..., None]


def noised(clean):
    """A noisy version of clean latents; t = 0 is noise, 1 is clean. Most samples are nothing but noise: a clip is sampled
    in very few steps, and the first of them decides what is in the picture."""
    t = torch.rand(len(clean), device=clean.device) * (torch.rand(len(clean), device=clean.device) < 0.35)
    return t, mix(clean, t, torch.randn_like(clean))


def mix(clean, t, noise):
    t = t.view((-1,) + (1,) * (clean.dim() - 1))
    return (1 - t) * noise + t * clean


def frames_shown(rng, done):
    """Latent frames of one step: single ones at first, for many scenes; longer windows as training goes on."""
    lengths, early, late = (1, 2, 4, 8), np.array([0.6, 0.25, 0.1, 0.05]), np.array([0.3, 0.25, 0.2, 0.25])
    share = min(1.0, max(0.0, (done - 0.4) / 0.4))
    return int(rng.choice(lengths, p=early + (late - early) * share))


def given_frames(rng, batch, frames):
    """Which latent frames are given and clean: the first few (a first frame, a clip to go on from), or both ends."""
    known = torch.zeros(batch, frames)
    for k in range(batch):
        if frames > 1 and rng.random() < 0.15:
            known[k, : 1 + rng.integers(max(1, frames // 2))] = 1
            if rng.random() < 0.3:
                known[k, -1] = 1
    return known


def sample(ring, rng, batch, frames, device):
    """One training sample: what is given to the network and what it has to find."""
    at = ring.draw(rng, batch)
    start = int(rng.integers(FRAMES // 2 - frames + 1))
    clean = ring.latents[at, start : start + frames].float()
    maps = ring.maps[at, 2 * start : 2 * (start + frames)].float().unflatten(1, (frames, 2))
    first = ring.first[at].float()
    known = given_frames(rng, batch, frames)
    attributes = torch.where(torch.rand(batch, 1) < 0.05, torch.tensor(WORDS), ring.attributes[at])
    parts = (clean, known, ring.sound[at], maps, ring.events[at], attributes, first / 2 + start, first)
    return [p.to(device, non_blocking=True) for p in parts]


def attempt(model, parts, device):
    """The losses of picture and sound."""
    clean, known, heard, maps, events, attributes, first_picture, first_sound = parts
    t, noisy = noised(clean)
    noisy_sound = mix(heard, t, torch.randn_like(heard))
    keep = known[:, :, None, None, None]
    noisy = noisy * (1 - keep) + clean * keep
    with torch.autocast(device, torch.bfloat16):
        made, sounded = model(noisy, known, noisy_sound, maps, events, attributes, t, (first_picture, first_sound))
    weight = weight_of(maps) * (1 - keep)
    picture = ((made.float() - clean).square() * weight).mean() / weight.mean()
    return picture, F.mse_loss(sounded.float(), heard)
