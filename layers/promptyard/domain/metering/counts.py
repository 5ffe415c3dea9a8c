"""What a run used, in tokens: as its provider reported it, as far as that can be; else as it is counted here. Where the
truth is not known, the payer is not favoured, and nobody is charged more than was reserved for such a run."""

from dataclasses import dataclass
from typing import Any

from promptyard.domain.metering.ledger import Reservation
from promptyard.domain.metering.metered import Metered
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.estimates import count_call, count_input
from promptyard.domain.models.token_counts import count_tokens
from promptyard.domain.models.usage import Usage

NOTHING = Usage(input_tokens=0, output_tokens=0)

UNSEEN_TOKENS_PER_SECOND = 100
"""What a model is taken to think while nothing of it is seen: providers bill reasoning that they do not show."""
TURN_TOKENS = 1
"""What begins or ends an answer."""
MAX_CONTEXT, MAX_OUTPUT = 10_000_000, 1_000_000
"""More than any model can, for those of which nothing is known."""
ROUNDS = 10
"""How often a provider may go over a request whose `extra` has it search or run code, counting it each time."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a run beside what its record says of it."""

    reasoning: str = ""
    output_tokens: int = 0
    """What the provider had counted by then."""
    tools_prompt_tokens: int = 0
    """As `Wire` has it."""
    input_tokens: int | None = None
    """What the provider's own counter made of the input."""


def charged_usage(
    run: Metered, info: ModelInfo | None, reservation: Reservation, *, worked: bool, came: Came
) -> Usage | None:
    """What a run that has ended is charged where its provider did not report it, None where it did: what is counted
    here, or, unless the provider may have worked on it or something came of it, nothing."""
    if is_reported(run):
        return None
    if not (worked or run.usage or run.output or run.tool_calls):
        return NOTHING
    return Usage(
        input_tokens=min(_input(run, came), reservation.input_tokens),
        output_tokens=min(_output(run, info, came), reservation.output_tokens),
        **_further(run.usage, reservation),
    )


def is_reported(run: Metered) -> bool:
    """No tokens for a prompt that was sent, or for an answer that came, are no report."""
    if run.usage is None or run.usage.total_tokens is None:
        return False
    answered = bool(run.output or run.tool_calls)
    asked = any(message.says_something() for message in run.messages)
    return not (answered and run.usage.output_tokens == 0) and not (asked and run.usage.input_tokens == 0)


def believed(run: Metered, info: ModelInfo | None, reservation: Reservation) -> Usage | None:
    """What the provider reported of a run: of a caller's own endpoint no more than was reserved, of others no more than
    the model can. None where it did not report."""
    usage = run.usage
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    most_in, most_out = _bounds(run, info, reservation)
    tokens_in, tokens_out = min(usage.input_tokens, most_in), min(usage.output_tokens, most_out)
    if (tokens_in, tokens_out) == (usage.input_tokens, usage.output_tokens):
        return usage
    parts = {
        name: min(count, tokens_in)
        for name in ("cached_tokens", "cache_write_tokens")
        if (count := getattr(usage, name)) is not None
    }
    return usage.model_copy(update={"input_tokens": tokens_in, "output_tokens": tokens_out, **parts})


def _bounds(run: Metered, info: ModelInfo | None, reservation: Reservation) -> tuple[int, int]:
    if run.custom_base_url is not None:
        return reservation.input_tokens, reservation.output_tokens
    context = (info.context_window if info else None) or MAX_CONTEXT
    output = (info.max_output_tokens if info else None) or MAX_OUTPUT
    rounds = ROUNDS if run.parameters.extra else 1
    return rounds * max(context, reservation.input_tokens), rounds * max(output, reservation.output_tokens)


def _input(run: Metered, came: Came) -> int:
    """The provider may have counted it before it was left."""
    told = run.usage.input_tokens if run.usage else None
    return told or came.input_tokens or count_input(run.messages, run.parameters, run.model, came.tools_prompt_tokens)


def _output(run: Metered, info: ModelInfo | None, came: Came) -> int:
    told = run.usage.output_tokens if run.usage else None
    if told:
        return told
    seen = TURN_TOKENS + count_tokens(run.output or "") + count_tokens(came.reasoning)
    seen += sum(count_call(call) for call in run.tool_calls or ())
    return max(seen + _unseen(run, info, came), came.output_tokens)


def _unseen(run: Metered, info: ModelInfo | None, came: Came) -> int:
    """What a model that reasons may have thought before its first text."""
    style = info.capabilities.reasoning if info else None
    by_itself = style in ("effort", "level")  # the other styles think where they are asked to
    asked = run.parameters.reasoning_effort
    if came.reasoning or not style or asked == "none" or (asked is None and not by_itself):
        return 0
    milliseconds = run.ttft_ms if run.ttft_ms is not None else run.latency_ms or 0
    return milliseconds * UNSEEN_TOKENS_PER_SECOND // 1000


def _further(usage: Usage | None, reservation: Reservation) -> dict[str, Any]:
    """What was told of the input's caching."""
    told = {} if usage is None else {name: getattr(usage, name) for name in ("cached_tokens", "cache_write_tokens")}
    return {name: min(count, reservation.input_tokens) for name, count in told.items() if count is not None}
