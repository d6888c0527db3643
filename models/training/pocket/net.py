"""Pocket's denoiser: one network that predicts the clean latents of picture and sound from noisy ones.

An hourglass: convolutions on the 24×40 latent grid and on its half, where things are local; between them a transformer
over 6×10 space-time patches of each latent frame with two sound tokens beside them, where picture and sound meet. Two
coordinate networks (`Painter`) turn the blocking's maps into features: one sees actors in their own coordinates and is
told who they are, the other sees the set in set coordinates and is told where and when it is. Every operation exists in
the Rust inference, which a golden file holds to this one.

What does not fit into a coordinate network is kept in learned grids (`Grid`: backdrops and bodies, in space) and rows
(`Score`: ambience, music and weather, in time). What style, mood and light do to a whole picture is a matrix on its
latents (`grade`), made from the condition.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .data import EVENTS, MAPS
from .picture import LATENTS

WORDS = [16, 10, 10, 10, 3, 4, 3, 12, 3, 8, 6, 2, 3, 3, 3, 5, 16, 10]  # words of each axis; one more row: "not said"
SUBJECT, COLOUR, ACTION, PLACE, TIME, WEATHER, MOOD, MUSIC, PARTNER, PARTNER_COLOUR = 0, 1, 2, 3, 4, 5, 10, 11, 16, 17
SOUND_LATENTS = 96
COND = 192
ROTARY = 16  # pairs of each head's queries and keys that turn with time
WINDOW = 7  # latent frames that attention sees to either side
HEADS = 4


def norm(x):
    """Zero mean and unit variance over the last dimension."""
    return F.layer_norm(x, x.shape[-1:])


def conv(layer, x):
    """A 2-D convolution of [B, H, W, C], which is how everything here lies in memory."""
    return layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def shuffle(x, r):
    """Channels to space: [B, H, W, C·r·r] → [B, H·r, W·r, C]."""
    return F.pixel_shuffle(x.permute(0, 3, 1, 2), r).permute(0, 2, 3, 1)


class Film(nn.Module):
    """Gain and bias from the condition: zero mean and unit variance, then modulated."""

    def __init__(self, width):
        super().__init__()
        self.film = nn.Linear(COND, 2 * width)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, x, e):
        """x [B·T, …, width], e [B, COND]."""
        gain, bias = self.film(e).to(x.dtype).chunk(2, -1)
        shape = (len(e),) + (1,) * (x.dim() - 1) + (x.shape[-1],)
        flat = norm(x).view(len(e), -1, *x.shape[1:])
        return torch.addcmul(bias.view(shape), flat, 1 + gain.view(shape)).view_as(x)


class Res(nn.Module):
    """Two convolutions in space and one over time, modulated by the condition. [B·T, H, W, C]."""

    def __init__(self, width):
        super().__init__()
        self.film = Film(width)
        self.a, self.b = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.time = nn.Conv1d(width, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.time.weight)

    def forward(self, x, e, frames):
        h = F.relu(conv(self.a, self.film(x, e)))
        x = x + conv(self.b, h)
        if frames > 1:
            n, height, width, c = h.shape
            # A convolution over time as a 3×1 one on [B, T, H·W, C].
            flat = h.reshape(n // frames, frames, height * width, c).permute(0, 3, 1, 2)
            moved = F.conv2d(flat, self.time.weight[..., None], padding=(1, 0)).permute(0, 2, 3, 1)
            return x + moved.reshape(x.shape)
        return x + F.linear(h, self.time.weight[:, :, 1])


class Res1(nn.Module):
    """A convolution over sound tokens, modulated by the condition. [B, N, C]."""

    def __init__(self, width):
        super().__init__()
        self.film = Film(width)
        self.conv = nn.Conv1d(width, width, 5, padding=2)
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x, e):
        return x + self.conv(F.relu(self.film(x, e)).transpose(1, 2)).transpose(1, 2)


class Block(nn.Module):
    """Self-attention over a sequence, then a ReLU² layer, both modulated. [B, N, width]."""

    def __init__(self, width):
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.film, self.film2 = Film(width), Film(width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x, e, turn, mask):
        batch, length, width = x.shape
        shape = (batch, length, 3, HEADS, width // HEADS)
        q, k, v = self.qkv(self.film(x, e)).view(shape).permute(2, 0, 3, 1, 4)
        q, k = rotate(norm(q), turn), rotate(norm(k), turn)
        mixed = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        return x + self.down(F.relu(self.up(self.film2(x, e))).square())


def rotate(x, turn):
    """Turns the first 2·ROTARY dimensions of each head by its token's time; `turn` is (cos, sin), each [N, ROTARY]."""
    cos, sin = (v.to(x.dtype) for v in turn)
    a, b, rest = x[..., :ROTARY], x[..., ROTARY : 2 * ROTARY], x[..., 2 * ROTARY :]
    return torch.cat([a * cos - b * sin, a * sin + b * cos, rest], -1)


