#!/bin/sh
# A run's events as they come: its text in pieces, then `done` with tokens, times and cost.
. "$(dirname "$0")/promptyard.sh"

send POST /api/v1/playground/run --data '{"model": "demo/writer", "prompt_text": "Explain event loops.", "stream": true}'
