"""A provider that answers the cells of benchmark runs, and judges their answers."""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Sequence

from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.provider_events import ProviderEvent, TextDelta
from promptyard.domain.models.targets import ProviderCall
from tests.support.doubles.doubles import ScriptedCall, ScriptedGateway, says

VERDICT = json.dumps({"score": 0.75, "reason": "Kind."})


class Provider(ScriptedGateway):
    """Gives back what it is asked, and a verdict where it is a judge; `fails` are raised first, by the question.
    `tokens` is what it counts."""

    def __init__(self, fails: dict[str, list[PromptyardError]] | None = None, tokens: int = 2) -> None:
        super().__init__()
        self.fails = fails or {}
        self.tokens = tokens
        self.asked: Counter[str] = Counter()

    def prepare(self, call: ProviderCall) -> ScriptedCall:
        return Asked(self, call)


class Asked(ScriptedCall):
    async def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        provider, question = self.gateway, str(self.call.messages[-1].content)
        assert isinstance(provider, Provider)
        provider.asked[question] += 1
        if left := provider.fails.get(question):
            raise left.pop(0)
        answer = VERDICT if self.call.messages[0].role == "system" else question
        for event in (TextDelta(answer), *says("", tokens_out=provider.tokens)[1:]):
            yield [event]  # type: ignore[list-item]
