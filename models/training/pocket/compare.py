"""python -m pocket.compare --weights ../weights --rival BINARY: the same weights and the same clip here and in Rust.

Both take turns on the same processors, with as many threads as there are; each stage's best round counts. Planning and
the encoder of the file are the same Rust code for both, so the encoder's time is added to both and the maps are given
to this side ready-made.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy as np
import torch
from safetensors.torch import load_file

from . import sound
from .data import AXES, EVENTS, MAPS, MAP_HEIGHT, MAP_WIDTH
from .export import NAME, networks
from .net import SOUND_LATENTS
from .picture import LATENTS, STYLE, Encoder, toned
from .warm import split

FRAMES, ITERATIONS, MOMENTUM = 48, 32, 0.9


def inputs(rival):
    """What the network is given for the clip of `rival`."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "clip")
        subprocess.run([rival, "write", path], check=True)
        data = open(path, "rb").read()
    attributes = torch.tensor(list(data[:AXES]))[None]
    floats = torch.from_numpy(np.frombuffer(data, "<f4", offset=AXES + 2).copy())
    count = FRAMES * MAPS * MAP_HEIGHT * MAP_WIDTH
    maps = floats[:count].view(1, FRAMES // 2, 2, MAPS, MAP_HEIGHT, MAP_WIDTH).movedim(3, -1).contiguous()
    return attributes, maps, floats[count:].view(1, FRAMES, EVENTS)


class Vocoder:
    """Griffin-Lim with momentum, as in the Rust code."""

    def __init__(self, inverse):
        self.inverse = inverse

    def samples(self, mel):
        magnitude = (self.inverse @ (10**mel - sound.FLOOR * 1.3).clamp(min=0)).clamp(min=0)
        phase = torch.arange(magnitude.numel()).view(magnitude.T.shape).T * 0.618034 * 2 * torch.pi
        spectrum, before = torch.polar(magnitude, phase), None
        stft = lambda x: torch.stft(x, sound.WINDOW, sound.HOP, sound.WINDOW, sound.HANN, return_complex=True)[:, : magnitude.shape[1]]
        istft = lambda s: torch.istft(s, sound.WINDOW, sound.HOP, sound.WINDOW, sound.HANN, length=magnitude.shape[1] * sound.HOP)
        for _ in range(ITERATIONS):
            now = stft(istft(spectrum))
            ahead = now + (now - (now if before is None else before)) * MOMENTUM
            spectrum, before = ahead / (ahead.abs() + 1e-8) * magnitude, now
        return istft(spectrum)


class Here:
    """The clip in PyTorch."""

    def __init__(self, weights, given, steps):
        self.steps = steps
        tensors = load_file(f"{weights}/{NAME}.safetensors")
        self.pocket, self.decoder = networks(tensors)
        basis, scale = split(tensors["encoder.linear"])
        self.encoder = Encoder(tensors["encoder.mean"], basis, scale)
        self.spread = tensors["encoder.spread"].item()
        mel_basis, mel_scale = split(tensors["mel.linear"])
        self.mel = sound.Codec(tensors["mel.mean"], mel_basis, mel_scale)
        self.vocoder = Vocoder(tensors["mel.inverse"])
        self.attributes, self.maps, self.events = given
        self.curve = tensors["tone.curves"][self.attributes[0, STYLE]]

    @torch.inference_mode()
    def round(self):
        """Seconds of denoiser and of decoder with vocoder."""
        start = time.perf_counter()
        x, heard = torch.randn(1, FRAMES // 2, 24, 40, LATENTS), torch.randn(1, FRAMES, SOUND_LATENTS)
        known, zero = torch.zeros(1, FRAMES // 2), torch.zeros(1)
        for step in range(self.steps):
            t = step / self.steps
            clean, sounded = self.pocket(x, known, heard, self.maps, self.events, self.attributes, torch.tensor([t]), (zero, zero))
            share = 1 / (self.steps - step)
            x, heard = x + (clean - x) * share, heard + (sounded - heard) * share
        denoised = time.perf_counter()
        latent = x[0].permute(0, 3, 1, 2) * self.spread
        shown = toned(self.decoder(latent.contiguous(memory_format=torch.channels_last), self.encoder.linear(latent)), self.curve)
        ((shown.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        self.vocoder.samples(sound.untokens(self.mel.decode(heard))[0])
        return denoised - start, time.perf_counter() - denoised


def timed(rival, rounds):
    """What so many rounds of the Rust side say."""
    out = subprocess.run([rival, "time", str(rounds)], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--rival", required=True, help="the built example `rival`")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    torch.set_flush_denormal(True)
    steps = timed(args.rival, 1)[0]["steps"]  # theirs, so that both always do the same work
    here = Here(args.weights, inputs(args.rival), steps)
    here.round()
    mine, theirs = [], []
    for _ in range(args.rounds):
        mine.append(here.round())
        theirs += timed(args.rival, 2)
    best = {k: min(r[k] for r in theirs) for k in ("denoise", "develop", "encode")}
    torch_best = dict(zip(("denoise", "develop"), np.min(mine, 0))) | {"encode": best["encode"]}
    for stage in ("denoise", "develop", "encode"):
        print(f"{stage:8} PyTorch {torch_best[stage]:.3f} s   Rust {best[stage]:.3f} s   {best[stage] / torch_best[stage]:.2f}")
    whole, ours = sum(torch_best.values()), sum(best.values())
    print(f"whole    PyTorch {whole:.3f} s   Rust {ours:.3f} s   {ours / whole:.2f}   ({steps} steps, {torch.__version__}, {torch.get_num_threads()} threads)")


if __name__ == "__main__":
    main()