def turns(times):
    """Angles of tokens at `times` (latent frames): periods from 6 to about 600 latent frames."""
    rate = torch.exp(-math.log(100) * torch.arange(ROTARY, device=times.device) / (ROTARY - 1))
    angle = times[:, None] * rate
    return angle.cos(), angle.sin()


class Condition(nn.Module):
    """Time of the flow and attributes → one vector."""

    def __init__(self):
        super().__init__()
        self.words = nn.ModuleList(nn.Embedding(n + 1, COND) for n in WORDS)
        self.t1, self.t2 = nn.Linear(64, COND), nn.Linear(COND, COND)

    def forward(self, attributes, t):
        rate = torch.exp(torch.arange(32, device=t.device) * (-math.log(1000) / 31))
        phase = t[:, None] * 100 * rate
        e = self.t2(F.relu(self.t1(torch.cat([phase.sin(), phase.cos()], -1))))
        return F.relu(e + sum(table(attributes[:, i]) for i, table in enumerate(self.words)))


def working(x):
    """`x` in the number format that matrices are multiplied in: mixing formats is slow."""
    device = x.device.type
    return x.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else x


def waves(x, rates):
    """Sines, then cosines, of `x` [..., P] at each rate: [..., P, 2·rates]."""
    phase = x[..., None] * torch.tensor(rates, device=x.device)
    return torch.cat([working(phase.sin()), working(phase.cos())], -1)


class Painter(nn.Module):
    """A coordinate network: where a point is → what it looks like there, painted by somebody who knows what it is.

    The identity scales and shifts the outputs of both hidden layers, which makes a matrix of its own for each identity.
    """

    def __init__(self, inputs, identity, width=48, outputs=16):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(inputs, width), nn.Linear(width, width), nn.Linear(width, outputs)
        self.film = nn.Linear(identity, 4 * width)

    def forward(self, x, film):
        """x [..., inputs]; film [..., 4·width], for each point or for all → [..., outputs]."""
        g1, s1, g2, s2 = film.to(x.dtype).chunk(4, -1)
        h = F.relu(torch.addcmul(s1, self.a(x), 1 + g1))
        h = F.relu(torch.addcmul(s2, self.b(h), 1 + g2))
        return self.c(h)


class Grid(nn.Module):
    """A learned picture of features for each row of an axis, read between its cells (dense feature grids, as in Müller
    et al. 2022, "Instant neural graphics primitives", without their hashing)."""

    def __init__(self, rows, box, size):
        """`box`: left, top, right, bottom in the coordinates it is read at; `size`: height and width in cells."""
        super().__init__()
        self.box, self.size = box, size
        self.cells = nn.Parameter(torch.randn(rows, *size, GRID) * 0.1)

    def forward(self, rows, x, y):
        """rows, x, y of one shape → [..., GRID]; outside of the box its edge."""
        left, top, right, bottom = self.box
        height, width = self.size
        x = ((x - left) / (right - left)).clamp(0, 1) * (width - 1)
        y = ((y - top) / (bottom - top)).clamp(0, 1) * (height - 1)
        column, row = x.long().clamp(max=width - 2), y.long().clamp(max=height - 2)
        across, down = (x - column)[..., None], (y - row)[..., None]
        first = (rows * height + row) * width + column
        flat = self.cells.flatten(0, 2)
        at = lambda step: F.embedding(first + step, flat)
        above = at(0) * (1 - across) + at(1) * across
        return above * (1 - down) + (at(width) * (1 - across) + at(width + 1) * across) * down


