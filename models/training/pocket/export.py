"""python -m pocket.export --run FOLDER --out models/weights: averaged weights as f16, their hash, and a golden file."""

import argparse
import subprocess

import numpy as np
import torch
from safetensors.torch import save_file

from . import sound
from .data import EVENTS, MAPS, MAP_HEIGHT, MAP_WIDTH
from .net import SOUND_LATENTS, WORDS, PictureTower, SoundTower
from .picture import LATENTS, Decoder
from .train import load_codec


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    encoder, mel, spread = load_codec(args.run)
    flow, decoder = torch.load(f"{args.run}/flow.pt"), torch.load(f"{args.run}/decoder.pt")
    tensors = {k: v.half() for k, v in flow["average"].items()}
    tensors |= {f"decoder.{k}": v.half() for k, v in decoder["average"].items()}
    # The codecs stay f32: they are small, and every clip goes through them.
    tensors["encoder.linear"] = (encoder.basis * encoder.scale).T
    tensors["encoder.mean"] = encoder.mean
    tensors["encoder.spread"] = torch.tensor([spread])
    tensors["mel.linear"] = (mel.basis * mel.spread).T
    tensors["mel.mean"] = mel.mean
    tensors["mel.inverse"] = torch.linalg.pinv(sound.FILTERS)
    path = f"{args.out}/pocket-v0.safetensors"
    save_file({k: v.contiguous() for k, v in tensors.items()}, path)
    import blake3

    with open(path, "rb") as file:
        digest = blake3.blake3(file.read()).hexdigest()
    with open(f"{args.out}/pocket-v0.b3", "w") as file:
        file.write(digest + "\n")
    golden(tensors, encoder, spread, f"{args.out}/golden.safetensors")
    steps = {k: (s["step"], s["samples"], round(s["spent"] / 60, 1)) for k, s in (("flow", flow), ("decoder", decoder))}
    print(path, digest, steps)


def golden(tensors, encoder, spread, path):
    """Inputs and outputs of each network with the rounded weights, for two frames and one clip."""
    picture, tower, decoder = PictureTower(), SoundTower(), Decoder()
    pick = lambda name: {k[len(name) + 1 :]: v.float() for k, v in tensors.items() if k.startswith(name + ".")}
    picture.load_state_dict(pick("picture"))
    tower.load_state_dict(pick("sound"))
    decoder.load_state_dict(pick("decoder"))
    g = torch.Generator().manual_seed(11)
    attributes = torch.tensor([[n // 2 for n in WORDS]])
    time = torch.tensor([0.4])
    given = {
        "picture.noisy": torch.randn(2, LATENTS, 20, 32, generator=g), "maps": torch.randn(2, MAPS, MAP_HEIGHT, MAP_WIDTH, generator=g),
        "sound.noisy": torch.randn(1, 24, SOUND_LATENTS, generator=g), "events": torch.rand(1, 24, EVENTS, generator=g),
        "decoder.latent": torch.randn(1, LATENTS, 20, 32, generator=g) * spread,
    }
    with torch.no_grad():
        made = {
            "picture.clean": picture(given["picture.noisy"], given["maps"], attributes.expand(2, -1), time.expand(2)),
            "sound.clean": tower(given["sound.noisy"], given["events"], attributes, time),
            "decoder.picture": decoder(given["decoder.latent"], encoder.linear(given["decoder.latent"])),
        }
    extra = {"attributes": attributes[0].to(torch.uint8), "time": time}
    save_file({k: v.contiguous() for k, v in (given | made | extra).items()}, path)


if __name__ == "__main__":
    main()
