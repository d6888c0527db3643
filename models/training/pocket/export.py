"""python -m pocket.export --run FOLDER --out models/weights: averaged weights as f16, their hash, and a golden file."""

import argparse

import torch
from safetensors.torch import save_file

from . import sound
from .data import EVENTS, MAPS, MAP_HEIGHT, MAP_WIDTH
from .net import FIRE, SOUND_LATENTS, WORDS, Pocket
from .picture import LATENTS, Decoder, toned
from .loop import load_codec

NAME = "pocket-v1"
GOLDEN_STYLE = 1  # cartoon: its curve has steps


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--flow", default="flow", help="checkpoint to export: flow or distil")
    args = parser.parse_args()
    encoder, mel, spread = load_codec(args.run)
    load = lambda name: torch.load(f"{args.run}/{name}.pt", map_location="cpu")
    flow, decoder = load(args.flow), load("decoder")
    tensors = {f"pocket.{k}": v.half() for k, v in flow["average"].items()}
    tensors |= {f"decoder.{k}": v.half() for k, v in decoder["average"].items()}
    tensors["tone.curves"] = load("tone")["curves"]
    # The codecs stay f32: they are small, and every clip goes through them.
    tensors["encoder.linear"] = (encoder.basis * encoder.scale).T
    tensors["encoder.mean"] = encoder.mean
    tensors["encoder.spread"] = torch.tensor([spread])
    tensors["mel.linear"] = (mel.basis * mel.spread).T
    tensors["mel.mean"] = mel.mean
    tensors["mel.inverse"] = torch.linalg.pinv(sound.FILTERS)
    path = f"{args.out}/{NAME}.safetensors"
    save_file({k: v.contiguous() for k, v in tensors.items()}, path)
    import blake3

    with open(path, "rb") as file:
        digest = blake3.blake3(file.read()).hexdigest()
    with open(f"{args.out}/{NAME}.b3", "w") as file:
        file.write(digest + "\n")
    golden(tensors, encoder, spread, f"{args.out}/golden.safetensors")
    steps = {k: (s["step"], s["samples"], round(s["spent"] / 60, 1)) for k, s in ((args.flow, flow), ("decoder", decoder))}
    print(path, digest, steps)


def networks(tensors):
    """Denoiser and decoder with the rounded weights."""
    pick = lambda name: {k[len(name) + 1 :]: v.float() for k, v in tensors.items() if k.startswith(name + ".")}
    pocket, decoder = Pocket(), Decoder()
    pocket.load_state_dict(pick("pocket"))
    decoder.load_state_dict(pick("decoder"))
    return pocket.eval(), decoder.eval()


def golden(tensors, encoder, spread, path, frames=3):
    """Inputs and outputs of each network for a few latent frames, the first of which is given."""
    pocket, decoder = networks(tensors)
    g = torch.Generator().manual_seed(11)
    attributes = torch.tensor([[n // 2 for n in WORDS]])
    time = torch.tensor([0.4])
    maps = torch.randn(1, frames, 2, MAP_HEIGHT, MAP_WIDTH, MAPS, generator=g)
    # A point belongs to at most one actor or fire.
    who = torch.randint(0, 4, maps.shape[:-1], generator=g)
    maps[..., 0], maps[..., 1], maps[..., FIRE] = (who == 1).float(), (who == 2).float(), (who == 3).float()
    maps[..., 2:6] *= (who > 0).float()[..., None]
    maps = maps.half().float()  # half of the file's size, and the same numbers on both sides
    given = {
        "picture.noisy": torch.randn(1, frames, 24, 40, LATENTS, generator=g),
        "sound.noisy": torch.randn(1, 2 * frames, SOUND_LATENTS, generator=g),
        "maps": maps,
        "events": torch.rand(1, 2 * frames, EVENTS, generator=g),
        "decoder.latent": torch.randn(1, LATENTS, 24, 40, generator=g),
        "heard": torch.randn(1, 2_000 * 16, generator=g) * 0.1,
    }
    known = torch.tensor([[1.0] + [0.0] * (frames - 1)])
    zero = torch.zeros(1)
    latent = given["decoder.latent"] * spread
    with torch.no_grad():
        picture, heard = pocket(
            given["picture.noisy"], known, given["sound.noisy"], given["maps"], given["events"], attributes, time, (zero, zero)
        )
        made = {
            "picture.clean": picture, "sound.clean": heard, "decoder.picture": toned(decoder(latent, encoder.linear(latent)), tensors["tone.curves"][GOLDEN_STYLE]),
            "mel": sound.log_mel(given["heard"]),
        }
    extra = {"attributes": attributes[0].to(torch.uint8), "time": time, "known": known[0]}
    given["maps"] = given["maps"].movedim(-1, 3).half()  # as the maps lie in the Rust code; they were rounded above
    given["decoder.latent"] = given["decoder.latent"].permute(0, 2, 3, 1)
    made["decoder.picture"] = made["decoder.picture"].permute(0, 2, 3, 1)
    save_file({k: v.contiguous() for k, v in (given | made | extra).items()}, path)


if __name__ == "__main__":
    main()
