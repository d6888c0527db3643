"""The oracle: which words a clip shows and sounds like. Trained on real worlds alone; it judges what Pocket makes.

python -m pocket.oracle train  --worlds BINARY --run FOLDER --minutes 12
python -m pocket.oracle test   --worlds BINARY --run FOLDER
python -m pocket.oracle export --run FOLDER --out models/weights

`train` resumes from its checkpoint. Scenes come from both sides of the split, so that the oracle has no bias for the
combinations that Pocket knows. Only layers that the Rust executor has; a golden file holds both to the same numbers.
"""

import argparse
import json
import os
import subprocess
import threading
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from . import muon
from .net import conv, norm

PAIRS, HEIGHT, WIDTH, SPECTRA, BANDS, AXES, VERSION = 6, 48, 80, 192, 64, 18, 2
CHANGE = 4.0  # a change of colour is made about as large as a colour
# Axis, number of words (with "not said" for what only some scenes have), and its place among the attributes.
LOOK = [("subject", 16, 0), ("colour", 10, 1)]  # of what stands where the plan has a body
PARTNER, PARTNER_COLOUR = 16, 17
SEEN = [
    ("action", 10, 2), ("place", 10, 3), ("time", 3, 4), ("weather", 4, 5),
    ("framing", 3, 6), ("camera", 12, 7), ("speed", 3, 8), ("style", 8, 9), ("mood", 6, 10), ("angle", 3, 12),
    ("size", 3, 13), ("count", 3, 14), ("relation", 6, 15),
]
HEARD = [("action", 10, 2), ("place", 10, 3), ("weather", 4, 5), ("mood", 6, 10), ("music", 2, 11)]
MOOD, MUSIC = 10, 11  # a mood is heard only where music plays
C = (24, 64, 128)
CUT_OUT, BODY, BODY_HIDDEN = 24, (24, 48, 64), 64  # sides of a cut-out, and the network that looks at it
HIDDEN, SOUND, SOUND_HIDDEN = 144, 112, 128
FOUR = 4  # spectra that are taken together

RECORD = np.dtype([
    ("magic", "S4"), ("version", "<u4"), ("seed", "<u8"), ("attributes", "u1", AXES), ("pad", "u1", 2),
    ("seen", "u1", (PAIRS, 2, HEIGHT, WIDTH, 3)), ("heard", "<f2", (SPECTRA, BANDS)),
    ("places", "<f4", (PAIRS, 2, 3)),
])


def seen_of(now, following):
    """Pairs of frames in −1 … 1, [B, 6, 48, 80, 3] each → what the network sees, [B, 6, 48, 80, 8]."""
    batch = len(now)
    down = torch.linspace(-1, 1, HEIGHT)[:, None].expand(HEIGHT, WIDTH)
    across = torch.linspace(-1, 1, WIDTH).expand(HEIGHT, WIDTH)
    at = torch.stack([across, down], -1).expand(batch, PAIRS, -1, -1, -1)
    return torch.cat([now, (following - now) * CHANGE, at], -1)


def pooled(x):
    """[B, N, C] → mean and maximum over N, [B, 2·C]."""
    return torch.cat([x.mean(1), x.amax(1)], -1)


class Eye(nn.Module):
    """Pairs of frames → logits of every axis that can be seen."""

    def __init__(self):
        super().__init__()
        a, b, c = C
        self.down1, self.down2, self.down3 = nn.Conv2d(8, a, 2, 2), nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, c, 2, 2)
        self.res1, self.res2, self.res3 = (nn.Conv2d(w, w, 3, padding=1) for w in C)
        self.time = nn.Conv1d(c, c, 3, padding=1, bias=False)
        self.hidden = nn.Linear(PAIRS * 2 * c, HIDDEN)
        self.heads = nn.ModuleDict({name: nn.Linear(HIDDEN, words) for name, words, _ in SEEN})

    def forward(self, x):
        """x [B, 6, 48, 80, 8]."""
        batch = len(x)
        h = x.flatten(0, 1)
        for down, res in ((self.down1, self.res1), (self.down2, self.res2), (self.down3, self.res3)):
            h = F.relu(conv(down, h))
            h = h + F.relu(conv(res, norm(h)))
        n, rows, columns, width = h.shape
        flat = norm(h).reshape(batch, PAIRS, rows * columns, width).permute(0, 3, 1, 2)
        moved = F.conv2d(flat, self.time.weight[..., None], padding=(1, 0)).permute(0, 2, 3, 1)
        h = h + F.relu(moved).reshape(h.shape)
        h = norm(pooled(h.reshape(n, rows * columns, width))).reshape(batch, -1)
        h = F.relu(self.hidden(h))
        return {name: head(h) for name, head in self.heads.items()}


