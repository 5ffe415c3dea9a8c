#!/bin/sh
# What an error says. curl ends with 22; the answer tells a program what to do.
. "$(dirname "$0")/promptyard.sh"

if ! answer=$(send POST /api/v1/playground/run --data '{"model": "no-such-model", "prompt_text": "Hi"}' 2> /dev/null); then
  echo "$answer" | field 'it["error"]["code"] + ": " + it["error"]["message"]'
  echo "$answer" | field '"try again later" if it["error"]["retryable"] else "change the request"'
fi
