#!/bin/sh
# A document beside the question. A real model reads it: MODEL=openai/gpt-4o sh files.sh report.pdf application/pdf
. "$(dirname "$0")/promptyard.sh"

file=${1:-LICENSE} kind=${2:-text/plain}
{
  printf '{"model": "%s", "messages": [{"role": "user", "content": [' "${MODEL:-demo/writer}"
  printf '{"type": "text", "text": "Sum this document up."}, {"type": "file", "file": {"filename": "%s", ' "${file##*/}"
  printf '"file_data": "data:%s;base64,' "$kind"
  base64 < "$file" | tr -d '\n'
  printf '"}}]}]}'
} | send POST /api/v1/playground/run --data @- | field 'it["output"]'
