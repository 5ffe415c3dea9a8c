"""What `extra` may hold where a quota applies: nothing of which it is not known what it adds to the bill."""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import InvalidRequest

_HARMLESS = frozenset(
    {
        "delayms",
        "frequencypenalty",
        "logitbias",
        "logprobs",
        "metadata",
        "minp",
        "paralleltoolcalls",
        "presencepenalty",
        "repetitionpenalty",
        "responselogprobs",
        "safetyidentifier",
        "safetysettings",
        "stopsequences",
        "toolchoice",
        "topa",
        "topk",
        "toplogprobs",
        "typicalp",
        "user",
        "verbosity",
    }
)
"""Fields that change neither how much a provider may answer nor what it takes for a token, written without case and
underscores. A list of what may, not of what may not: nobody knows all the fields that providers will add."""

_MAY_BE_TAKEN_AWAY = frozenset({"include", "stream", "streamoptions", "temperature"})
"""Fields of ours that `extra` may take away by a null."""

_GROUPS = frozenset({"generationconfig", "inferenceconfig", "additionalmodelrequestfields"})
"""Fields whose value is an object of such fields."""


def refuse_unbounded(extra: Mapping[str, Any] | None) -> None:
    """Raises InvalidRequest at the first field that may cost more than the run reserves: several answers (`n`), a
    longer one, a tool or a cache of the provider's, a dearer tier."""
    _check(extra or {}, ("body", "parameters", "extra"))


def unbounded(extra: Mapping[str, Any] | None) -> list[str]:
    """The names of the fields that `refuse_unbounded` refuses."""
    return [name for name, value in (extra or {}).items() if _is_unbounded({name: value})]


def _is_unbounded(extra: Mapping[str, Any]) -> bool:
    try:
        refuse_unbounded(extra)
    except InvalidRequest:
        return True
    return False


def _check(fields: Mapping[str, Any], loc: tuple[str, ...]) -> None:
    for name, value in fields.items():
        plain = name.replace("_", "").lower()
        if plain in _GROUPS and isinstance(value, Mapping):
            _check(value, (*loc, name))
        elif plain not in _HARMLESS and not (value is None and plain in _MAY_BE_TAKEN_AWAY):
            raise InvalidRequest(
                f"extra.{name} is not taken where a quota applies: what it adds to the bill is not known",
                loc=(*loc, name),
                kind="unbounded_extra",
            )
