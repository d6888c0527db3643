"""python -m pocket.train STEP --worlds BINARY --run FOLDER --minutes M

STEP is one of codec (principal components), decoder (picture decoder), sketch (the denoiser's painters alone), flow (the
whole denoiser), distil (a denoiser of few steps from it). Each resumes from its
checkpoint in the run folder and saves it every two minutes; --minutes is the time of this call, --total the planned
time of the whole step, over which the learning rate falls.
"""

import argparse
import json
import os
import sys
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F

from . import distil, muon, sound
from .data import Ring, Stream, pictures
from .net import SOUND_LATENTS, WORDS, Pocket
from .picture import Decoder, Encoder, patches

FRAMES = 16  # frames of a clip that are shown to the model
MUON_RATE = 0.003  # highest learning rate of the inner weights


def pairs(records) -> torch.Tensor:
    """The frames of records, two by two: [N, 2, 3, 96, 160]."""
    frames = pictures(records["frames"])
    return frames.reshape(-1, 2, *frames.shape[2:])


def codec(args):
    """Fits encoder and sound codec on 400 clips."""
    records = Stream(args.worlds, args.seed, 2).read(400)
    real = pairs(records)
    encoder = Encoder.fit(patches(real).permute(0, 2, 3, 1).reshape(-1, 96))
    latent = encoder.encode(real)
    error = (encoder.linear(latent) - real.flatten(1, 2)).square().mean().item()
    flat = sound.tokens(sound.log_mel(torch.from_numpy(records["sound"].astype(np.float32)) / 32_000))
    mel = sound.Codec.fit(flat.reshape(-1, flat.shape[-1]), SOUND_LATENTS)
    kept = 1 - ((mel.decode(mel.encode(flat)) - flat).square().mean() / (flat - mel.mean).square().mean()).item()
    spread = latent.std().item()
    print(f"codec: linear picture {10 * np.log10(4 / error):.2f} dB, latents ±{spread:.3f}, sound keeps {kept:.4f}", flush=True)
    torch.save({"encoder": vars(encoder), "mel": vars(mel), "spread": spread}, f"{args.run}/codec.pt")


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
        inner, other = muon.split(model)
        adam = torch.optim.AdamW(other, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.optimisers = [(adam, rate), (muon.Muon(inner, MUON_RATE), MUON_RATE)]
        self.average = {k: v.clone() for k, v in model.state_dict().items()}
        self.step, self.spent, self.samples, self.losses = 0, 0.0, 0, []
        self.start = self.saved = time.time()
        self.going = True
        path = f"{args.run}/{name}.pt"
        if os.path.exists(path):
            state = torch.load(path, map_location=args.device)
            model.load_state_dict(state["model"])
            for (optimiser, _), kept in zip(self.optimisers, state.get("optimisers", [])):  # none after a warm start
                optimiser.load_state_dict(kept)
            self.average, self.step, self.spent, self.samples = (state[k] for k in ("average", "step", "spent", "samples"))

    def more(self) -> bool:
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


def gradient(picture):
    return picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]


