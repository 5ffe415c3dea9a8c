#!/bin/sh
# A request that is sent twice is carried out once.
. "$(dirname "$0")/promptyard.sh"

key=$(python3 -c 'import uuid; print(uuid.uuid4())')
for _ in first again; do
  send POST /api/v1/playground/run --header "Idempotency-Key: $key" \
    --data '{"model": "demo/writer", "prompt_text": "Explain event loops."}' | field 'it["id"]'
done