def cut_outs(now, places):
    """What is seen where the plan has bodies: frames [B, 6, 48, 80, 3] and (x, y, reach) [B, 6, 3] → [B, 6, 24, 24, 3]."""
    along = (torch.arange(CUT_OUT) + 0.5) / (CUT_OUT / 2) - 1
    x = places[..., 0:1] + places[..., 2:3] * along
    y = places[..., 1:2] + places[..., 2:3] * along
    x, y = x / WIDTH - 1, y / HEIGHT - 1  # of pictures twice as wide and high, −1 … 1
    grid = torch.stack(torch.broadcast_tensors(x[:, :, None, :], y[:, :, :, None]), -1).flatten(0, 1)
    frames = now.flatten(0, 1).permute(0, 3, 1, 2)
    cut = F.grid_sample(frames, grid, padding_mode="border", align_corners=False)
    return cut.permute(0, 2, 3, 1).reshape(*now.shape[:2], CUT_OUT, CUT_OUT, 3)


class Look(nn.Module):
    """Cut-outs of one body → what it is, and its colour."""

    def __init__(self):
        super().__init__()
        a, b, c = BODY
        self.down1, self.down2, self.down3 = nn.Conv2d(3, a, 2, 2), nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, c, 2, 2)
        self.res1, self.res2 = nn.Conv2d(a, a, 3, padding=1), nn.Conv2d(b, b, 3, padding=1)
        self.hidden = nn.Linear(9 * c, BODY_HIDDEN)
        self.heads = nn.ModuleDict({name: nn.Linear(BODY_HIDDEN, words) for name, words, _ in LOOK})

    def forward(self, x):
        """x [B, 6, 24, 24, 3]. The frames are looked at one by one, and what is found is averaged."""
        h = x.flatten(0, 1)
        for down, res in ((self.down1, self.res1), (self.down2, self.res2)):
            h = F.relu(conv(down, h))
            h = h + F.relu(conv(res, norm(h)))
        h = F.relu(conv(self.down3, h)).flatten(1)
        h = F.relu(self.hidden(norm(h))).reshape(len(x), PAIRS, -1).mean(1)
        return {name: head(h) for name, head in self.heads.items()}