class Score(nn.Module):
    """What a row of an axis sounds like at each sound token from the start of a clip; longer clips begin again."""

    def __init__(self, rows):
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(rows, SCORE_TOKENS, SCORE) * 0.1)

    def forward(self, rows, first, count):
        """rows, first [B] → [B, count, SCORE]."""
        at = (first.long()[:, None] + torch.arange(count, device=first.device)) % SCORE_TOKENS
        return F.embedding(rows[:, None] * SCORE_TOKENS + at, self.tokens.flatten(0, 1))


GRID = 8  # features of a grid's cell
BACKDROP = ((-1.6, -0.85, 1.6, 0.75), (96, 192))  # in half stages: what cameras see of a set
BODY = ((-1.5, -1.5, 1.5, 1.5), (40, 40))  # in an actor's own coordinates
SCORE, SCORE_TOKENS = 48, 72  # features of a token, tokens of six seconds
OWN_RATES = [math.pi / 1.5 * k for k in (1, 2, 4)]
SET_RATES = [2 * math.pi * 64 / period for period in (256, 128, 64, 32, 16, 8)]  # the maps count in 64 stage pixels
IDENTITY = 48
FIRE, FIRE_ROW = 6, WORDS[SUBJECT] + 1  # the map of fire; its row among the subjects, after that of "not said"


