"""What a benchmark run will probably cost, by a sample of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.estimates import count_input
from promptyard.domain.models.messages import Message
from promptyard.domain.models.pricing import cost_usd
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage

OUTPUT_TOKENS = 300
"""What an answer is taken to have, where `max_tokens` does not allow less."""
JUDGE_INPUT_TOKENS = 400
"""What a judge is told beside the prompt and the answer."""
JUDGE_OUTPUT_TOKENS = 100


@dataclass(frozen=True, slots=True)
class SampledCall:
    """One row of the sample in one column."""

    info: ModelInfo | None
    """None: its price is not known."""
    messages: Sequence[Message]
    parameters: Parameters
    judges: Sequence[ModelInfo | None] = ()


def estimate_usd(sample: Sequence[SampledCall], calls: int, at: datetime, *, judged_twice: int = 0) -> Decimal | None:
    """Of so many calls that are as those of the sample, with their judges, of so many a second time. None where a price
    is not known, or there is no sample."""
    judged = Decimal(calls + judged_twice) / calls if calls else 1
    costs: list[Decimal] = []
    for call in sample:
        input_tokens = count_input(call.messages, call.parameters, call.info.model if call.info else "")
        output_tokens = min(OUTPUT_TOKENS, call.parameters.max_tokens or OUTPUT_TOKENS)
        judging = Usage(
            input_tokens=input_tokens + output_tokens + JUDGE_INPUT_TOKENS, output_tokens=JUDGE_OUTPUT_TOKENS
        )
        cost = cost_usd(call.info, Usage(input_tokens=input_tokens, output_tokens=output_tokens), at)
        judges = [cost_usd(judge, judging, at) for judge in call.judges]
        for part, times in ((cost, 1), *((judge, judged) for judge in judges)):
            if part is None:
                return None
            costs.append(part * times)
    return sum(costs, Decimal(0)) * calls / len(sample) if sample else None
