"""python -m pocket.architectures --worlds BINARY --run FOLDER: kinds of denoisers after the same training FLOPs.

All see the same clips in the same order from the same first weights where they share them; each takes as many steps as
its FLOPs allow. What is compared is the error on clips that none has seen, from pure noise, as the first and most
important step of sampling has it. Small runs tell kinds apart; they say nothing of the last percent.
"""

import argparse
import json

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from . import muon
from .data import Ring, Stream
from .loop import CELLS_RATE, MUON_RATE, load_codec
from .net import Pocket
from .samples import FRAMES, attempt, sample, weight_of

KINDS = {
    "convolutions around a transformer, grids": {},
    "the same without grids": {"grids": False},
    "convolutions alone": {"depth": 0},
    "transformer alone, as deep as its FLOPs allow": {"convs": 0, "depth": 7},
}
RATE = 2e-3


def kind(depth=4, convs=2, grids=True):
    torch.manual_seed(3)
    model = Pocket(depth=depth, convs=convs)
    if not grids:
        for name, weight in model.named_parameters():
            if name.endswith((".cells", ".tokens")):
                weight.requires_grad_(False).zero_()
    return model


def flops(model, parts):
    """Of one forward pass; backward is twice that for all kinds."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        attempt(model, parts, "cpu")
    return counter.get_total_flops()


@torch.no_grad()
def errors(model, ring, clips):
    """Mean weighted squared error of pictures and of sound on the last `clips` clips of the ring, from noise alone."""
    torch.manual_seed(9)
    pictures, sounds = [], []
    for at in range(ring.count - clips, ring.count, 4):
        ids = torch.arange(at, at + 4)
        clean = ring.latents[ids, :4].float()
        maps = ring.maps[ids, :8].float().unflatten(1, (4, 2))
        first = ring.first[ids].float()
        zero = torch.zeros(4)
        made, heard = model(torch.randn_like(clean), torch.zeros(4, 4), torch.randn_like(ring.sound[ids]), maps, ring.events[ids],
                            ring.attributes[ids], zero, (first / 2, first))
        weight = weight_of(maps)
        pictures.append(((made - clean).square() * weight).mean() / weight.mean())
        sounds.append((heard - ring.sound[ids]).square().mean())
    return float(torch.stack(pictures).mean()), float(torch.stack(sounds).mean())


class Seen:
    """The clips of a ring that are trained on."""

    def __init__(self, ring, clips):
        self.__dict__.update({k: v for k, v in vars(ring).items()})
        self.clips = clips

    def draw(self, rng, count):
        return torch.from_numpy(rng.integers(self.clips, size=count))


def train(model, seen, batch, budget, cost):
    inner, cells, other = muon.split(model)
    stages = [(torch.optim.AdamW(other, RATE, betas=(0.9, 0.98), weight_decay=0.01), RATE), (muon.Muon(inner, MUON_RATE), MUON_RATE)]
    cells = [c for c in cells if c.requires_grad]
    if cells:
        stages.append((torch.optim.Adam(cells, CELLS_RATE, betas=(0.9, 0.98)), CELLS_RATE))
    rng, steps = np.random.default_rng(5), max(1, round(budget / cost))
    for step in range(steps):
        frames = int(rng.choice((1, 2, 4, 8), p=(0.45, 0.25, 0.15, 0.15)))
        picture, audio = attempt(model, sample(seen, rng, max(1, batch // frames), frames, "cpu"), "cpu")
        share = min(1.0, (step + 1) / 20) * max(0.02, min(1.0, (1 - step / steps) / 0.45))
        for optimiser, peak in stages:
            for group in optimiser.param_groups:
                group["lr"] = peak * share
            optimiser.zero_grad()
        (picture + 0.3 * audio).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser, _ in stages:
            optimiser.step()
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", required=True, help="the built example `worlds`")
    parser.add_argument("--run", required=True, help="folder of `codec.pt`")
    parser.add_argument("--clips", type=int, default=512)
    parser.add_argument("--held", type=int, default=64, help="how many of the clips are kept for the comparison")
    parser.add_argument("--steps", type=int, default=250, help="steps of the first kind; it sets the FLOPs of all")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--only", default="", help="kinds whose names contain this")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    encoder, mel, spread = load_codec(args.run)
    stream = Stream(args.worlds, 4_242, FRAMES, clips=args.clips)
    ring = Ring(stream, args.clips, FRAMES, args.clips, (encoder, mel, spread), refresh=False)
    seen = Seen(ring, args.clips - args.held)
    budget = None
    for name, options in KINDS.items():
        model = kind(**options)
        cost = flops(model, sample(seen, np.random.default_rng(1), args.batch // 4, 4, "cpu"))
        budget = budget or cost * args.steps
        if args.only not in name:
            continue
        torch.manual_seed(7)
        steps = train(model, seen, args.batch, budget, cost)
        picture, sound = errors(model.eval(), ring, args.held)
        weights = sum(p.numel() for p in model.parameters() if p.requires_grad)
        print(json.dumps({"kind": name, "weights": weights, "gflops": round(cost / 1e9, 2), "steps": steps,
                          "picture": round(picture, 4), "sound": round(sound, 4)}), flush=True)


if __name__ == "__main__":
    main()
