"""python -m pocket.recipe --worlds BINARY --kinora BINARY --run FOLDER --weights FOLDER [--smoke | --device cuda] [--for MINUTES]

From nothing to a model card, one step after another: codec, picture decoder, painters, denoiser, distillation, tones, export,
evaluation, card. Every step resumes where it was; `--for` stops after so many minutes, and the same command goes on. `--smoke`
gives each step seconds instead of minutes and evaluates few clips, to see that everything fits together.
"""

import argparse
import json
import os
import subprocess
import sys
import time

# Step, minutes on two processor cores, minutes on one GPU.
STEPS = [("codec", 1, 1), ("decoder", 10, 5), ("sketch", 10, 5), ("flow", 150, 60), ("distil", 10, 10), ("tone", 5, 2)]
SMOKE_MINUTES = 0.5
SEED = 1  # of the scenes that are scored
SMOKE_CLIPS = 8
CALL_MINUTES = 8  # a call is shorter than ten minutes with its start and its end


def python(module, *args):
    """Runs a module of this package; its output goes where ours goes."""
    subprocess.run([sys.executable, "-m", f"pocket.{module}", *map(str, args)], check=True)


class State:
    """What is done, on disk."""

    def __init__(self, run):
        self.path = f"{run}/recipe.json"
        self.minutes = json.load(open(self.path)) if os.path.exists(self.path) else {}

    def add(self, step, minutes):
        self.minutes[step] = self.minutes.get(step, 0) + minutes
        with open(f"{self.path}.tmp", "w") as file:
            json.dump(self.minutes, file)
        os.replace(f"{self.path}.tmp", self.path)


def train(args, state, step, total):
    """Trains one step until its time is over or ours is; says whether it is done."""
    while state.minutes.get(step, 0) < total:
        left = min(CALL_MINUTES, total - state.minutes.get(step, 0), args.until - time.time() / 60)
        if left <= 0.05:
            return False
        given = ["--worlds", args.worlds, "--run", args.run, "--minutes", left, "--total", total, "--device", args.device]
        if args.device == "cuda":
            given += ["--batch", 384, "--ring", 12_000, "--fill", 2_000]
        elif step in ("sketch", "flow", "distil"):
            given += ["--workers", os.cpu_count(), "--threads", 1]
        if step == "tone":
            given += ["--flow", "distil", "--clips", 40 if args.smoke else 400]
        python("train", step, *given)
        state.add(step, left)
    return True


def evaluate(args):
    """Scores the exported weights and writes the figures into the card beside them."""
    bench, weights = f"{args.run}/bench.json", f"{args.weights}/pocket-v1.safetensors"
    command = [args.kinora, "bench", "pocket", "--json", "--seed", SEED, "--weights", weights]
    command += ["--clips", SMOKE_CLIPS] if args.smoke else []
    with open(f"{bench}.tmp", "w") as file:
        subprocess.run([str(part) for part in command], stdout=file, check=True)
    os.replace(f"{bench}.tmp", bench)
    python("card", "--bench", bench, "--weights", args.weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", required=True, help="the built example `worlds`")
    parser.add_argument("--kinora", required=True, help="the built program, which scores the weights")
    parser.add_argument("--run", required=True, help="folder of checkpoints")
    parser.add_argument("--weights", required=True, help="folder that gets the weights")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--for", dest="minutes", type=float, default=1e9, help="stop after so many minutes")
    args = parser.parse_args()
    args.until = time.time() / 60 + args.minutes
    os.makedirs(args.run, exist_ok=True)
    os.makedirs(args.weights, exist_ok=True)
    state = State(args.run)
    for step, cpu, gpu in STEPS:
        total = SMOKE_MINUTES if args.smoke else gpu if args.device == "cuda" else cpu
        if not train(args, state, step, total):
            print(f"stopped in {step}; the same command goes on")
            return
    python("export", "--run", args.run, "--out", args.weights, "--flow", "distil")
    evaluate(args)
    print(f"weights and their card are in {args.weights}")


if __name__ == "__main__":
    main()
