"""python -m pocket.warm --weights models/weights --run FOLDER: a run folder that goes on from committed weights.

The optimiser's state and the not-averaged weights are not committed, so a warm start begins with a short rise of the
learning rate; data seeds begin anew from `--seed` of the steps.
"""

import argparse
import os

import torch
from safetensors.torch import load_file

from .export import NAME
from .picture import Encoder
from .sound import Codec


def split(linear: torch.Tensor):
    """Rows of `(basis × scale).T` → orthonormal basis and scales."""
    scale = linear.norm(dim=1)
    return (linear / scale[:, None]).T.contiguous(), scale


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--run", required=True)
    args = parser.parse_args()
    os.makedirs(args.run, exist_ok=True)
    tensors = load_file(f"{args.weights}/{NAME}.safetensors")
    basis, scale = split(tensors["encoder.linear"])
    mel_basis, mel_scale = split(tensors["mel.linear"])
    encoder = Encoder(tensors["encoder.mean"], basis, scale)
    codec = Codec(tensors["mel.mean"], mel_basis, mel_scale)
    spread = tensors["encoder.spread"].item()
    torch.save({"encoder": vars(encoder), "mel": vars(codec), "spread": spread}, f"{args.run}/codec.pt")
    for name, prefix in (("decoder", "decoder."), ("flow", "pocket.")):
        weights = {k[len(prefix):]: v.float() for k, v in tensors.items() if k.startswith(prefix)}
        average = {k: v.clone() for k, v in weights.items()}
        state = {"model": weights, "average": average, "step": 0, "samples": 0, "spent": 0.0}
        torch.save(state, f"{args.run}/{name}.pt")
    torch.save({"curves": tensors["tone.curves"], "clips": 0}, f"{args.run}/tone.pt")
    print("warm start in", args.run)


if __name__ == "__main__":
    main()
