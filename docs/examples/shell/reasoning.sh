#!/bin/sh
# The thoughts of a model beside its answer: events `reasoning`, then the text.
. "$(dirname "$0")/promptyard.sh"

send POST /api/v1/playground/run --data @- << JSON
{"model": "${MODEL:-demo/thinker}", "prompt_text": "Explain event loops.", "stream": true, "events": ["reasoning"],
 "parameters": {"reasoning_effort": "low"}}
JSON
