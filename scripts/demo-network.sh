#!/usr/bin/env bash
# Two people on this machine: Ada makes a clip, Ben follows her and gets it. Homes are temporary; everything ends with it.
# Usage: scripts/demo-network.sh [PROMPT]     The binary is target/release/kinora unless KINORA_BIN names another.
set -euo pipefail
cd "$(dirname "$0")/.."

prompt="${1:-a red fox runs along a beach at sunset, slow pan left, calm music}"
kinora="${KINORA_BIN:-${CARGO_TARGET_DIR:-target}/release/kinora}"
[ -x "$kinora" ] || cargo build --release --bin kinora

folder="$(mktemp -d)"
nodes=()
finish() {
  for node in "${nodes[@]}"; do kill -TERM "$node" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

as() { KINORA_HOME="$folder/$1" KINORA_MDNS=off KINORA_LISTEN=/ip4/127.0.0.1/tcp/0 "$kinora" "${@:2}"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

start() { # NAME [FLAGS…]: a node of that person, ready
  as "$1" node "${@:2}" >"$folder/$1.out" 2>"$folder/$1.log" &
  nodes+=("$!")
  for _ in $(seq 200); do grep -q ready "$folder/$1.out" && return; sleep 0.1; done
  echo "the node of $1 did not start:" >&2; cat "$folder/$1.log" >&2; exit 1
}

start ada
as ada profile --name Ada
address="$(as ada status --json | grep -o '/ip4/127[^"]*' | head -1)"
start ben --peer "$address"
as ben follow "$(as ada key show --json | field author)"

echo "== Ada makes: $prompt"
as ada make "$prompt" --seconds 3 --no-play

echo "== Ben waits for it"
for _ in $(seq 100); do as ben feed --json | grep -q '"state":"ready"' && break; sleep 0.1; done
as ben feed
