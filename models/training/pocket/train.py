"""python -m pocket.train STEP --worlds BINARY --run FOLDER --minutes M

STEP is one of codec (principal components), decoder (picture decoder), flow (both towers). Each resumes from its
checkpoint in the run folder and saves it every two minutes; --minutes is the time of this call, --total the planned
time of the whole step, over which the learning rate falls.
"""

import argparse
import json
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F

from . import muon, sound
from .data import MAP_SCALE, Ring, Stream
from .net import SOUND_LATENTS, WORDS, PictureTower, SoundTower
from .picture import PATCH, Decoder, Encoder

FRAMES = 6  # frames of a clip that are shown to the model
MUON_RATE = 0.008  # highest learning rate of the inner weights


def pictures(frames: np.ndarray) -> torch.Tensor:
    """uint8 [N, 80, 128, 3] → float [N, 3, 80, 128] in −1 … 1."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1


def codec(args):
    """Fits encoder and sound codec on 400 clips."""
    records = Stream(args.worlds, args.seed, 2).read(400)
    frames = pictures(records["frames"].reshape(-1, *records["frames"].shape[2:]).copy())
    patches = F.pixel_unshuffle(frames, PATCH).permute(0, 2, 3, 1).reshape(-1, 48)
    encoder = Encoder.fit(patches)
    latent = encoder.encode(frames)
    error = (encoder.linear(latent) - frames).square().mean().item()
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
            state = torch.load(path)
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

    def learn(self, loss, samples, parts=()):
        done = min(1.0, (self.spent + time.time() - self.start) / (self.args.total * 60))
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
        if self.args.rank:
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
    model = Decoder().to(memory_format=torch.channels_last)
    loop = Loop(args, "decoder", model, 2e-3)
    ring = Ring(Stream(args.worlds, args.seed + 1000 + loop.step, 2), 1_500, 2, 64)
    rng = np.random.default_rng(loop.step)
    while loop.more():
        at = ring.draw(rng, 8)
        real = pictures(ring.frames[at].reshape(16, 80, 128, 3))
        latent = encoder.encode(real)
        # Latents from the denoiser are not exact: a little noise makes the decoder forgiving.
        latent = latent + torch.randn_like(latent) * spread * 0.06 * torch.rand(16, 1, 1, 1)
        made = model(latent, encoder.linear(latent))
        loss = (made - real).abs().mean() + sum((a - b).abs().mean() for a, b in zip(gradient(made), gradient(real)))
        error = (made - real).square().mean().item()
        loop.learn(loss, 16, (10 * np.log10(4 / error),))
    loop.save()


def noised(clean):
    """A noisy version of clean latents; t = 0 is noise, 1 is clean. Half of the samples are nothing but noise: a clip is
    sampled in very few steps, and the first of them decides what is in the picture."""
    t = torch.rand(len(clean)) * (torch.rand(len(clean)) < 0.5)
    t_ = t.view((-1,) + (1,) * (clean.dim() - 1))
    return (1 - t_) * torch.randn_like(clean) + t_ * clean, t


def flow(args):
    """Trains both towers. Attributes are dropped one by one and all together, so that guidance has something to leave."""
    encoder, mel, spread = load_codec(args.run)
    model = torch.nn.ModuleDict({"picture": PictureTower().to(memory_format=torch.channels_last), "sound": SoundTower()})
    loop = Loop(args, "flow", model, args.rate)
    if loop.step == 0:
        print("parameters", {k: sum(p.numel() for p in m.parameters()) for k, m in model.items()}, flush=True)
    seed = args.seed + 2000 + 2 * loop.step + 100_003 * args.rank
    ring = Ring(Stream(args.worlds, seed, FRAMES), args.ring, FRAMES, min(args.ring, 512))
    rng = np.random.default_rng(seed)
    nothing = torch.tensor(WORDS)
    clips, batch = 8, 24
    while loop.more():
        at = ring.draw(rng, batch)
        frame = rng.integers(FRAMES, size=batch)
        clean = encoder.encode(pictures(ring.frames[at, frame])) / spread
        maps = torch.from_numpy(ring.maps[at, frame]).float() / MAP_SCALE
        attributes = torch.from_numpy(ring.attributes[at].astype(np.int64))
        attributes = torch.where(torch.rand(batch, 1) < 0.1, nothing, attributes)
        noisy, t = noised(clean)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            made = model["picture"](noisy, maps, attributes, t)
        picture = F.mse_loss(made.float(), clean)
        heard = torch.from_numpy(ring.sound[at[:clips]].astype(np.float32)) / 32_000
        tokens = mel.encode(sound.tokens(sound.log_mel(heard)))
        events = torch.from_numpy(ring.events[at[:clips]].astype(np.float32)) / 255
        noisy, t = noised(tokens)
        audio = F.mse_loss(model["sound"](noisy, events, attributes[:clips], t), tokens)
        loop.learn(picture + 0.3 * audio, batch, (picture.item(), audio.item()))
    loop.save()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["codec", "decoder", "flow"])
    parser.add_argument("--worlds", required=True, help="the built example `worlds`")
    parser.add_argument("--run", required=True, help="folder of checkpoints")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--total", type=float, default=None, help="planned minutes of the step over all calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=6e-4, help="highest learning rate of the step `flow`")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ring", type=int, default=4_000, help="clips kept in memory (0.5 MB each)")
    parser.add_argument("--workers", type=int, default=1, help="processes of the step `flow`")
    args = parser.parse_args()
    args.total = args.total or args.minutes
    os.makedirs(args.run, exist_ok=True)
    if args.step == "flow" and args.workers > 1:
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
    {"codec": codec, "decoder": decoder, "flow": flow}[args.step](args)


if __name__ == "__main__":
    main()
