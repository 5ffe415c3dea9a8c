"""What Anthropic's Messages say of thinking and of the answer's form, in our own parameters."""

from collections.abc import Mapping
from typing import Any, get_args

from promptyard.domain.models.targets import Parameters, ReasoningEffort

_BUDGETS = {"high": 16_384, "medium": 8_192, "low": 0}
"""From how many tokens of thinking on an effort is meant: of those that every provider knows."""


def said_elsewhere(parameters: Parameters) -> Parameters | None:
    """`thinking` and `output_config` of `extra` as `reasoning_effort` and `response_format`; None where there is
    nothing of it. What has no meaning here stays in `extra`."""
    extra = dict(parameters.extra or {})
    thinking, config = extra.get("thinking"), extra.get("output_config")
    meant: dict[str, Any] = {}
    if isinstance(config, dict):
        rest = dict(config)
        if config.get("effort") in get_args(ReasoningEffort):
            meant["reasoning_effort"] = rest.pop("effort")
        if (schema := _schema(config.get("format"))) is not None:
            meant["response_format"] = schema
            rest.pop("format")
        extra["output_config"] = {name: value for name, value in rest.items() if value is not None}
        if not extra["output_config"]:
            del extra["output_config"]
    if isinstance(thinking, dict) and (known := _effort(thinking)) is not None:
        del extra["thinking"]
        if thinking["type"] == "disabled" or "reasoning_effort" not in meant:
            meant |= known
    if extra == (parameters.extra or {}):
        return None
    return Parameters(**{**parameters.given(), **meant, "extra": extra or None})


def _effort(thinking: Mapping[str, Any]) -> dict[str, Any] | None:
    """None where it is not known; how much a model thinks of itself is what none of them has to be told."""
    match thinking:
        case {"type": "disabled"}:
            return {"reasoning_effort": "none"}
        case {"type": "adaptive"}:
            return {}
        case {"type": "enabled", "budget_tokens": int(budget)}:
            return {"reasoning_effort": next(effort for effort, least in _BUDGETS.items() if max(budget, 0) >= least)}
    return None


def _schema(wanted: Any) -> dict[str, Any] | None:
    match wanted:
        case {"type": "json_schema", "schema": dict(schema)}:
            return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return None
