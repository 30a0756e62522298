#!/bin/sh
# Fresh clone and empty caches to the first report, then the second report, which must build nothing.
# usage: benchmarks/first_report.sh [PYTHON]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_CACHE_HOME="$work/home/.cache" PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
unset SPIKEBRIDGE_CACHE
mkdir "$HOME"
git clone --quiet "$here" "$work/clone"
cd "$work/clone"

seconds() {
    begin=$(date +%s.%N)
    make compare PYTHON="${1:-}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    end=$(date +%s.%N)
    echo "$begin $end" | awk '{ printf "%.1f", $2 - $1 }'
}

built() { find "$XDG_CACHE_HOME/spikebridge" -name '*.so' | sort | xargs -r ls -l --time-style=full-iso | sum; }

first=$(seconds "${1:-}")
before=$(built)
second=$(seconds "${1:-}")
[ "$before" = "$(built)" ] && nothing="and built nothing" || nothing="BUT BUILT SOMETHING"
echo "$(.venv/bin/python --version): clone to first report $first s; second report $second s $nothing"
