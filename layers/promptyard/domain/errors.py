"""The error tree. Every failure a caller can see is one of these; `code` is the wire's error code.

PromptyardError
├── InvalidRequest          validation
│   ├── UnknownModel        unknown_model
│   ├── MissingVariables    validation
│   ├── RefusedParameter    validation
│   ├── UnknownReference    validation
│   ├── BadLines            validation
│   └── BadRequest          validation, as a 400
│       └── BadCursor       validation, as a 400
├── MissingKey              missing_key
├── EndpointRefused         endpoint_refused
├── Unauthenticated         unauthenticated
├── Forbidden               forbidden
├── NotFound                not_found
├── Conflict                conflict
│   └── GatesFailed         conflict
├── TooLarge                too_large
├── LimitReached
│   ├── RateLimited         rate_limited
│   └── QuotaExceeded       quota_exceeded
├── OurFault                internal
├── StoreUnavailable        store_unavailable
│   └── StoreBusy           store_unavailable
├── GuardsUnavailable       guards_unavailable
├── DeadlineExceeded        deadline
├── Cancelled               cancelled
├── Blocked                 blocked
└── ProviderError           provider_error
    ├── ProviderUnreachable provider_error
    ├── ProviderRateLimited rate_limited
    ├── ProviderAuth        provider_auth
    ├── ProviderOverloaded  provider_overloaded
    └── ProviderMalformed   provider_malformed
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from promptyard.domain.headroom import Headroom


class PromptyardError(Exception):
    """A failure with a code. `message` is meant for the caller and never holds a key or an internal name."""

    code: ClassVar[str] = "internal"
    retryable: bool = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        """Seconds to wait before another try, where known."""


class InvalidRequest(PromptyardError):
    """The request cannot be carried out as it stands. `loc` is the path of the field at fault, outermost first."""

    code = "validation"

    def __init__(self, message: str, *, loc: Sequence[str | int] = ("body",), kind: str = "value_error") -> None:
        super().__init__(message)
        self.loc = tuple(loc)
        self.kind = kind


class UnknownModel(InvalidRequest):
    """No provider lists this bare model name."""

    code = "unknown_model"

    def __init__(self, model: str, *, loc: Sequence[str | int] = ("body", "model")) -> None:
        super().__init__(f"Model not found: {model}", loc=loc, kind="unknown_model")


class MissingVariables(InvalidRequest):
    """A template's variables without a value; `names` keeps the order of first appearance."""

    def __init__(self, names: Sequence[str], *, loc: Sequence[str | int] = ("body", "variables")) -> None:
        super().__init__(f"Missing variables: {', '.join(names)}", loc=loc, kind="missing_variables")
        self.names = tuple(names)


class RefusedParameter(InvalidRequest):
    """A parameter that the model does not take."""

    def __init__(self, name: str, model: str, reason: str | None = None) -> None:
        why = reason or "is not taken by this model"
        super().__init__(f"{name} {why} ({model})", loc=("body", "parameters", name), kind="refused_parameter")
        self.name = name


class UnknownReference(InvalidRequest):
    """The request's body names a thing that is not there, or is another tenant's."""

    def __init__(self, message: str, *, loc: Sequence[str | int]) -> None:
        super().__init__(message, loc=loc, kind="not_found")


class BadLines(InvalidRequest):
    """Lines of a file that is the request's body are no rows: `lines`, by number with what is wrong, are the first of
    `count`."""

    def __init__(self, lines: Sequence[tuple[int, str]], count: int) -> None:
        line, fault = lines[0]
        others = f", and {count - 1} more lines are bad" if count > 1 else ""
        super().__init__(f"Line {line}: {fault}{others}", loc=("body", line), kind="bad_line")
        self.lines = tuple(lines)
        self.count = count


class BadRequest(InvalidRequest):
    """An invalid request where the wire answers 400 and not 422."""