def decoder(args):
    """Trains the picture decoder: L1 on pixels and on their gradients."""
    encoder, _, spread = load_codec(args.run)
    model = Decoder().to(args.device, memory_format=torch.channels_last)
    loop = Loop(args, "decoder", model, 2e-3)
    stream = Stream(args.worlds, args.seed + 1000 + loop.step, 2)
    kept, rng = pairs(stream.read(256)), np.random.default_rng(loop.step)
    while loop.more():
        if loop.step % 8 == 0:  # fresh pictures take the place of old ones
            kept[torch.from_numpy(rng.integers(len(kept), size=8))] = pairs(stream.read(8))
        real = kept[torch.from_numpy(rng.integers(len(kept), size=args.batch // 3))]
        latent = encoder.encode(real)
        # Latents from the denoiser are not exact: a little noise makes the decoder forgiving.
        latent = latent + torch.randn_like(latent) * spread * 0.06 * torch.rand(len(latent), 1, 1, 1)
        given, real = encoder.linear(latent).to(args.device), real.flatten(1, 2).to(args.device)
        with torch.autocast(args.device, torch.bfloat16):
            made = model(latent.to(args.device, memory_format=torch.channels_last), given)
        made = made.float()
        loss = (made - real).abs().mean() + sum((a - b).abs().mean() for a, b in zip(gradient(made), gradient(real)))
        error = (made - real).square().mean().item()
        loop.learn(loss, len(real) * 2, (10 * np.log10(4 / error),))
    loop.save()


def noised(clean):
    """A noisy version of clean latents; t = 0 is noise, 1 is clean. Half of the samples are nothing but noise: a clip is
    sampled in very few steps, and the first of them decides what is in the picture."""
    t = torch.rand(len(clean), device=clean.device) * (torch.rand(len(clean), device=clean.device) < 0.5)
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


def weight_of(maps):
    """Actors cover little of a picture and are most of what it is about. [B, T, 24, 40, 1]."""
    return 1 + 2 * F.max_pool2d(maps[..., :2].amax((2, -1)), 2)[..., None]


def sketch(args):
    """Trains the painters to draw what they can by themselves: they are small, so they see many scenes quickly."""
    codec = load_codec(args.run)
    model = Pocket().to(args.device)
    whole = f"{args.run}/flow.pt"
    if os.path.exists(whole):  # the network that they belong to has learned already
        model.load_state_dict(torch.load(whole, map_location=args.device)["model"], strict=False)
    parts = torch.nn.ModuleDict({"plan": model.plan, "sketch": model.sketch})
    if not os.path.exists(whole):
        parts["cond"] = model.cond
    loop = Loop(args, "sketch", parts, 2e-3)
    seed = args.seed + 500 + 2 * loop.step + 100_003 * args.rank
    ring = Ring(Stream(args.worlds, seed, FRAMES), args.ring, FRAMES, min(args.ring, args.fill), codec)
    rng = np.random.default_rng(seed)
    while loop.more():
        clean, _, _, maps, _, attributes, _, _ = sample(ring, rng, 2 * args.batch, 1, args.device)
        with torch.autocast(args.device, torch.bfloat16):
            drawn = model.draft(maps, attributes)
        error = (drawn.float() - clean).square()
        loop.learn((error * weight_of(maps)).mean(), 2 * args.batch, (error.mean().item(),))
    loop.save()


def flow(args):
    """Trains the denoiser. Attributes are dropped now and then, so that guidance has something to leave."""
    encoder, mel, spread = load_codec(args.run)
    model = Pocket().to(args.device, memory_format=torch.channels_last)
    loop = Loop(args, "flow", model, args.rate)
    if loop.step == 0 and os.path.exists(f"{args.run}/sketch.pt"):
        begun = torch.load(f"{args.run}/sketch.pt", map_location=args.device)["average"]
        model.load_state_dict(begun, strict=False)
        loop.average |= {k: v.clone() for k, v in begun.items()}
    if loop.step == 0 and args.rank == 0:
        print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    seed = args.seed + 2000 + 2 * loop.step + 100_003 * args.rank
    ring = Ring(Stream(args.worlds, seed, FRAMES), args.ring, FRAMES, min(args.ring, args.fill), (encoder, mel, spread))
    rng = np.random.default_rng(seed)
    shared = np.random.default_rng(seed - 100_003 * args.rank)  # all workers take windows of the same length
    while loop.more():
        frames = frames_shown(shared, loop.done())
        picture, audio = attempt(model, sample(ring, rng, max(1, args.batch // frames), frames, args.device), args.device)
        loop.learn(picture + 0.3 * audio, args.batch, (picture.item(), audio.item()))
    loop.save()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["codec", "decoder", "sketch", "flow", "distil"])
    parser.add_argument("--worlds", required=True, help="the built example `worlds`")
    parser.add_argument("--run", required=True, help="folder of checkpoints")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--total", type=float, default=None, help="planned minutes of the step over all calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=6e-4, help="highest learning rate of the step `flow`")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=24, help="latent frames (two pictures each) of a step and worker")
    parser.add_argument("--ring", type=int, default=1_500, help="clips kept in memory (2.5 MB each)")
    parser.add_argument("--fill", type=int, default=256, help="clips drawn before training starts")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=1, help="processes of the steps `sketch`, `flow` and `distil`")
    args = parser.parse_args()
    args.total = args.total or args.minutes
    os.makedirs(args.run, exist_ok=True)
    if args.step in ("sketch", "flow", "distil") and args.workers > 1:
        multiprocessing.spawn(work, (args,), args.workers)
    else:
        args.workers = 1
        work(0, args)


def work(rank, args):
    """One process of a step."""
    args.rank = rank
    if args.workers > 1:
        rendezvous = f"file://{os.path.abspath(args.run)}/rendezvous-{os.getppid()}"
        dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=args.workers)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    # A resumed step must not draw the noise of its first minutes again.
    torch.manual_seed(args.seed + 1_000 * rank + (int(time.time()) % 1_000 if args.step != "codec" else 0))
    steps = {"codec": codec, "decoder": decoder, "sketch": sketch, "flow": flow}
    if args.step == "distil":
        distil.distil(args, sys.modules[__name__])
    else:
        steps[args.step](args)


if __name__ == "__main__":
    main()
