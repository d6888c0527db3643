"""Reads the stream of `examples/worlds.rs` into a ring of recent clips. Nothing is stored on disk."""

import os
import subprocess
import threading

import numpy as np
import torch

from . import sound

WIDTH, HEIGHT, CLIP_FRAMES, RATE = 160, 96, 72, 24_000
MAP_WIDTH, MAP_HEIGHT, MAPS, EVENTS, AXES = 80, 48, 17, 20, 18
SAMPLES = CLIP_FRAMES * 2_000
VERSION = 4
REFRESH_SECONDS = 14 if os.cpu_count() < 8 else 0.5


def record_type(frames: int) -> np.dtype:
    """The layout of one record, as documented in `examples/worlds.rs`."""
    return np.dtype([
        ("magic", "S4"), ("version", "<u4"), ("seed", "<u8"), ("attributes", "u1", AXES), ("pad", "u1", 2), ("first", "<u4"),
        ("frames", "u1", (frames, HEIGHT, WIDTH, 3)), ("maps", "<f2", (frames, MAPS, MAP_HEIGHT, MAP_WIDTH)),
        ("sound", "<i2", SAMPLES), ("events", "u1", (CLIP_FRAMES, EVENTS)),
    ])


class Stream:
    """Clips from a seed, in order: the same seed gives the same clips."""

    def __init__(self, binary: str, seed: int, frames: int, clips: int = 1 << 40, held: bool = False, nice: int = 5):
        command = ["nice", "-n", str(nice), binary, "stream", "--seed", str(seed), "--clips", str(clips), "--frames", str(frames)]
        self.process = subprocess.Popen(command + (["--held"] if held else []), stdout=subprocess.PIPE)
        self.type = record_type(frames)

    def read(self, clips: int) -> np.ndarray:
        """The next `clips` records."""
        data = bytearray(clips * self.type.itemsize)
        view, at = memoryview(data), 0
        while at < len(data):
            part = self.process.stdout.readinto(view[at:])
            if not part:
                raise EOFError("the stream of worlds ended")
            at += part
        records = np.frombuffer(data, self.type)
        if not (records["magic"] == b"KWLD").all() or not (records["version"] == VERSION).all():
            raise ValueError("not a stream of worlds, or another version of it")
        return records

    def close(self):
        self.process.kill()
        self.process.wait()


def pictures(frames: np.ndarray) -> torch.Tensor:
    """uint8 [..., 96, 160, 3] → float [..., 3, 96, 160] in −1 … 1."""
    return torch.from_numpy(frames).movedim(-1, -3).float() / 127.5 - 1


class Ring:
    """The most recent clips as latents, refreshed by a thread while training draws from them."""

    def __init__(self, stream: Stream, clips: int, frames: int, fill: int, codec, refresh: bool = True, shown: bool = False):
        """`shown`: the pictures themselves are kept, too, as bytes."""
        self.stream, self.size, self.count = stream, clips, 0
        self.encoder, self.mel, self.spread = codec
        self.latents = torch.zeros((clips, frames // 2, HEIGHT // 4, WIDTH // 4, 24), dtype=torch.float16)
        self.shown = torch.zeros((clips if shown else 0, frames, HEIGHT, WIDTH, 3), dtype=torch.uint8)
        self.maps = torch.zeros((clips, frames, MAP_HEIGHT, MAP_WIDTH, MAPS), dtype=torch.float16)
        self.attributes = torch.zeros((clips, AXES), dtype=torch.int64)
        self.sound = torch.zeros((clips, frames, codec[1].basis.shape[1]))
        self.events = torch.zeros((clips, frames, EVENTS))
        self.first = torch.zeros(clips, dtype=torch.int64)
        self.frames = frames
        while self.count < fill:
            self.take(16)
        self.over, self.thread = threading.Event(), threading.Thread(target=self.refresh, daemon=True)
        if refresh:
            self.thread.start()

    def refresh(self):
        while not self.over.wait(REFRESH_SECONDS):  # fresh clips trickle in, and training keeps the processor
            try:
                self.take(16)
            except EOFError:
                if not self.over.is_set():
                    raise

    def close(self):
        """Ends the stream and waits for the thread: a process that ends while it computes is aborted."""
        self.over.set()
        self.stream.close()
        if self.thread.is_alive():
            self.thread.join()

    @torch.no_grad()
    def take(self, clips: int):
        records = self.stream.read(clips)
        at = torch.from_numpy((self.count + np.arange(clips)) % self.size)
        pairs = pictures(records["frames"]).view(clips * self.frames // 2, 2, 3, HEIGHT, WIDTH)
        latents = (self.encoder.encode(pairs) / self.spread).half().permute(0, 2, 3, 1)
        self.latents[at] = latents.reshape(clips, *self.latents.shape[1:])
        if len(self.shown):
            self.shown[at] = torch.from_numpy(records["frames"].copy())
        self.maps[at] = torch.from_numpy(records["maps"].copy()).movedim(2, -1)
        self.attributes[at] = torch.from_numpy(records["attributes"].astype(np.int64))
        self.first[at] = torch.from_numpy(records["first"].astype(np.int64))
        tokens = self.mel.encode(sound.tokens(sound.log_mel(torch.from_numpy(records["sound"].astype(np.float32)) / 32_000)))
        events = torch.from_numpy(records["events"].astype(np.float32) / 255)
        window = self.first[at][:, None] + torch.arange(self.frames)
        each = torch.arange(clips)[:, None]
        self.sound[at], self.events[at] = tokens[each, window], events[each, window]
        self.count += clips

    def draw(self, rng: np.random.Generator, clips: int) -> torch.Tensor:
        """Numbers of random clips in the ring."""
        return torch.from_numpy(rng.integers(min(self.count, self.size), size=clips))
