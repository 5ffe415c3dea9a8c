#!/bin/sh
# A model asks for a tool, a program calls it, and a second turn gives the model what it said.
. "$(dirname "$0")/promptyard.sh"

model=${MODEL:-demo/writer}
question='{"role": "user", "content": "What is the weather in Bern?"}'
tools='[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object",
  "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]'

first=$(send POST /api/v1/playground/run \
  --data '{"model": "'"$model"'", "messages": ['"$question"'], "parameters": {"tools": '"$tools"'}}')
call=$(echo "$first" | field 'it["tool_calls"][0]["id"]')
asked=$(echo "$first" | field 'json.dumps(it["message"])') # as it is: it holds what the provider wants back
said='{"role": "tool", "tool_call_id": "'"$call"'", "content": "It is 21 °C."}'
echo "the tool says: It is 21 °C."
send POST /api/v1/playground/run \
  --data '{"model": "'"$model"'", "messages": ['"$question, $asked, $said"'], "parameters": {"tools": '"$tools"'}}' |
  field 'it["output"]'