class Ear(nn.Module):
    """Log-mel spectra → logits of every axis that can be heard."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(BANDS, BANDS, 5, padding=2)
        self.join = nn.Linear(FOUR * BANDS, SOUND)
        self.res = nn.Conv1d(SOUND, SOUND, 5, padding=2)
        self.hidden = nn.Linear(2 * SOUND, SOUND_HIDDEN)
        self.heads = nn.ModuleDict({name: nn.Linear(SOUND_HIDDEN, words) for name, words, _ in HEARD})

    def forward(self, x):
        """x [B, 192, 64]."""
        sequence = lambda layer, h: layer(h.transpose(1, 2)).transpose(1, 2)
        h = x + F.relu(sequence(self.first, x))
        h = F.relu(self.join(h.reshape(len(h), SPECTRA // FOUR, FOUR * BANDS)))
        h = h + F.relu(sequence(self.res, norm(h)))
        h = F.relu(self.hidden(norm(pooled(h))))
        return {name: head(h) for name, head in self.heads.items()}


class Oracle(nn.Module):
    """All senses."""

    def __init__(self):
        super().__init__()
        self.eye, self.look, self.ear = Eye(), Look(), Ear()


class Clips:
    """Clips of both sides of the split, seven of one and one of the other, read into memory while training goes on."""

    def __init__(self, binary, seed, clips):
        self.records, self.count = np.zeros(clips, RECORD), 0
        self.streams = [self.start(binary, seed, clips, []), self.start(binary, seed + 1, clips, ["--held"])]
        threading.Thread(target=self.fill, daemon=True).start()

    @staticmethod
    def start(binary, seed, clips, more):
        return subprocess.Popen([binary, "judge", "--seed", str(seed), "--clips", str(clips)] + more, stdout=subprocess.PIPE)

    def fill(self):
        for at in range(len(self.records)):
            data = self.streams[at % 8 == 7].stdout.read(RECORD.itemsize)
            if len(data) < RECORD.itemsize:
                break
            self.records[at] = np.frombuffer(data, RECORD)[0]
            if self.records[at]["magic"] != b"KJDG" or self.records[at]["version"] != VERSION:
                raise ValueError("not a stream of clips to judge, or another version of it")
            self.count = at + 1
        for stream in self.streams:
            stream.kill()

    def wait(self, clips):
        while self.count < clips:
            time.sleep(0.2)


def blurred(x, share):
    """[B, 6, 48, 80, 3], each clip blended with its 3×3 average."""
    flat = x.flatten(0, 1).permute(0, 3, 1, 2)
    soft = F.avg_pool2d(flat, 3, 1, 1, count_include_pad=False).permute(0, 2, 3, 1).reshape(x.shape)
    return torch.lerp(x, soft, share.view(-1, 1, 1, 1, 1))


def batch_of(records, disturb):
    """Inputs of both networks, and the words. Disturbed, so that what a model blurs a little is still known."""
    seen = torch.from_numpy(records["seen"]).float() / 127.5 - 1
    heard = torch.from_numpy(records["heard"].astype(np.float32))
    words = torch.from_numpy(records["attributes"].astype(np.int64))
    now, following = seen[:, :, 0], seen[:, :, 1]
    if disturb:
        n = len(seen)
        share = torch.rand(n) * (torch.rand(n) < 0.5)
        now, following = blurred(now, share), blurred(following, share)
        loud = (torch.rand(n) * (torch.rand(n) < 0.5)).view(-1, 1, 1, 1, 1)
        now = now + torch.randn_like(now) * loud * 0.06
        following = following + torch.randn_like(now) * loud * 0.02
        heard = heard + torch.randn_like(heard) * torch.rand(n, 1, 1) * 0.1
    places = torch.from_numpy(records["places"].astype(np.float32))
    bodies = [cut_outs(now, places[:, :, role]) for role in range(2)]
    return seen_of(now, following), bodies, heard, words


def losses(oracle, records, disturb=True):
    """Mean cross entropy of what is seen in whole pictures, of what bodies are, and of what is heard."""
    seen, bodies, heard, words = batch_of(records, disturb)
    paired = words[:, PARTNER] < 16
    with torch.autocast("cpu", torch.bfloat16):
        shown, told = oracle.eye(seen), oracle.ear(heard)
        bodies = oracle.look(torch.cat([bodies[0], bodies[1][paired]]))
    known = torch.cat([words[:, :2], words[paired][:, PARTNER:]])
    look = sum(F.cross_entropy(bodies[name].float(), known[:, at]) for name, _, at in LOOK)
    eye = sum(F.cross_entropy(shown[name].float(), words[:, at]) for name, _, at in SEEN) / len(SEEN)
    ear = 0.0
    for name, _, at in HEARD:
        loss = F.cross_entropy(told[name].float(), words[:, at], reduction="none")
        ear = ear + (loss * (words[:, MUSIC] == 0) if at == MOOD else loss).mean() / len(HEARD)
    return eye, look, ear


def optimisers(oracle, rate):
    """Muon for inner weights, Adam for the first layers, the heads and the biases."""
    outer = lambda name: "heads" in name or "down1" in name or "first" in name
    named = list(oracle.named_parameters())
    inner = [p for name, p in named if p.dim() >= 2 and not outer(name)]
    other = [p for name, p in named if p.dim() < 2 or outer(name)]
    return [(muon.Muon(inner, rate), rate), (torch.optim.AdamW(other, 2e-3, weight_decay=0.01), 2e-3)]


def train(args):
    oracle = Oracle()
    count = sum(p.numel() for p in oracle.parameters())
    stages = optimisers(oracle, args.rate)
    path, step, spent = f"{args.run}/oracle.pt", 0, 0.0
    if os.path.exists(path):
        state = torch.load(path)
        oracle.load_state_dict(state["model"])
        for (optimiser, _), kept in zip(stages, state["optimisers"]):
            optimiser.load_state_dict(kept)
        step, spent = state["step"], state["spent"]
    average = {k: v.clone() for k, v in oracle.state_dict().items()} if step == 0 else state["average"]
    print("parameters", count, "step", step, flush=True)
    clips = Clips(args.worlds, args.seed, args.clips)
    clips.wait(min(512, args.clips))
    rng, start, saved, noted = np.random.default_rng(args.seed + step), time.time(), time.time(), []
    while True:
        minutes = (spent + time.time() - start) / 60
        over = time.time() - start > args.minutes * 60
        if noted and (over or time.time() - saved > 45):
            mean = np.mean(noted, 0)
            print(json.dumps({"step": step, "minutes": round(minutes, 1), "clips": clips.count, "eye": round(mean[0], 3), "look": round(mean[1], 3), "ear": round(mean[2], 3)}), flush=True)
            torch.save({"model": oracle.state_dict(), "optimisers": [o.state_dict() for o, _ in stages], "average": average,
                        "step": step, "spent": minutes * 60}, path + ".tmp")
            os.replace(path + ".tmp", path)
            saved, noted = time.time(), []
        if over:
            return
        done = min(1.0, minutes / args.total)
        share = min(1.0, (step + 1) / 40) * max(0.02, min(1.0, (1 - done) / 0.7))
        eye, look, ear = losses(oracle, clips.records[rng.integers(clips.count, size=args.batch)])
        for optimiser, peak in stages:
            for group in optimiser.param_groups:
                group["lr"] = peak * share
            optimiser.zero_grad()
        (eye + look + ear).backward()
        torch.nn.utils.clip_grad_norm_(oracle.parameters(), 1.0)
        for optimiser, _ in stages:
            optimiser.step()
        step += 1
        keep = min(0.99, step / (step + 20))
        for k, v in oracle.state_dict().items():
            average[k].lerp_(v, 1 - keep)
        noted.append([eye.item(), look.item(), ear.item()])


def averaged(run):
    """The averaged weights, rounded to half precision, and the network with them."""
    average = torch.load(f"{run}/oracle.pt", map_location="cpu")["average"]
    tensors = {k: v.half().contiguous() for k, v in average.items()}
    oracle = Oracle()
    oracle.load_state_dict({k: v.float() for k, v in tensors.items()})
    return tensors, oracle.eval()


@torch.no_grad()
def test(args):
    """Accuracy on clips of another seed, in parts per hundred."""
    _, oracle = averaged(args.run)
    clips = Clips(args.worlds, args.seed + 1_000, args.clips)
    clips.wait(args.clips)
    right = {}
    for at in range(0, args.clips, 32):
        seen, bodies, heard, words = batch_of(clips.records[at : at + 32], False)
        paired = words[:, PARTNER] < 16
        other = [(name, words_of, axis + PARTNER) for name, words_of, axis in LOOK]
        senses = (("seen", oracle.eye(seen), SEEN), ("heard", oracle.ear(heard), HEARD),
                  ("subject's", oracle.look(bodies[0]), LOOK), ("partner's", oracle.look(bodies[1]), other))
        for sense, logits, axes in senses:
            for name, _, axis in axes:
                counts = words[:, MUSIC] == 0 if sense == "heard" and axis == MOOD else words[:, axis] >= 0
                counts = paired if name == "relation" or sense == "partner's" else counts
                hits = (logits[name].argmax(-1) == words[:, axis])[counts]
                right.setdefault(f"{sense} {name}", []).extend(hits.tolist())
    print(json.dumps({k: round(100 * float(np.mean(v)), 1) for k, v in right.items()}, indent=1))


@torch.no_grad()
def export(args):
    """Weights in half precision, their hash, and the golden numbers of a made-up clip."""
    from blake3 import blake3
    from safetensors.torch import save_file

    tensors, oracle = averaged(args.run)
    path = f"{args.out}/oracle.safetensors"
    save_file(tensors, path)
    with open(path, "rb") as file:
        digest = blake3(file.read()).hexdigest()
    with open(f"{args.out}/oracle.b3", "w") as file:
        file.write(digest + "\n")
    golden = {}
    # Made-up inputs that both sides can make: bytes and spectra by a rule, no random numbers.
    at = torch.arange(PAIRS * 2 * HEIGHT * WIDTH * 3, dtype=torch.int64)
    seen = ((at * 7 + at // 240 * 11 + at // 11520 * 5) % 251).view(1, PAIRS, 2, HEIGHT, WIDTH, 3).float() / 127.5 - 1
    at = torch.arange(SPECTRA * BANDS, dtype=torch.int64)
    heard = ((at * 5 + at // 64 * 3) % 97).view(1, SPECTRA, BANDS).float() / 97 * 2 - 1.5
    places = torch.tensor([[70.0, 40.0, 30.0], [150.0, 80.0, 44.0]]).repeat(3, 1)[None]
    body = oracle.look(cut_outs(seen[:, :, 0], places))
    for sense, logits in (("eye", oracle.eye(seen_of(seen[:, :, 0], seen[:, :, 1]))), ("look", body), ("ear", oracle.ear(heard))):
        golden |= {f"{sense}.{name}": v[0].contiguous() for name, v in logits.items()}
    save_file(golden, f"{args.out}/oracle-golden.safetensors")
    print(path, digest, os.path.getsize(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["train", "test", "export"])
    parser.add_argument("--run", required=True, help="folder of the checkpoint")
    parser.add_argument("--worlds", help="the built example `worlds`")
    parser.add_argument("--out", help="where weights go")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--total", type=float, default=None, help="planned minutes over all calls")
    parser.add_argument("--clips", type=int, default=512, help="clips to train on, or to test with")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.01, help="highest learning rate of the inner weights")
    parser.add_argument("--seed", type=int, default=7001)
    args = parser.parse_args()
    args.total = args.total or args.minutes
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    os.makedirs(args.run, exist_ok=True)
    {"train": train, "test": test, "export": export}[args.step](args)


if __name__ == "__main__":
    main()