class BadCursor(BadRequest):
    """A cursor that was not made by this list with these filters."""

    def __init__(self) -> None:
        super().__init__("cursor is not one that this list gave out", loc=("query", "cursor"), kind="bad_cursor")


class MissingKey(PromptyardError):
    """No key for a provider that needs one."""

    code = "missing_key"


class EndpointRefused(PromptyardError):
    """A URL from the caller breaks a rule. The message names the rule and never what was found at the address."""

    code = "endpoint_refused"


class Unauthenticated(PromptyardError):
    code = "unauthenticated"


class Forbidden(PromptyardError):
    code = "forbidden"


class NotFound(PromptyardError):
    """Not there, or another tenant's: the two are told apart by nobody."""

    code = "not_found"


@contextmanager
def named_in_body(*place: str | int) -> Iterator[None]:
    """What is looked up in here is named at that place of the request's body: that it is not there is a mistake of the
    request. Raises UnknownReference in the place of NotFound."""
    try:
        yield
    except NotFound as missing:
        raise UnknownReference(missing.message, loc=("body", *place)) from None


@contextmanager
def below(*place: str | int) -> Iterator[None]:
    """What is wrong in here stands below that place of the request's body."""
    try:
        yield
    except InvalidRequest as error:
        error.loc = ("body", *place, *error.loc[1:])
        raise


class Conflict(PromptyardError):
    code = "conflict"


class GatesFailed(Conflict):
    """A label is guarded, and the version that it was to move to has not passed. `failed_gates` in words; `run_ids` are
    the benchmark runs that say so, none where there was none."""

    def __init__(self, message: str, *, failed_gates: Sequence[str], run_ids: Sequence[str]) -> None:
        super().__init__(message)
        self.failed_gates = list(failed_gates)
        self.run_ids = list(run_ids)


class TooLarge(PromptyardError):
    code = "too_large"


class LimitReached(PromptyardError):
    """One of the tenant's or the key's own limits. `numbers` are the limit's, as JSON has them; `headroom` is what is
    left of all of them."""

    def __init__(self, message: str, *, retry_after: float, numbers: Mapping[str, Any], headroom: "Headroom") -> None:
        super().__init__(message, retry_after=retry_after)
        self.numbers = dict(numbers)
        self.headroom = headroom


class RateLimited(LimitReached):
    code = "rate_limited"
    retryable = True


class QuotaExceeded(LimitReached):
    code = "quota_exceeded"


class OurFault(PromptyardError):
    """Something that nobody expected: what it was is in the log alone."""

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side")


class StoreUnavailable(PromptyardError):
    """The store did not answer, or failed: whether it did what it was asked is not known."""

    code = "store_unavailable"
    retryable = True


class StoreBusy(StoreUnavailable):
    """The store refused the request for now, and did nothing of it."""


class GuardsUnavailable(PromptyardError):
    """This process cannot guard: nothing is run under guards that would let pass what they are to stop."""

    code = "guards_unavailable"


class DeadlineExceeded(PromptyardError):
    code = "deadline"
    retryable = True


class Cancelled(PromptyardError):
    code = "cancelled"


class Blocked(PromptyardError):
    """A guard of the playground has ended the run. To the caller this is no failure: `message` is the answer."""

    code = "blocked"


class ProviderError(PromptyardError):
    """The provider refused, failed or broke off. `status` is its HTTP status, None where there was none; `param` the
    parameter that it names as the one it refuses, by our name for it, `field` the same by the wire's."""

    code = "provider_error"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        param: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status = status
        self.retryable = retryable
        self.param = param
        self.field = field


class ProviderUnreachable(ProviderError):
    """There was no connection: nothing was sent."""


class ProviderRateLimited(ProviderError):
    code = "rate_limited"


class ProviderAuth(ProviderError):
    """The provider does not accept the key."""

    code = "provider_auth"


class ProviderOverloaded(ProviderError):
    code = "provider_overloaded"


class ProviderMalformed(ProviderError):
    """The provider's answer cannot be read, is over a cap, or ended without its terminal event."""

    code = "provider_malformed"
