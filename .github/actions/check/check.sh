#!/usr/bin/env bash
# Runs the suite; the summary goes to the job's page, the status to the step's output and to the job.
set -uo pipefail
arguments=("$SUITE" --junit "$OUTPUT/junit.xml" --markdown "$OUTPUT/summary.md" --output "$OUTPUT")
if [ -n "${BASELINE:-}" ]; then
    arguments+=(--baseline "$BASELINE")
fi
spikebridge check "${arguments[@]}"
status=$?
echo "status=$status" >>"${GITHUB_OUTPUT:-/dev/null}"
if [ -f "$OUTPUT/summary.md" ]; then
    cat "$OUTPUT/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
exit "$status"
