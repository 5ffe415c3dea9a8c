#!/bin/sh
# One prompt on several models at once: chunk:N, done:N, error:N, and `end`. A target that fails does not stop the others.
. "$(dirname "$0")/promptyard.sh"

send POST /api/v1/playground/compare --data @- << 'JSON'
{"prompt_text": "Explain event loops in one sentence.",
 "targets": [{"model": "demo/writer"}, {"model": "demo/thinker"}, {"model": "no-such-model"}]}
JSON
