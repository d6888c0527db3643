"""python -m pocket.train STEP --worlds BINARY --run FOLDER --minutes M

STEP is one of codec (principal components), decoder (picture decoder), sketch (the denoiser's painters alone), flow (the
whole denoiser), distil (a denoiser of few steps from it), tone (curves of tones for styles). Each resumes from its checkpoint in the run folder and saves it
every two minutes; --minutes is the time of this call, --total the planned time of the whole step, over which the
learning rate falls.
"""

import argparse
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

from . import sound
from .data import Ring, Stream
from .distil import distil
from .loop import Loop, load_codec
from .net import SOUND_LATENTS, Pocket
from .picture import Decoder, Encoder, patches
from .samples import FRAMES, attempt, frames_shown, pairs, sample, weight_of
from .tone import tone


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
    ring.close()


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
    ring.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["codec", "decoder", "sketch", "flow", "distil", "tone"])
    parser.add_argument("--worlds", required=True, help="the built example `worlds`")
    parser.add_argument("--run", required=True, help="folder of checkpoints")
    parser.add_argument("--flow", default="flow", help="denoiser that `tone` fits for: flow or distil")
    parser.add_argument("--clips", type=int, default=400, help="clips that `tone` makes")
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
    {"codec": codec, "decoder": decoder, "sketch": sketch, "flow": flow, "distil": distil, "tone": tone}[args.step](args)


if __name__ == "__main__":
    main()
