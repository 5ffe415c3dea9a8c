"""Which parameters which models are known to refuse, by what their vendors publish: by the names of models and not by
our catalogue, which is what is tested. A rule names what is broken, None where the request would be taken.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Body = Mapping[str, Any]
Rule = Callable[[str, Body], str | None]
"""Of the model's name and the body as it is sent."""

_OPENAI_REASONS = re.compile(r"(?:o\d|gpt-5|gpt-6)")
_OF_REASONING = ("temperature", "top_p", "max_tokens")
_CLAUDE = re.compile(r"claude-(?:opus|sonnet|haiku|fable|mythos)-(\d+)(?:-(\d{1,2}))?(?!\d)")
_SAMPLING = ("temperature", "top_p", "top_k")
_NO_SAMPLING_FROM = (4, 7)
"""The version of Claude."""


def openai_chat(model: str, body: Body) -> str | None:
    if len(body.get("stop") or ()) > 4 and isinstance(body["stop"], list):
        return "stop: at most four"
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "max_tokens and max_completion_tokens cannot both be set"
    if "top_k" in body:
        return "top_k is not known"
    if not body.get("stream") and "stream_options" in body:
        return "stream_options is only allowed when stream is enabled"
    if not _OPENAI_REASONS.match(model) or body.get("reasoning_effort") == "none":
        return None
    return next((f"{name} is not supported with this model" for name in _OF_REASONING if name in body), None)


def openai_responses(model: str, body: Body) -> str | None:
    strangers = {"messages", "max_tokens", "max_completion_tokens", "stop", "seed", "response_format", "stream_options"}
    if found := strangers & body.keys():
        return f"unknown parameters: {sorted(found)}"
    if not _OPENAI_REASONS.match(model) or (body.get("reasoning") or {}).get("effort") == "none":
        return None
    return next((f"{name} is not supported with this model" for name in ("temperature", "top_p") if name in body), None)


def anthropic(model: str, body: Body) -> str | None:
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: field required"
    if "stop" in body or "seed" in body:
        return "extra inputs are not permitted"
    if _claude(model) < _NO_SAMPLING_FROM:
        return None
    if (body.get("thinking") or {}).get("type") == "enabled":
        return "thinking.type: enabled is not supported by this model"
    if body["messages"][-1]["role"] == "assistant":
        return "this model does not support assistant message prefill"
    return next((f"{name} is not supported with this model" for name in _SAMPLING if name in body), None)


def bedrock(model: str, body: Body) -> str | None:
    """Of Claude, where it is served: what Anthropic refuses is refused there."""
    if _claude(model) < _NO_SAMPLING_FROM:
        return None
    given = {*body.get("inferenceConfig", {}), *body.get("additionalModelRequestFields", {})}
    return "sampling is not supported with this model" if given & {"temperature", "topP", "top_k"} else None


def google(model: str, body: Body) -> str | None:
    config = body.get("generationConfig", {})
    thinking = config.get("thinkingConfig", {})
    if {"thinkingLevel", "thinkingBudget"} <= thinking.keys():
        return "thinking level and thinking budget cannot both be set"
    if "thinkingLevel" in thinking and re.match(r"gemini-2", model):
        return "thinking level is not supported for this model"
    return "stop_sequences: at most five" if len(config.get("stopSequences", ())) > 5 else None


def mistral(_: str, body: Body) -> str | None:
    strangers = {"stream_options", "seed", "max_completion_tokens", "top_k"} & body.keys()
    return f"extra inputs are not permitted: {sorted(strangers)}" if strangers else None


RULES: Mapping[str, Rule] = {
    "openai_compatible of openai": openai_chat,
    "openai_responses of openai": openai_responses,
    "anthropic of anthropic": anthropic,
    "bedrock of bedrock": bedrock,
    "google of google": google,
    "openai_compatible of mistral": mistral,
}
"""By wire and provider."""


def broken(wire: str, provider: str, model: str, body: Body) -> str | None:
    rule = RULES.get(f"{wire} of {provider}")
    return None if rule is None else rule(model, body)


def _claude(model: str) -> tuple[int, int]:
    """The version; (0, 0) where it is none of the newer names, or no Claude."""
    found = _CLAUDE.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
