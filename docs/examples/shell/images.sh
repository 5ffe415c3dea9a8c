#!/bin/sh
# A picture beside the question. A real model looks at it: MODEL=openai/gpt-4o sh images.sh photo.png
. "$(dirname "$0")/promptyard.sh"

{
  printf '{"model": "%s", "messages": [{"role": "user", "content": [' "${MODEL:-demo/writer}"
  printf '{"type": "text", "text": "What is on this picture?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,'
  base64 < "${1:-docs/page.png}" | tr -d '\n'
  printf '"}}]}]}'
} | send POST /api/v1/playground/run --data @- | field 'it["output"]'
