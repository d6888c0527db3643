"""The step `distil`: a student learns to do in one step what its teacher, the trained denoiser, does in two.

Progressive distillation (Salimans and Ho 2022) in terms of clean latents: the student's prediction has to be the one
that takes it in a single step to where two half steps of the teacher lead.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F

from .data import Ring, Stream
from .loop import Loop, load_codec
from .net import Pocket
from .samples import FRAMES, mix, sample, weight_of

STEPS = 4  # steps of the student's schedule


def distil(args):
    """Trains the student."""
    teacher = Pocket().to(args.device)
    teacher.load_state_dict(torch.load(f"{args.run}/flow.pt", map_location=args.device)["average"])
    teacher.requires_grad_(False).eval()
    model = copy.deepcopy(teacher).requires_grad_(True).train()
    loop = Loop(args, "distil", model, args.rate / 8)
    seed = args.seed + 9000 + 2 * loop.step + 100_003 * args.rank
    ring = Ring(Stream(args.worlds, seed, FRAMES), args.ring, FRAMES, min(args.ring, args.fill), load_codec(args.run))
    rng = np.random.default_rng(seed)
    while loop.more():
        parts = sample(ring, rng, max(1, args.batch // 4), 2, args.device)
        clean, known, heard, maps, events, attributes, first_picture, first_sound = parts
        t = torch.from_numpy(rng.integers(STEPS, size=len(clean))).to(args.device) / STEPS
        keep = known[:, :, None, None, None]
        start = mix(clean, t, torch.randn_like(clean)), mix(heard, t, torch.randn_like(heard))
        look = lambda net, x, at: net(x[0] * (1 - keep) + clean * keep, known, x[1], maps, events, attributes, at, (first_picture, first_sound))
        with torch.autocast(args.device, torch.bfloat16):
            with torch.no_grad():
                aims = aim(lambda x, at: look(teacher, x, at), start, t)
            made = look(model, start, t)
        weight = weight_of(maps) * (1 - keep)
        picture = ((made[0].float() - aims[0]).square() * weight).mean() / weight.mean()
        audio = F.mse_loss(made[1].float(), aims[1])
        loop.learn(picture + 0.3 * audio, args.batch, (picture.item(), audio.item()))
    loop.save()
    ring.close()


def aim(teach, start, t):
    """The clean latents that lead in one step of 1/STEPS where two half steps of the teacher lead."""
    half = 1 / (2 * STEPS)
    x = start
    for at in (t, t + half):
        towards = teach(x, at)
        x = tuple(a + (b.float() - a) * spread(half / (1 - at), a) for a, b in zip(x, towards))
    return tuple(a + (b - a) * spread((1 - t) * STEPS, a) for a, b in zip(start, x))


def spread(value, like):
    return value.view((-1,) + (1,) * (like.dim() - 1))
