"""What clients send, as it was recorded (`tests.clients.record`), over the models of the catalogue: nothing is refused
that the vendor's own API would take, and nothing goes out that the provider is known to refuse."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.openai.chat.request import ChatRequest
from functions.openai.messages.request import MessagesRequest
from functions.openai.orders import DoorRequest
from functions.openai.responses.request import ResponsesRequest
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.catalogue_data import load_models
from promptyard.providers.gateway import Gateway, adapter_of
from promptyard.providers.network.transport import HttpCall
from promptyard.providers.registry import PROVIDERS
from promptyard.services.runs.provider_attempts import prepared_without_refused
from tests.support.checks import parameter_rules, request_rules
from tests.support.samples.provider_calls import call

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
CORPORA = {file.stem: json.loads(file.read_text()) for file in sorted(FIXTURES.glob("*.json"))}
ROWS = {row.id: row for row in PROVIDERS}
MODELS = load_models()
EVERY_NTH = 60
"""Of the models, outside of the hard test: each of the kinds that the vendors tell apart is there once at least."""


def asked(path: str, body: Mapping[str, Any], model: str) -> DoorRequest:
    given = {**body, "model": model}
    match path:
        case "/v1/chat/completions":
            return ChatRequest.model_validate(given).asked()
        case "/v1/responses":
            return ResponsesRequest.model_validate(given).asked()
        case "/v1/messages":
            return MessagesRequest.model_validate(given).asked({})
    raise AssertionError(f"no protocol of ours: {path}")


def some_models() -> list[ModelInfo]:
    """Those of the vendors whose protocols these are, a stretch of the others, and one with each set of abilities."""
    kinds = {(info.provider, info.capabilities.model_dump_json()): info for info in MODELS}
    own = [info for info in MODELS if info.provider in {"openai", "anthropic"}]
    chosen = [*kinds.values(), *own[::8], *MODELS[::EVERY_NTH]]
    return list({info.id: info for info in chosen}.values())


def mistakes(client: str, models: list[ModelInfo]) -> Iterator[str]:
    for sent in CORPORA[client]:
        for info in models:
            wrong = mistake_of(sent["path"], sent["body"], info)
            if wrong is not None:
                yield f"{client} {sent['path']} {info.id}: {wrong}"


def mistake_of(path: str, body: Mapping[str, Any], info: ModelInfo) -> str | None:
    try:
        given = asked(path, body, info.id)
        made = call(
            info.provider,
            info.model,
            info=info,
            row=ROWS[info.provider],
            messages=[message.wire() for message in given.messages],
            **given.parameters.given(),
        )
        made = replace(made, body=given.body, may_drop=frozenset(given.parameters.names()))
        prepared = prepared_without_refused(Gateway(), made)
    except PromptyardError as error:
        return None if is_refused_by_the_vendor(body, info) else f"refused: {error.message}"
    wire = adapter_of(prepared.call).wire.name
    if wire == "demo":
        return None
    out = prepared.request.body if isinstance(prepared, HttpCall) else prepared.sent
    broken = request_rules.RULES[wire](out) if prepared.call.body is None else None
    return broken or parameter_rules.broken(wire, info.provider, info.model, out)


def is_refused_by_the_vendor(body: Mapping[str, Any], info: ModelInfo) -> bool:
    """An image, where the model sees none."""
    return info.capabilities.images is False and "image/png" in json.dumps(body)


def test_there_is_a_corpus_of_every_client() -> None:
    from tests.clients.matrix import CLIENTS
    from tests.clients.record import file_name

    assert set(CORPORA) == {file_name(name) for name in CLIENTS}
    assert all(len(corpus) >= 3 for corpus in CORPORA.values())


@pytest.mark.parametrize("client", CORPORA)
def test_no_client_is_refused_what_the_vendor_would_take(client: str) -> None:
    assert not list(mistakes(client, some_models()))


@pytest.mark.hard
@pytest.mark.parametrize("client", CORPORA)
def test_no_client_is_by_any_model_of_the_catalogue(client: str) -> None:
    assert not list(mistakes(client, list(MODELS)))


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("openai/gpt-6-sol", {"temperature": 1}),
        ("openai/gpt-6-sol", {"max_tokens": 5}),
        ("anthropic/claude-opus-4-7", {"top_p": 1, "max_tokens": 5, "messages": [{"role": "user"}]}),
        ("mistral/m", {"stream_options": {}}),
        ("google/gemini-2.5-pro", {"generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}}}),
        ("bedrock/global.anthropic.claude-sonnet-5-5", {"inferenceConfig": {"temperature": 1}}),
    ],
)
def test_the_rules_find_what_breaks_them(model: str, fields: Any) -> None:
    provider, _, name = model.partition("/")
    assert parameter_rules.broken(ROWS[provider].wire.name, provider, name, fields)
