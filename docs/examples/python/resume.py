"""A stream that breaks off is read on from its last event. `Client` does that by itself; another process does it so."""

import json
import os

import httpx

api = os.environ.get("PROMPTYARD_URL", "http://127.0.0.1:8000") + "/api/v1/playground"
headers = {"authorization": f"Bearer {os.environ.get('PROMPTYARD_API_KEY', 'none')}"}
body = {"model": "demo/writer", "prompt_text": "Explain event loops.", "stream": True, "resumable": True}

last, texts = "", []
with httpx.stream("POST", f"{api}/run", json=body, headers=headers, timeout=60) as answer:
    run_id = answer.headers["x-run-id"]
    for line in answer.iter_lines():
        if line.startswith("id: "):
            last = line.removeprefix("id: ")
        elif line.startswith("data: "):
            texts.append(json.loads(line.removeprefix("data: "))["content"])
        if len(texts) == 3:
            break  # here the connection breaks

print(f"after event {last}: {''.join(texts)}")
with httpx.stream(
    "GET", f"{api}/runs/{run_id}/events", headers={**headers, "last-event-id": last}, timeout=60
) as answer:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            texts.append(event.get("content", ""))
print("whole:", "".join(texts))
