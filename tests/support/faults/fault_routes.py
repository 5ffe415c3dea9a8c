"""Every route that runs a prompt, asked for one that names a fault; and what it told of each run."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.faults.fault_answers import SUCCEEDED
from tests.support.faults.provider_faults import prompt_of
from tests.support.faults.wire_forms import FORMS, WireForm

RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
COMPARISONS = "/api/v1/playground/comparisons"
GENAI = "/api/v2/genai"
GUARD = {
    "ootbMetricName": "pii_violation",
    "moderationConfiguration": {
        "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
        "intervention": {"action": "reportAndBlock", "message": "No"},
    },
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the routes refer to, made once."""

    playground: str
    guarded: str
    version: str
    run: str
    blueprints: Mapping[str, str]
    """By wire."""


@dataclass(frozen=True, slots=True)
class Asked:
    client: httpx.AsyncClient
    kept: Kept
    form: WireForm
    fault: str
    number: int

    @property
    def prompt(self) -> str:
        return prompt_of(self.fault, self.number)

    @property
    def target(self) -> dict[str, Any]:
        return {"provider": self.form.provider, "model": self.form.model}

    @property
    def named(self) -> str:
        return f"{self.form.provider}/{self.form.model}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a route told of a run. `outcome` is `succeeded` or an error's code, None where the route gives none."""

    run_id: str
    outcome: str | None
    text: str | None
    """None where it is not told."""
    seconds: float
    promises_counts: bool = False
    may_be_late: bool = False
    """The machine was so slow meanwhile that its time may have been over before its fault showed."""


class TooLate(Exception):
    """The run's time was over before it could be sent, or that of a target that has no fault."""


Route = Callable[[Asked], Awaitable[list[Told]]]


