#!/bin/sh
# An answer as JSON of a schema. The built-in models have none: it takes a provider's key, or MODEL of another one.
. "$(dirname "$0")/promptyard.sh"

send POST /api/v1/playground/run --data @- << JSON | field 'json.loads(it["output"])["city"]'
{"model": "${MODEL:-openai/gpt-4o-mini}", "prompt_text": "Which city is the capital of Switzerland?",
 "parameters": {"response_format": {"type": "json_schema", "json_schema": {"name": "city", "strict": true, "schema": {
   "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}}}}}
JSON
