"""What every training step shares: time, learning rate, average of the weights, checkpoints and log."""

import json
import os
import time

import numpy as np
import torch
import torch.distributed as dist

from . import muon, sound
from .picture import Encoder

MUON_RATE = 0.003  # highest learning rate of the inner weights
CELLS_RATE = 0.01  # of grids and scores: each cell is seen now and then only


def load_codec(run):
    saved = torch.load(f"{run}/codec.pt")
    return Encoder(**saved["encoder"]), sound.Codec(**saved["mel"]), saved["spread"]


def average_gradients(model):
    """One all-reduce of all gradients: two single-threaded workers outrun one process of two threads."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    at = 0
    for g in gradients:
        g.copy_(flat[at : at + g.numel()].view_as(g))
        at += g.numel()


class Loop:
    """Time, learning rate, average of the weights, checkpoints and log of one step."""

    def __init__(self, args, name, model, rate):
        self.args, self.name, self.model = args, name, model
        inner, cells, other = muon.split(model)
        adam = torch.optim.AdamW(other, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.optimisers = [(adam, rate), (muon.Muon(inner, MUON_RATE), MUON_RATE)]
        if cells:
            self.optimisers.append((torch.optim.Adam(cells, lr=CELLS_RATE, betas=(0.9, 0.98)), CELLS_RATE))
        self.average = {k: v.clone() for k, v in model.state_dict().items()}
        self.step, self.spent, self.samples, self.losses = 0, 0.0, 0, []
        self.start = self.saved = None  # the clock starts with the first step, not while data are drawn
        self.going = True
        path = f"{args.run}/{name}.pt"
        if os.path.exists(path):
            state = torch.load(path, map_location=args.device)
            model.load_state_dict(state["model"])
            for (optimiser, _), kept in zip(self.optimisers, state.get("optimisers", [])):  # none after a warm start
                optimiser.load_state_dict(kept)
            self.average, self.step, self.spent, self.samples = (state[k] for k in ("average", "step", "spent", "samples"))

    def more(self) -> bool:
        if self.start is None:
            self.start = self.saved = time.time()
        go = torch.tensor(float(time.time() - self.start < self.args.minutes * 60))
        if self.args.workers > 1 and self.step % 20 == 0:  # the workers end together
            dist.broadcast(go, 0)
            self.going = bool(go)
        return self.going if self.args.workers > 1 else bool(go)

    def done(self) -> float:
        """The share of the planned time that is over."""
        return min(1.0, (self.spent + time.time() - self.start) / (self.args.total * 60))

    def learn(self, loss, samples, parts=()):
        done = self.done()
        share = min(1.0, (self.step + 1) / 60) * (1.0 if done < 0.55 else max(0.02, (1 - done) / 0.45))
        for optimiser, peak in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = peak * share
            optimiser.zero_grad()
        loss.backward()
        if self.args.workers > 1:
            average_gradients(self.model)
            samples *= self.args.workers
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser, _ in self.optimisers:
            optimiser.step()
        self.step += 1
        self.samples += samples
        keep = min(0.998, self.step / (self.step + 20))
        with torch.no_grad():
            for k, v in self.model.state_dict().items():
                self.average[k].lerp_(v, 1 - keep)
        self.losses.append([loss.item(), *parts])
        if self.args.rank == 0 and time.time() - self.saved > 120:
            self.save()

    def save(self):
        if self.args.rank or not self.losses:  # nothing was learned since the last save
            return
        now = time.time()
        minutes = (self.spent + now - self.start) / 60
        mean = np.mean(self.losses[-400:], 0)
        line = {"step": self.step, "samples": self.samples, "minutes": round(minutes, 1), "loss": [round(float(v), 5) for v in mean]}
        print(self.name, json.dumps(line), flush=True)
        state = {"model": self.model.state_dict(), "optimisers": [o.state_dict() for o, _ in self.optimisers], "average": self.average,
                 "step": self.step, "samples": self.samples, "spent": self.spent + now - self.start}
        torch.save(state, f"{self.args.run}/{self.name}.tmp")
        os.replace(f"{self.args.run}/{self.name}.tmp", f"{self.args.run}/{self.name}.pt")
        self.saved = now
