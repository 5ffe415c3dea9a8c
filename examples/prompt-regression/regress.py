"""From a prompt in a repository to a gated label: saves the prompt's version, benchmarks it, and moves the label if it
has passed. Needs Python 3.11 and nothing else.

    PROMPTYARD_URL=http://127.0.0.1:8000 python regress.py

Ends with 0 when the label points at the version, with 1 when the gates hold it back, with 2 when something went wrong.
What it makes it makes once: the dataset and the benchmark are found again by their names.
"""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
URL = os.environ.get("PROMPTYARD_URL", "http://127.0.0.1:8000").rstrip("/")
KEY = os.environ.get("PROMPTYARD_KEY", "")
FOLDER = Path(os.environ.get("PROMPTYARD_EXAMPLE", HERE))
"""Where prompt.txt, rows.jsonl and benchmark.json are."""
PATIENCE_SECONDS = float(os.environ.get("PROMPTYARD_PATIENCE_SECONDS", "1800"))
ENDED = {"completed", "failed", "cancelled", "over_budget"}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body.get('detail')}")
        self.status = status
        self.error = body.get("error", {})


def call(method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
    """The answer's JSON. Raises Refused."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = {"content-type": content_type} if data is not None else {}
    if KEY:
        headers["authorization"] = f"Bearer {KEY}"
    request = urllib.request.Request(URL + path, data, headers, method=method)  # noqa: S310 - the address is yours
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            answered = json.loads(text)
        except ValueError:
            answered = {"detail": text.decode(errors="replace")[:200]}
        raise Refused(error.code, answered) from None


def found(path: str, name: str) -> dict[str, Any] | None:
    """The newest thing of that name in a list."""
    cursor = ""
    while True:
        page = call("GET", f"{path}?limit=100{cursor}")
        for item in page["items"]:
            if item["name"] == name:
                return dict(item)
        if page["next_cursor"] is None:
            return None
        cursor = f"&cursor={page['next_cursor']}"


def ready_prompt(name: str) -> None:
    """A prompt of that name, which may have no version yet."""
    namespace, slug = name.split("/")
    try:
        call("POST", "/api/v1/prompts", {"namespace": namespace, "slug": slug})
    except Refused as refused:
        if refused.status != 409:  # it is there
            raise


def save_version(definition: dict[str, Any]) -> dict[str, Any]:
    """The text of prompt.txt as the prompt's next version; the newest one, where that says the same."""
    namespace, slug = definition["prompt"].split("/")
    content = (FOLDER / "prompt.txt").read_text(encoding="utf-8")
    saved = {"namespace": namespace, "slug": slug, "content": content, **definition.get("version", {})}
    return dict(call("POST", "/api/v1/playground/save-version", saved))


def ready_dataset(name: str) -> tuple[str, str | None]:
    """The id of the dataset of that name, with the rows of rows.jsonl as its newest version, and their digest where
    they have changed: the dataset's description is the one of those that were benchmarked last."""
    rows = (FOLDER / "rows.jsonl").read_bytes()
    digest = hashlib.sha256(rows).hexdigest()[:16]
    dataset = found("/api/v1/datasets", name) or call("POST", "/api/v1/datasets", {"name": name})
    if dataset["description"] == digest:
        return str(dataset["id"]), None
    call("POST", f"/api/v1/datasets/{dataset['id']}/versions", rows, "application/x-ndjson")
    return str(dataset["id"]), digest


def ready_benchmark(definition: dict[str, Any], dataset_id: str) -> str:
    """The id of the benchmark, which guards the label."""
    wanted = {
        **definition["benchmark"],
        "dataset_id": dataset_id,
        "prompt_id": definition["prompt"],
        "watch": {"prompt_id": definition["prompt"], "label": definition["label"]},
    }
    benchmark = found("/api/v1/benchmarks", wanted["name"])
    if benchmark is None:
        return str(call("POST", "/api/v1/benchmarks", wanted)["id"])
    return str(call("PATCH", f"/api/v1/benchmarks/{benchmark['id']}", wanted)["id"])


def run(benchmark_id: str, version: dict[str, Any], digest: str | None) -> dict[str, Any]:
    """The benchmark's run of the version, when it has ended. The benchmark watches the prompt, so a new version has
    started it already: asked for by the same name, it is the same run. Rows that have changed are another one."""
    request_id = f"version:{version['version_id']}"
    if digest is not None and not version["created"]:
        request_id += f":{digest}"
    body = {"version_id": version["version_id"], "request_id": request_id}
    started = call("POST", f"/api/v1/benchmarks/{benchmark_id}/runs", body)
    path = f"/api/v1/benchmark-runs/{started['id']}"
    print(f"benchmark run {started['id']}: {started['cells']} cells, estimated at {started['estimate_usd']} USD")
    until, pause = time.monotonic() + PATIENCE_SECONDS, 0.2
    while time.monotonic() < until:
        state = call("GET", path)
        if state["status"] in ENDED:
            return dict(state)
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
    raise TimeoutError(f"the benchmark run {started['id']} takes too long")


def move_label(definition: dict[str, Any], version: dict[str, Any]) -> bool:
    """Whether the label points at the version now."""
    path = f"/api/v1/prompts/{version['prompt_id']}/labels/{definition['label']}"
    try:
        call("PUT", path, {"version_id": version["version_id"]})
    except Refused as refused:
        if refused.status != 409:
            raise
        for gate in refused.error.get("failed_gates", []):
            print(f"  held back by: {gate}")
        return False
    return True


def main() -> int:
    definition = json.loads((FOLDER / "benchmark.json").read_text(encoding="utf-8"))
    ready_prompt(definition["prompt"])
    dataset_id, digest = ready_dataset(definition["dataset"])
    benchmark_id = ready_benchmark(definition, dataset_id)
    version = save_version(definition)
    print(f"{definition['prompt']} version {version['version_number']}{' (new)' if version['created'] else ''}")
    ended = run(benchmark_id, version, digest)
    if digest is not None:
        call("PATCH", f"/api/v1/datasets/{dataset_id}", {"description": digest})
    print(f"  {ended['status']}, passed: {ended['passed']}, cost: {ended['cost_usd']} USD")
    report = call("GET", f"/api/v1/benchmark-runs/{ended['id']}/report")
    print(f"  {report['sentence']}")
    if not move_label(definition, version):
        return 1
    print(f"{definition['prompt']}@{definition['label']} is version {version['version_number']}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, OSError) as problem:  # a TimeoutError is an OSError
        print(f"could not: {problem}", file=sys.stderr)
        sys.exit(2)
