"""The step `tone`: for each style, a curve of tones that the decoder's pictures go through.

What a network learns by its error is a mean, and the mean of pictures in few tones (cartoon, pixel art) has many. The
curve of a style says which value a real picture most often has where ours has a certain one: the median, which is fitted
without gradients. Styles that gain nothing keep their tones.
"""

import numpy as np
import torch

from .data import Ring, Stream
from .loop import load_codec
from .net import Pocket
from .picture import KNOTS, STYLE, STYLES, Decoder, knots, toned
from .samples import FRAMES

LEAST = 500  # values that a knot needs
GAIN = 0.98  # a curve is used if it makes the mean error at least this much smaller on clips that it was not fitted to
ENOUGH = 40  # clips of a style
CLIPS = 4  # clips that are made together


class Maker:
    """Pictures as the model makes them, from noise in one step, beside those that the worlds draw."""

    def __init__(self, args):
        self.encoder, mel, self.spread = load_codec(args.run)
        load = lambda model, name: model.load_state_dict(torch.load(f"{args.run}/{name}.pt", map_location=args.device)["average"])
        self.net, self.decoder, self.device = Pocket().to(args.device), Decoder().to(args.device), args.device
        load(self.net, args.flow)
        load(self.decoder, "decoder")
        stream = Stream(args.worlds, args.seed + 7000, FRAMES)
        self.ring = Ring(stream, CLIPS, FRAMES, 0, (self.encoder, mel, self.spread), refresh=False, shown=True)

    @torch.no_grad()
    def make(self):
        """Made and real pictures [CLIPS, frames, 6, 96, 160], and the clips' styles."""
        ring, here = self.ring, lambda tensor: tensor.to(self.device)
        ring.take(CLIPS)
        noise, mute = torch.randn(ring.latents.shape), torch.randn(ring.sound.shape)
        maps, zero = here(ring.maps.float().unflatten(1, (FRAMES // 2, 2))), torch.zeros(CLIPS, device=self.device)
        known, first = torch.zeros(noise.shape[:2], device=self.device), here(ring.first.float())
        latents, _ = self.net(here(noise), known, here(mute), maps, here(ring.events), here(ring.attributes), zero, (first / 2, first))
        latents = (latents.flatten(0, 1).permute(0, 3, 1, 2) * self.spread).cpu()
        made = self.decoder(here(latents), here(self.encoder.linear(latents))).cpu().unflatten(0, (CLIPS, -1)).clamp(-1, 1)
        real = ring.shown.permute(0, 1, 4, 2, 3).float() / 127.5 - 1
        return made, real.reshape(made.shape), ring.attributes[:, STYLE]


def fit(made, real):
    """Medians of `real` at each knot of `made`; knots that are hardly seen stay as they are."""
    at = ((made + 1) / 2 * (KNOTS - 1)).round().long().flatten()
    order = torch.argsort(at, stable=True)
    values, counts, curve = real.flatten()[order], torch.bincount(at, minlength=KNOTS), knots()
    for knot, part in enumerate(values.split(counts.tolist())):
        if len(part) >= LEAST:
            curve[knot] = part.median()
    return curve


def tone(args):
    """Fits the curves on clips of half the time, and keeps those that help on the other half."""
    torch.manual_seed(args.seed)
    maker, kept = Maker(args), [[] for _ in range(STYLES)]
    for _ in range(max(2, int(args.clips / CLIPS))):
        for made, real, style in zip(*maker.make()):
            if len(kept[style]) < ENOUGH:
                kept[style].append((made.half(), real.half()))
    curves = knots().repeat(STYLES, 1)
    for style, clips in enumerate(kept):
        if len(clips) < 2:
            continue
        parts = [[torch.stack(side).float() for side in zip(*half)] for half in (clips[::2], clips[1::2])]
        curve, (made, real) = fit(*parts[0]), parts[1]
        before, after = (made - real).abs().mean().item(), (toned(made, curve) - real).abs().mean().item()
        print(f"tone: style {style}, {len(clips)} clips, mean error {before:.4f} -> {after:.4f}", flush=True)
        if after < before * GAIN:
            curves[style] = fit(*(torch.cat(side) for side in zip(*parts)))
    torch.save({"curves": curves, "clips": args.clips}, f"{args.run}/tone.pt")