def make_kept(client: httpx.Client) -> Kept:
    def made(path: str, body: Any) -> Any:
        answer = client.post(path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    playgrounds = [
        made(f"{GENAI}/playgrounds/", {"name": name, "description": "", "useCaseId": "u"})["id"] for name in "ab"
    ]
    made(f"{GENAI}/playgrounds/{playgrounds[1]}/ootbMetricConfigurations/", GUARD)
    saved = made("/api/v1/playground/save-version", {"namespace": "n", "slug": "s", "content": "{{prompt}}"})
    blueprints = {
        name: made(
            f"{GENAI}/llmBlueprints/",
            {"playgroundId": playgrounds[0], "name": name, "llmId": f"{form.provider}/{form.model}"},
        )["id"]
        for name, form in FORMS.items()
    }
    run = made(RUN, {"model": "demo/echo", "prompt_text": "Hi", "parameters": {"extra": {"delay_ms": 0}}})
    return Kept(*playgrounds, saved["version_id"], run["id"], blueprints)


# --- one run


def _one(
    path: Callable[[Asked], str],
    body: Callable[[Asked], dict[str, Any]],
    *,
    stream: bool,
    promises_counts: bool = False,
) -> Route:
    async def route(asked: Asked) -> list[Told]:
        began = time.monotonic()
        response = await asked.client.post(path(asked), json=body(asked) | {"stream": stream})
        seconds = time.monotonic() - began
        if response.status_code == 504 and "x-run-id" not in response.headers:
            raise TooLate
        assert "x-run-id" in response.headers, response.text
        if response.status_code == 200 and stream:
            outcome, text = streamed(response.text)
        else:
            outcome, text = answered(response)
        return [Told(response.headers["x-run-id"], outcome, text, seconds, promises_counts)]

    return route


def answered(response: httpx.Response) -> tuple[str, str | None]:
    """Outcome and text of an answer in one piece."""
    answer = response.json()
    if response.status_code == 200:
        assert answer["error"] is None
        return answer["status"], answer["output"]
    return answer["error"]["code"], None


def streamed(text: str) -> tuple[str, str]:
    """Outcome and text of a stream, which has exactly one terminal event, at its end."""
    events = events_of(text)
    terminal = [number for number, (name, _) in enumerate(events) if name in {"done", "error"}]
    assert terminal == [len(events) - 1], text[-500:]
    told = "".join(data["content"] for name, data in events if name == "message")
    name, data = events[-1]
    return (SUCCEEDED if name == "done" else data["error"]["code"]), told


def events_of(text: str) -> list[tuple[str, Any]]:
    assert text.endswith("\n\n"), text[-200:]
    blocks = [block.split("\n") for block in text.removesuffix("\n\n").split("\n\n")]
    fields = [dict(line.split(": ", 1) for line in block if not line.startswith(":")) for block in blocks]
    return [(field.get("event", "message"), json.loads(field["data"])) for field in fields if field]


# --- comparisons


def _several(path: str, body: Callable[[Asked], dict[str, Any]], *, stream: bool | None) -> Route:
    """Whose runs are all of them faulty, but for those of the provider demo."""

    async def route(asked: Asked) -> list[Told]:
        began = time.monotonic()
        given = {} if stream is None else {"stream": stream}
        response = await asked.client.post(path, json=body(asked) | given)
        seconds = time.monotonic() - began
        assert response.status_code == 200, response.text
        comparison_id = response.headers["x-comparison-id"]
        comparison = (await asked.client.get(f"{COMPARISONS}/{comparison_id}")).json()
        ends = targets_streamed(response.text, len(comparison["runs"])) if stream else [(None, None)] * 10
        told = []
        for run, (outcome, text) in zip(comparison["runs"], ends, strict=False):
            if run["provider"] == "demo":
                if (run["error"] or {}).get("code") == "deadline":
                    raise TooLate
                assert run["status"] == SUCCEEDED, run
                assert outcome in {SUCCEEDED, None}
            else:
                told.append(Told(run["id"], outcome, text, seconds, promises_counts=path != COMPARE))
        return told

    return route


def targets_streamed(text: str, targets: int) -> list[tuple[str, str]]:
    """The same of each target of a comparison's stream, which `end` ends."""
    events = events_of(text)
    assert [name for name, _ in events].count("end") == 1
    assert events[-1][0] == "end"
    ends = []
    for index in range(targets):
        own = [(name.rpartition(":")[0], data) for name, data in events if name.endswith(f":{index}")]
        terminal = [number for number, (name, _) in enumerate(own) if name in {"done", "error"}]
        assert terminal == [len(own) - 1], text[-500:]
        told = "".join(data["content"] for name, data in own if name == "chunk")
        ends.append((SUCCEEDED if own[-1][0] == "done" else own[-1][1]["error"]["code"], told))
    return ends


def _template(asked: Asked) -> dict[str, Any]:
    return {"type": "text", "template_text": "{{prompt}}", "variables": {"prompt": asked.prompt}}


DEMO = {"model": "demo/echo"}
_SINGLE: dict[str, tuple[Callable[[Asked], str], Callable[[Asked], dict[str, Any]]]] = {
    "run": (lambda _: RUN, lambda asked: asked.target | {"prompt_text": asked.prompt}),
    "template": (lambda _: RUN, lambda asked: _template(asked) | {"model_config": {"id": "a", "model": asked.named}}),
    "version": (
        lambda asked: f"/api/v1/playground/run-version/{asked.kept.version}",
        lambda asked: {"variables": {"prompt": asked.prompt}, "model_config": {"model": asked.named}},
    ),
    "rerun": (
        lambda asked: f"/api/v1/playground/runs/{asked.kept.run}/rerun",
        lambda asked: asked.target | {"prompt_text": asked.prompt, "parameters": {"extra": None}},
    ),
    "playground": (
        lambda _: RUN,
        lambda asked: asked.target | {"prompt_text": asked.prompt, "playground_id": asked.kept.guarded},
    ),
    "blueprint": (
        lambda asked: f"{GENAI}/llmBlueprints/{asked.kept.blueprints[asked.form.name]}/run/",
        lambda asked: {"prompt_text": asked.prompt},
    ),
}
PROMISE_COUNTS = {"template", "version"}

ROUTES: Mapping[str, Route] = {
    **{
        f"{name}{', streamed' if stream else ''}": _one(*how, stream=stream, promises_counts=name in PROMISE_COUNTS)
        for name, how in _SINGLE.items()
        for stream in (False, True)
    },
    **{
        f"{name}{', streamed' if stream else ''}": _several(path, body, stream=stream)
        for stream in (False, True)
        for name, path, body in (
            ("compare", COMPARE, lambda asked: {"prompt_text": asked.prompt, "targets": [asked.target, DEMO]}),
            (
                "several models",
                "/api/v1/playground/run-multi",
                lambda asked: _template(asked) | {"models": [{"id": "a", "model": asked.named}, {"id": "b", **DEMO}]},
            ),
            (
                "several versions",
                "/api/v1/playground/run-versions",
                lambda asked: {
                    "variables": {"prompt": asked.prompt},
                    "versions": [
                        {"version_id": asked.kept.version, "model": model} for model in (asked.named, "demo/echo")
                    ],
                },
            ),
        )
    },
    "compression": _several(
        "/v1/playground/compare",
        lambda asked: (
            asked.target
            | {"prompt": asked.prompt}
            | ({} if asked.form.name == "bedrock" else {"provider_key": "sk-test-callers-own"})
        ),
        stream=None,
    ),
}
