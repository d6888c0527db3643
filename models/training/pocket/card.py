"""python -m pocket.card --bench JSON --weights FOLDER

Writes what `kinora bench pocket --json` measured into the model card beside the weights (`README.md`), between the marks
`<!-- scores -->` and `<!-- end of scores -->`, and nothing else. A folder without a card gets one of the table alone.
"""

import argparse
import json
import os

BEGIN, END = "<!-- scores -->", "<!-- end of scores -->"


def percent(share):
    return f"{100 * share:.1f}" if share is not None else "–"


def cell(score, of_ceiling):
    """A score: its share of the ceiling (or the score itself) with its interval, and a mark where the goal is missed."""
    value = percent(score["share"] if of_ceiling else score["made"])
    if of_ceiling and score.get("interval"):
        low, high = score["interval"]["low"], score["interval"]["high"]
        value += f" ({percent(low)} to {percent(high)})"
    return f"**{value}**" if score.get("met") is False else value


def row(name, scores, of_ceiling):
    ceilings = " · ".join(percent(score["ceiling"]) for score in scores)
    return f"| {name} | " + " | ".join(cell(score, of_ceiling) for score in scores) + f" | {ceilings} |"


def table(figures):
    """The scores of both splits as Markdown."""
    inside, held = figures["splits"]
    rows = []
    for kind, name in (("axes", "{}"), ("places", "{}, by the nearest drawing")):
        for ours, theirs in zip(inside[kind], held[kind], strict=True):
            rows.append(row(name.format(ours["name"]), (ours, theirs), True))
    rows.append(row("camera's sign, of clips", [inside["camera"][0], held["camera"][0]], False))
    rows.append(row("onset within 80 ms, of events", [inside["onset"], held["onset"]], False))
    shuffled = " | ".join(percent(split["onset_shuffled"]) for split in (inside, held))
    rows.append(f"| the same with another clip's sound | {shuffled} | |")
    rows.append(row("moods by a linear probe", [inside["mood"], held["mood"]], False))
    rows.append("| PSNR to the drawn worlds, dB | " + " | ".join(f"{s['psnr']:.1f}" for s in (inside, held)) + " | |")
    scores = [s for split in (inside, held) for kind in ("axes", "places") for s in split[kind]]
    scores += [s for split in (inside, held) for s in (split["camera"][0], split["onset"], split["mood"])]
    judged = [score for score in scores if score.get("met") is not None]
    met = sum(score["met"] for score in judged)
    return [
        f"`kinora bench pocket --seed {figures['seed']} --clips {inside['clips']}`, weights `{figures['weights'][:16]}…`: **{met} of {len(judged)}",
        "goals met**; what misses its goal is bold. Percent: of axes the share of what the judge reaches on real renders of the same",
        "scenes (with the 95 % interval; its own ceilings in the last column), below them the score itself.",
        "",
        "| axis | in distribution | held out | real renders |",
        "|---|---|---|---|",
        *rows,
    ]


def write(path, lines):
    """Puts lines between the marks of a card, or makes the card."""
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else f"# Scores\n\n{BEGIN}\n{END}\n"
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{path} needs the lines {BEGIN} and {END} once each, around what is to be replaced")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(f"{path}.tmp", "w", encoding="utf-8") as file:
        file.write("\n".join([before + BEGIN, *lines, END + after]))
    os.replace(f"{path}.tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True, help="what `kinora bench pocket --json` wrote")
    parser.add_argument("--weights", required=True, help="folder of the weights")
    args = parser.parse_args()
    figures = json.load(open(args.bench, encoding="utf-8"))
    figures = figures.get("pocket", figures)
    write(f"{args.weights}/README.md", table(figures))


if __name__ == "__main__":
    main()
