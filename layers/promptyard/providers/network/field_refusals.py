"""Fields that we add to a request on our own, and that a server has refused: they are left out for it from then on."""

import re
from collections import OrderedDict
from dataclasses import replace

from promptyard.domain.errors import ProviderError
from promptyard.providers.protocol import ProviderRequest

MAX_ORIGINS = 1_000
"""How many servers are remembered; the one whose refusal is the oldest is forgotten first."""

_REFUSES = re.compile(
    r"not (?:\w+ ){0,2}(?:permitted|supported|allowed|accepted|implemented)|unsupported|(?:doesn't|does not) support"
    r"|unknown|unrecogni[sz]ed|unexpected|extra|additional|forbidden"
    r"|invalid (?:field|parameter|argument|property|key)",
    re.IGNORECASE,
)


class FieldRefusals:
    """In this process alone."""

    def __init__(self) -> None:
        self._refused: OrderedDict[str, dict[str, None]] = OrderedDict()
        """By origin, the fields in the order of their refusal."""

    def applied_to(self, request: ProviderRequest) -> ProviderRequest:
        """The request as its server takes it, as far as that is known."""
        refused = list(self._refused.get(_origin(request), {}))
        for name in refused:
            if name in request.body and name in request.instead:
                request = _without(request, name, refused)
        return request

    def learnt_from(self, error: ProviderError, request: ProviderRequest) -> ProviderRequest | None:
        """What to send in that request's place; None where the error names no field that can be done without."""
        if error.status not in {400, 422}:
            return None
        refused = (name for name in request.instead if name in request.body and _is_refused(error, name, request))
        name = next(refused, None)
        if name is None:
            return None
        self._remember(_origin(request), name, request.instead[name])
        # A field is tried in one other way at most.
        others = {field: other for field, other in request.instead.items() if field != request.instead[name]}
        return replace(_without(request, name, ()), instead=others)

    def _remember(self, origin: str, name: str, other: str | None) -> None:
        refused = self._refused.setdefault(origin, {})
        if other is not None:
            refused.pop(other, None)
        refused[name] = None
        if len(self._refused) > MAX_ORIGINS:
            self._refused.popitem(last=False)


def _without(request: ProviderRequest, name: str, refused: "list[str] | tuple[()]") -> ProviderRequest:
    """With the field under its other name, where it has one that is not refused as well."""
    body = {field: value for field, value in request.body.items() if field != name}
    other = request.instead[name]
    if other is not None:
        if other in body or other in refused:
            return request
        body[other] = request.body[name]
    return replace(request, body=body)


def _is_refused(error: ProviderError, name: str, request: ProviderRequest) -> bool:
    """Whether the error says that it is this field that is refused, and not a value that the caller gave it."""
    named = error.field or error.param or ""
    if named == name and request.instead[name] is None:
        return True
    if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", f"{named} {error.message}"):
        return False
    return _REFUSES.search(error.message) is not None


def _origin(request: ProviderRequest) -> str:
    return "/".join(request.url.split("/", 3)[:3]).lower()
