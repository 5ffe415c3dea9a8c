"""How fast the fake provider answers, said by the prompt: what is asked for is known to both ends, so every token of an
answer can be checked, on whatever way it came."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Self

TOKEN_CHARACTERS = 4
KINDS = 1000
"""After so many tokens they begin again."""


@dataclass(frozen=True, slots=True)
class Pace:
    tokens: int
    interval_ms: float = 0.0
    """Between two tokens; 0: all at once."""
    first_ms: float = 0.0
    """From the request to the first token."""

    @property
    def seconds(self) -> float:
        """From the request to the last token."""
        return (self.first_ms + (self.tokens - 1) * self.interval_ms) / 1000

    @property
    def text(self) -> str:
        return _text(self.tokens)

    def due(self, seconds: float) -> int:
        """How many tokens should have been sent so long after the request."""
        late_ms = seconds * 1000 - self.first_ms
        if late_ms < 0:
            return 0
        return self.tokens if self.interval_ms <= 0 else min(self.tokens, int(late_ms / self.interval_ms) + 1)


@dataclass(frozen=True, slots=True)
class Order:
    """What a prompt asks for: one pace, or another one for the models that are named."""

    pace: Pace
    by_model: tuple[tuple[str, Pace], ...] = ()
    padding: str = ""
    """Makes the prompt as long as one of that length."""

    @property
    def prompt(self) -> str:
        models = {model: asdict(pace) for model, pace in self.by_model}
        return json.dumps({**asdict(self.pace), "by_model": models, "padding": self.padding})

    @classmethod
    def of(cls, prompt: str) -> Self:
        """Raises ValueError, TypeError."""
        fields = json.loads(prompt)
        by_model, padding = fields.pop("by_model", {}), fields.pop("padding", "")
        return cls(Pace(**fields), tuple((model, Pace(**pace)) for model, pace in by_model.items()), padding)

    def for_model(self, model: str) -> Pace:
        return dict(self.by_model).get(model, self.pace)


def token(number: int) -> str:
    return f" {number % KINDS:03}"


@cache
def _text(tokens: int) -> str:
    return "".join(token(number) for number in range(tokens))
