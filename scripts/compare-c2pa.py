#!/usr/bin/env python3
"""compare-c2pa.py KINORA FILE…: asks c2pa-python and `kinora verify` about the same files and says where they differ.

Needs `pip install c2pa-python`. What is compared is what both know: whether there is a manifest, and whether its signature
and hashes hold. Whom to trust is left out: Kinora trusts authors of records, c2pa-python a list of companies. Exits with 1
when an answer differs.
"""

import json
import subprocess
import sys
import time

import c2pa


def theirs(path):
    try:
        with c2pa.Reader(path) as reader:
            state = json.loads(reader.json()).get("validation_state", "?")
            return "holds" if state in ("Valid", "Trusted") else "broken"
    except c2pa.C2paError as error:
        return "no manifest" if "ManifestNotFound" in type(error).__name__ + str(error) else f"broken ({str(error)[:60]})"


def ours(kinora, path):
    done = subprocess.run([kinora, "verify", path, "--json", "--no-mdns"], capture_output=True, text=True)
    if not done.stdout:
        return f"broken ({done.stderr.strip()[:60]})"
    checks = json.loads(done.stdout)["checks"]
    states = {check["name"]: (check["state"], check["detail"]) for check in checks}
    state, detail = states.get("provenance", ("none", "it is no file that could hold any"))
    if "fail" in (state, states.get("file", ("", ""))[0]):
        return "broken"
    if state == "none":
        return "no manifest" if "no content credentials" in detail else f"broken ({detail[:60]})"
    return "holds"


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    kinora, files = sys.argv[1], sys.argv[2:]
    differ = 0
    for path in files:
        theirs_says = theirs(path)
        start = time.monotonic()
        ours_says = ours(kinora, path)
        same = theirs_says.split(" (")[0] == ours_says.split(" (")[0]
        differ += not same
        print(f"{'same  ' if same else 'DIFFER'}  c2pa-python: {theirs_says:12}  kinora: {ours_says:12}  {time.monotonic() - start:.2f} s  {path}")
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