class Plan(nn.Module):
    """Maps of two frames → features on the latent grid."""

    def __init__(self, c1):
        super().__init__()
        self.who = nn.ModuleList(nn.Embedding(n + 1, IDENTITY) for n in (FIRE_ROW, WORDS[COLOUR], WORDS[ACTION]))
        self.actor = Painter(2 + 4 * len(OWN_RATES) + 2 + GRID, IDENTITY)
        self.body = Grid(FIRE_ROW + 1, *BODY)
        self.where = nn.ModuleList(nn.Embedding(WORDS[i] + 1, IDENTITY) for i in (PLACE, TIME, WEATHER))
        # The set twice: by one who is told only where and when it is, and by one who knows the whole condition.
        self.set = Painter(2 + 4 * len(SET_RATES) + 3 + 2 + GRID, COND)
        self.scenery = Painter(2 + 4 * len(SET_RATES) + 3 + 2 + GRID, IDENTITY, width=64)
        self.backdrop = Grid(WORDS[PLACE] + 1, *BACKDROP)
        nn.init.zeros_(self.scenery.c.weight)
        nn.init.zeros_(self.scenery.c.bias)
        self.join = nn.Linear(8 * (16 + 16 + 8), c1)

    def identity(self, subject, colour, action):
        return F.relu(self.who[0](subject) + self.who[1](colour) + self.who[2](action))

    def forward(self, maps, attributes, e):
        """maps [B, T, 2, 48, 80, MAPS] → [B·T, 24, 40, c1]."""
        batch, frames, _, height, width, _ = maps.shape
        m = maps.reshape(batch, -1, maps.shape[-1])
        a = lambda i: attributes[:, i]
        subject = self.identity(a(SUBJECT), a(COLOUR), a(ACTION))
        partner = self.identity(a(PARTNER), a(PARTNER_COLOUR), a(ACTION))
        low = working(m)
        # All fires look alike, whatever burst.
        said = lambda value: torch.full_like(a(SUBJECT), value)
        fire = self.identity(said(FIRE_ROW), said(WORDS[COLOUR]), said(WORDS[ACTION]))
        films = self.actor.film(torch.stack([subject, partner, fire], 1)).flatten(0, 1)
        actor = self.actors(m, films, torch.stack([a(SUBJECT), a(PARTNER), said(FIRE_ROW)], 1).flatten())
        down = torch.linspace(-1, 1, height, device=m.device).repeat_interleave(width).repeat(2 * frames)
        across = torch.linspace(-1, 1, width, device=m.device).repeat(2 * frames * height)
        screen = working(torch.stack([across, down], -1)).expand(batch, -1, -1)
        there = working(self.backdrop(a(PLACE)[:, None], m[..., 7], m[..., 8]))
        rippled = [waves(m[..., 7], SET_RATES), waves(m[..., 8], SET_RATES)]
        at = torch.cat([low[..., 7:9], *rippled, low[..., 9:12], screen, there], -1)
        where = F.relu(sum(table(a(i)) for table, i in zip(self.where, (PLACE, TIME, WEATHER))))
        place = self.set(at, self.set.film(e)[:, None]) + self.scenery(at, self.scenery.film(where)[:, None])
        seen = torch.cat([actor, place, low[..., 0:2], low[..., 6:7], low[..., 12:17]], -1)
        # Two by two points of two frames meet in one cell: channel = frame, row, column, feature.
        seen = seen.reshape(batch * frames, 2, height // 2, 2, width // 2, 2, -1).permute(0, 2, 4, 1, 3, 5, 6)
        return self.join(seen.reshape(batch * frames, height // 2, width // 2, -1))

    def actors(self, m, films, subjects):
        """Paints the points that show an actor or fire, [B, P, outputs]; films [3·B, 4·width] and subjects [3·B] of each
        clip's three identities."""
        flat = m.flatten(0, 1)
        shown = (flat[:, 0] + flat[:, 1] + flat[:, FIRE] > 0.5).nonzero()[:, 0]
        points = flat[shown]
        own = [points[:, 2:4], waves(points[:, 2], OWN_RATES), waves(points[:, 3], OWN_RATES), points[:, 4:6]]
        who = 3 * (shown // m.shape[1]) + (points[:, 1] > 0.5) + 2 * (points[:, FIRE] > 0.5)
        own.append(self.body(subjects[who], points[:, 2], points[:, 3]))
        painted = self.actor(torch.cat([working(part) for part in own], -1), films[who])
        out = torch.zeros(len(flat), painted.shape[-1], dtype=painted.dtype, device=m.device)
        return out.index_copy(0, shown, painted).view(*m.shape[:2], -1)


class Pocket(nn.Module):
    """The whole denoiser."""

    def __init__(self, c1=48, c2=96, c3=256, depth=4, convs=2):
        super().__init__()
        self.cond = Condition()
        self.plan = Plan(c1)
        self.sketch = nn.Linear(c1, LATENTS)
        self.stem = nn.Conv2d(LATENTS + 1, c1, 3, padding=1)
        self.down1, self.down2 = nn.Conv2d(c1, c2, 2, 2), nn.Conv2d(c2, c3, 2, 2)
        self.a = nn.ModuleList(Res(c1) for _ in range(convs))
        self.b = nn.ModuleList(Res(c2) for _ in range(convs))
        self.place = nn.Parameter(torch.randn(60, c3) * 0.02)
        self.ambience, self.music, self.falling = (Score(WORDS[i] + 1) for i in (PLACE, MOOD, WEATHER))
        self.score_out = nn.Linear(3 * SCORE, SOUND_LATENTS, bias=False)
        self.sound_stem = nn.Conv1d(SOUND_LATENTS + EVENTS + 2 + 3 * SCORE, c3, 3, padding=1)
        self.sound_in = nn.ModuleList(Res1(c3) for _ in range(2))
        self.blocks = nn.ModuleList(Block(c3) for _ in range(depth))
        self.sound_back = nn.ModuleList(Res1(c3) for _ in range(2))
        self.sound_out = nn.Conv1d(c3, SOUND_LATENTS, 3, padding=1)
        self.up2, self.join2 = nn.Linear(c3, 4 * c2), nn.Linear(2 * c2, c2)
        self.c = nn.ModuleList(Res(c2) for _ in range(convs))
        self.up1, self.join1 = nn.Linear(c2, 4 * c1), nn.Linear(2 * c1, c1)
        self.d = nn.ModuleList(Res(c1) for _ in range(convs))
        self.out = nn.Conv2d(c1, LATENTS, 3, padding=1)
        self.grade = nn.Linear(COND, (LATENTS + 1) * LATENTS)
        nn.init.zeros_(self.grade.weight)
        nn.init.zeros_(self.grade.bias)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.sound_out.weight)

    def forward(self, x, known, sound, maps, events, attributes, t, at):
        """Clean latents of picture and sound.

        x [B, T, 24, 40, 24] and sound [B, N, 40]: noisy latents. known [B, T]: 1 where a latent frame is given and clean.
        maps [B, T, 2, 48, 80, MAPS], events [B, N, EVENTS], attributes [B, 18], t [B]: 0 noise … 1 clean.
        at: (first latent frame of x, first sound token of sound) in the clip, each [B].
        """
        e = self.cond(attributes, t)
        batch, frames = x.shape[:2]
        mark = known[:, :, None, None, None].to(x.dtype).expand(*x.shape[:-1], 1)
        planned = self.plan(maps, attributes, e)
        sketched = self.sketch(planned)
        h = conv(self.stem, working(torch.cat([x, mark], -1)).flatten(0, 1)) + planned
        for res in self.a:
            h = res(h, e, frames)
        fine, h = h, conv(self.down1, h)
        for res in self.b:
            h = res(h, e, frames)
        half, h = h, conv(self.down2, h)
        score = self.score(attributes, at[1], sound.shape[1])
        h, heard = self.middle(h, self.listen(sound, events, score, e, at[1]), e, at)
        h = self.join2(torch.cat([shuffle(self.up2(h), 2), half], -1))
        for res in self.c:
            h = res(h, e, frames)
        h = self.join1(torch.cat([shuffle(self.up1(h), 2), fine], -1))
        for res in self.d:
            h = res(h, e, frames)
        for res in self.sound_back:
            heard = res(heard, e)
        sound = self.sound_out(heard.transpose(1, 2)).transpose(1, 2) + self.score_out(score)
        return self.graded((conv(self.out, h) + sketched).reshape(x.shape), e), sound

    def graded(self, picture, e):
        """Clean latents [B, T, 24, 40, 24] after the matrix and the shift that the condition asks for."""
        grade = self.grade(e).view(len(e), LATENTS + 1, LATENTS)
        flat = picture.flatten(1, 3)
        return (flat + torch.baddbmm(grade[:, LATENTS:].to(flat.dtype), flat, grade[:, :LATENTS].to(flat.dtype))).view_as(picture)

    def draft(self, maps, attributes):
        """What the plan alone shows, [B, T, 24, 40, 24]: the clean picture as well as each cell can tell by itself."""
        e = self.cond(attributes, torch.zeros(len(attributes), device=maps.device))
        return self.sketch(self.plan(maps, attributes, e)).unflatten(0, maps.shape[:2])

    def score(self, attributes, first, count):
        """What sounds whatever happens, [B, N, 3·SCORE]. Without music it is the row of "not said" that plays."""
        mood = torch.where(attributes[:, MUSIC] == 0, attributes[:, MOOD], WORDS[MOOD])
        rows = (self.ambience, attributes[:, PLACE]), (self.music, mood), (self.falling, attributes[:, WEATHER])
        return torch.cat([score(row, first, count) for score, row in rows], -1)

    def listen(self, sound, events, score, e, first):
        """Sound tokens before they meet the picture, [B, N, c3]."""
        # Ambience and music follow the clock from the start of the clip: seconds, and the phase of a half second.
        seconds = (first[:, None] + torch.arange(sound.shape[1], device=sound.device)) / 12.0
        clock = torch.stack([seconds / 4.0, (seconds * 4 * math.pi).sin()], -1)
        h = self.sound_stem(torch.cat([sound, events, clock, score], -1).transpose(1, 2)).transpose(1, 2)
        for res in self.sound_in:
            h = res(h, e)
        return h

    def middle(self, h, heard, e, at):
        """The transformer: picture patches [B·T, 6, 10, c3] and sound tokens [B, N, c3] in one sequence."""
        count, rows, columns, width = h.shape
        batch, tokens = len(e), heard.shape[1]
        frames = count // batch
        seen = (h.reshape(count, rows * columns, width) + self.place.to(h.dtype)).view(batch, -1, width)
        sequence = torch.cat([seen, heard.to(seen.dtype)], 1)
        # Times in latent frames from the first one shown.
        pictures = torch.arange(frames, device=h.device).float().repeat_interleave(rows * columns)
        offset = at[1].float() / 2 - at[0].float()
        sounds = torch.arange(tokens, device=h.device) / 2 - 0.25 + offset[:, None]
        times = torch.cat([pictures.expand(batch, -1), sounds], 1)
        turn = tuple(v.view(batch, 1, -1, ROTARY) for v in turns(times.flatten()))
        whole = torch.floor(times + 0.25)  # the latent frame that a token belongs to
        mask = None
        if frames > WINDOW + 1 or tokens > 2 * (WINDOW + 1):
            mask = ((whole[:, :, None] - whole[:, None, :]).abs() <= WINDOW)[:, None]
        for block in self.blocks:
            sequence = block(sequence, e, turn, mask)
        seen, heard = sequence.split([seen.shape[1], tokens], 1)
        return seen.reshape(h.shape), heard
