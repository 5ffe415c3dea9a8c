"""An invented provider on a wire of its own: the smallest that there may be, to try the recipe in CONTRIBUTING on.

A request names the model and lists what was said; of a stream each event has a `bead` of text, and the last one the
`sum`, why it ended and what was counted. The row and the stream at this file's end stand elsewhere otherwise.
"""

import json
from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import ProviderInfo, Wire
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, ProviderRequest
from promptyard.providers.reading import faults
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.usage_counts import settled
from promptyard.providers.reading.values import object_of, text_of
from promptyard.providers.writing import openai_form

REFUSED = Parameters.model_fields.keys() - {"temperature", "max_tokens", "extra"}


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    for name in REFUSED:
        if getattr(call.parameters, name) is not None:
            raise RefusedParameter(name, call.model, "is not part of the abacus")
    body: dict[str, Any] = {
        "model": call.model,
        "said": [[message.role, "".join(message.texts())] for message in call.messages],
        "by_the_bead": stream,
        "warmth": call.parameters.temperature,
        "most": call.parameters.max_tokens,
    }
    given = {name: value for name, value in body.items() if value is not None}
    headers = {"x-abacus-key": call.api_key.get_secret_value()} if call.api_key is not None else {}
    return ProviderRequest(f"{call.base_url}/count", openai_form.with_extra(given, call.parameters.extra), headers)


class BeadParser(AnswerParser):
    FIELDS = ("bead", "beads", "sum")

    def __init__(self) -> None:
        super().__init__(AnswerReader(_usage))

    def take(self, data: dict[str, Any]) -> None:
        self.answer.text(text_of(data.get("bead")))
        if total := object_of(data.get("sum")):
            self.answer.count(total)
            self.answer.finish_reason(total.get("why"))

    def take_whole(self, data: dict[str, Any]) -> None:
        self.take({"bead": data["beads"], "sum": data["sum"]})

    def error(self, detail: dict[str, Any]) -> ProviderError:
        return faults.error_for_status(500, faults.error_message(detail, 500))


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    message = faults.error_message(faults.error_body(body), status)
    return faults.error_for_status(status, message, retry_after=faults.retry_after_seconds(headers))


def _usage(total: Mapping[str, Any]) -> Usage:
    return settled(total.get("in"), total.get("out"))


ADAPTER = HttpAdapter(Wire(name="abacus"), build_request, BeadParser, parse_error)

ROW = ProviderInfo(
    id="abacus",
    name="Abacus",
    wire=ADAPTER.wire,
    base_url="https://abacus.example",
    default_model="wooden",
    key_variables=("ABACUS_API_KEY",),
    base_url_variables=("ABACUS_BASE_URL",),
)


def bead_stream(*words: str) -> bytes:
    events: list[dict[str, Any]] = [{"bead": word} for word in words]
    events.append({"sum": {"why": "done", "in": 3, "out": len(words)}})
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)
