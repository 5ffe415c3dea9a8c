"""What Claude takes wherever it is served: on Anthropic's own API and on Bedrock."""

from typing import Any

from promptyard.domain.errors import RefusedParameter
from promptyard.domain.models.targets import ProviderCall

EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""Of adaptive thinking, as `output_config.effort` names them."""

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 24576}
"""Thinking tokens by effort, for models from before adaptive thinking. The API names no such levels: 1024 is the
least it takes, and each step leaves an answer room within the 32,000 output tokens of the smallest of these models."""


def reasoning_fields(call: ProviderCall, *, max_tokens: int | None) -> dict[str, Any]:
    """`thinking` and `output_config` for the call's `reasoning_effort`; empty where none was given.

    A model of which nothing is known is taken for a new one, and new ones think adaptively.
    Raises RefusedParameter for an effort that the model has no form for.
    """
    effort = call.parameters.reasoning_effort
    if effort is None:
        return {}
    known = call.info.capabilities.reasoning if call.info is not None else None
    style = "adaptive" if known is None else known
    if style not in {"adaptive", "budget"}:
        raise RefusedParameter("reasoning_effort", call.model)
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if style == "adaptive":
        if effort not in EFFORTS:
            raise RefusedParameter("reasoning_effort", call.model, f"is one of none, {', '.join(EFFORTS)}")
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    if effort not in BUDGETS:
        raise RefusedParameter("reasoning_effort", call.model, f"is one of none, {', '.join(BUDGETS)}")
    budget = BUDGETS[effort]
    if max_tokens is not None and max_tokens <= budget:
        raise RefusedParameter("reasoning_effort", call.model, f"{effort} needs max_tokens above {budget}")
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}
