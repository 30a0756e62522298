#!/usr/bin/env bash
# Installs spikebridge from the repository that this action lies in, then what the caller asks for on top.
set -euo pipefail
python -m pip install --quiet "$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
read -r -a requirements <<<"${REQUIREMENTS:-}"
if [ "${#requirements[@]}" -gt 0 ]; then
    # a version outside spikebridge's own bounds is what such a check may be about
    python -m pip install --quiet "${requirements[@]}"
fi
spikebridge doctor
