"""Reads the stream of `examples/worlds.rs` into a ring of recent clips. Nothing is stored on disk."""

import subprocess
import threading
import time

import numpy as np

WIDTH, HEIGHT, CLIP_FRAMES, RATE = 128, 80, 48, 24_000
MAP_WIDTH, MAP_HEIGHT, MAPS, EVENTS, AXES = 64, 40, 19, 9, 12
SAMPLES = CLIP_FRAMES * 2_000
# Maps are kept as signed bytes: value × 40, so −3.2 … 3.2 fits.
MAP_SCALE = 40.0


def record_type(frames: int) -> np.dtype:
    """The layout of one record, as documented in `examples/worlds.rs`."""
    return np.dtype([
        ("magic", "S4"), ("version", "<u4"), ("seed", "<u8"), ("attributes", "u1", AXES), ("pad", "u1", 4),
        ("index", "<u2", frames), ("frames", "u1", (frames, HEIGHT, WIDTH, 3)),
        ("maps", "<f2", (frames, MAPS, MAP_HEIGHT, MAP_WIDTH)), ("sound", "<i2", SAMPLES),
        ("events", "u1", (CLIP_FRAMES, EVENTS)),
    ])


class Stream:
    """Clips from a seed, in order: the same seed gives the same clips."""

    def __init__(self, binary: str, seed: int, frames: int, clips: int = 1 << 40, held: bool = False, nice: int = 5):
        command = ["nice", "-n", str(nice), binary, "stream", "--seed", str(seed), "--clips", str(clips), "--frames", str(frames)]
        self.process = subprocess.Popen(command + (["--held"] if held else []), stdout=subprocess.PIPE)
        self.type = record_type(frames)

    def read(self, clips: int) -> np.ndarray:
        """The next `clips` records."""
        size = clips * self.type.itemsize
        data = bytearray()
        while len(data) < size:
            part = self.process.stdout.read(size - len(data))
            if not part:
                raise EOFError("the stream of worlds ended")
            data += part
        records = np.frombuffer(bytes(data), self.type)
        if not (records["magic"] == b"KWLD").all() or not (records["version"] == 1).all():
            raise ValueError("not a stream of worlds, or another version of it")
        return records

    def close(self):
        self.process.kill()
        self.process.wait()


class Ring:
    """The most recent clips, refreshed by a thread while training draws from them."""

    def __init__(self, stream: Stream, clips: int, frames: int, fill: int):
        self.stream, self.size, self.count = stream, clips, 0
        self.frames = np.zeros((clips, frames, HEIGHT, WIDTH, 3), np.uint8)
        self.maps = np.zeros((clips, frames, MAPS, MAP_HEIGHT, MAP_WIDTH), np.int8)
        self.attributes = np.zeros((clips, AXES), np.uint8)
        self.sound = np.zeros((clips, SAMPLES), np.int16)
        self.events = np.zeros((clips, CLIP_FRAMES, EVENTS), np.uint8)
        while self.count < fill:
            self.take(16)
        threading.Thread(target=self.refresh, daemon=True).start()

    def refresh(self):
        while True:
            self.take(16)
            if self.count >= self.size:  # full: fresh clips trickle in, and training keeps the processor
                time.sleep(6)

    def take(self, clips: int):
        records = self.stream.read(clips)
        at = (self.count + np.arange(clips)) % self.size
        self.frames[at] = records["frames"]
        self.maps[at] = np.clip(np.rint(records["maps"].astype(np.float32) * MAP_SCALE), -127, 127)
        self.attributes[at] = records["attributes"]
        self.sound[at] = records["sound"]
        self.events[at] = records["events"]
        self.count += clips

    def draw(self, rng: np.random.Generator, clips: int) -> np.ndarray:
        """Numbers of random clips in the ring."""
        return rng.integers(min(self.count, self.size), size=clips)
