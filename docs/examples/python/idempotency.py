"""A request that is sent twice is carried out once. `Client` does that by itself; this is how any program does."""

import os
import uuid

import httpx

url = os.environ.get("PROMPTYARD_URL", "http://127.0.0.1:8000") + "/api/v1/playground/run"
headers = {
    "authorization": f"Bearer {os.environ.get('PROMPTYARD_API_KEY', 'none')}",
    "idempotency-key": str(uuid.uuid4()),
}
body = {"model": "demo/writer", "prompt_text": "Explain event loops."}
first, again = (httpx.post(url, json=body, headers=headers, timeout=60).raise_for_status() for _ in range(2))
print("one run:", first.headers["x-run-id"] == again.headers["x-run-id"])
print("answered again:", again.headers["idempotent-replayed"])
