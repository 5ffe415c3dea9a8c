#!/bin/sh
# A stream that breaks off is read on from its last event.
. "$(dirname "$0")/promptyard.sh"

kept=$(mktemp -d)
trap 'rm -r "$kept"' EXIT
send POST /api/v1/playground/run --dump-header "$kept/headers" \
  --data '{"model": "demo/writer", "prompt_text": "Explain event loops.", "stream": true, "resumable": true}' \
  2> /dev/null | head -n 6 || true # here the connection breaks
run=$(tr -d '\r' < "$kept/headers" | sed -n 's/^x-run-id: //p')
echo "--- $run goes on"
send GET "/api/v1/playground/runs/$run/events?after=3"
