#!/bin/sh
# A model of your own, behind an API of OpenAI's form: Ollama (the default here), vLLM on http://127.0.0.1:8000/v1 …
. "$(dirname "$0")/promptyard.sh"

send POST /api/v1/playground/run --data @- << JSON | field 'it["output"]'
{"provider": "custom", "custom_base_url": "${ENDPOINT:-http://127.0.0.1:11434/v1}", "model": "${MODEL:-llama3.2}",
 "prompt_text": "Explain event loops."}
JSON
