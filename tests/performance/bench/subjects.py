"""What is measured: the same prompts to the provider itself, through the relay and through Promptyard."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.performance.bench import answers
from tests.performance.bench.answers import Outcome, outcome
from tests.performance.bench.connection import Call, http_request
from tests.performance.bench.pace import Order, Pace
from tests.performance.bench.processes import Server

DIRECT, RELAY, PROMPTYARD = "direct", "relay", "promptyard"
SUBJECTS = (DIRECT, RELAY, PROMPTYARD)
MODEL = "gpt-4o"
COMPARED = ("gpt-4o", "gpt-4o-mini", "gpt-4.1-nano")


@dataclass(frozen=True)
class Request:
    """The bytes to send, and how its answer is to be read."""

    data: bytes
    paces: dict[int, Pace]
    streamed: answers.Streamed | None
    whole: answers.Whole | None = None

    def outcome(self, call: Call) -> Outcome:
        return outcome(call, self.paces, self.streamed, self.whole)


@dataclass(frozen=True)
class Subject:
    name: str
    server: Server
    """What is between the client and the provider; of `direct`, the provider."""
    key: str

    def request(self, pace: Pace, *, stream: bool) -> Request:
        prompt = Order(pace).prompt
        if self.name == PROMPTYARD:
            body = {"provider": "openai", "model": MODEL, "prompt_text": prompt, "stream": stream}
            data = self._post("/api/v1/playground/run", body)
            return Request(data, {0: pace}, answers.run_stream if stream else None, answers.run_whole)
        chat = {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "stream": stream}
        if stream:
            chat["stream_options"] = {"include_usage": True}
        data = self._post("/v1/chat/completions", chat)
        return Request(data, {0: pace}, answers.openai_stream if stream else None, answers.openai_whole)

    def comparison(self, targets: Sequence[str], order: Order) -> Request:
        """Streamed, of these models; Promptyard's alone."""
        body = {
            "prompt_text": order.prompt,
            "targets": [{"provider": "openai", "model": model} for model in targets],
        }
        paces = {index: order.for_model(model) for index, model in enumerate(targets)}
        return Request(self._post("/api/v1/playground/compare", body), paces, answers.comparison_stream)

    def _post(self, path: str, body: object) -> bytes:
        return http_request(self.server.address, path, json.dumps(body).encode(), self._headers)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}
