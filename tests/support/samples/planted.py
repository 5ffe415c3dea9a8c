"""Answers of a model with personal data planted in them, and the wire's bytes cut wherever they can be."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from promptyard.domain.runs.metrics.pii.scan import PiiSearch
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, frame, usage
from tests.support.samples.pii_lines import Line, labelled_lines
from tests.support.servers.fake_upstream import Answer, Received

PROVIDER = "openai"
PROSE = (
    "The weather was fine. ",
    "Nobody had asked for it, had they? ",
    "In 2024 there were 1,204 of them.\n",
    "Straße, café, naïve 😀👩‍👩‍👧. ",
    "東京は晴れでした。",
    "| a | b |\n|---|---|\n",
    '{"note": "It went on\\nlike this"}\n',
    "x" * 70 + " ",
)
PIECES = (1, 2, 5, 19, 80, 700)
"""About how many characters a chunk of text has, and about how many bytes a write."""


@dataclass(frozen=True)
class Plant:
    """One answer. `text` is all that the caller may not see from the first finding on; `secret` is what was planted."""

    model: str
    text: str
    secret: str
    first: int
    """Where in the text the first finding begins."""
    in_tool_call: bool
    seed: int

    def answer(self) -> Answer:
        pick = random.Random(self.seed)
        if self.in_tool_call:
            arguments = json.dumps({"note": self.text}, ensure_ascii=pick.random() < 0.5)
            call: dict[str, Any] = {"index": 0, "id": "c", "type": "function", "function": {"name": "note"}}
            deltas: list[dict[str, Any]] = [{"content": pick.choice(PROSE)}, {"tool_calls": [call]}]
            for piece in cut(arguments, pick):
                deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        else:
            # What a model thinks is not shown to anybody, so that it may hold what it likes.
            deltas = [{"reasoning_content": self.text}, *({"content": piece} for piece in cut(self.text, pick))]
        frames = [frame({"role": "assistant"} | delta) for delta in deltas]
        ends = [frame({}, "tool_calls" if self.in_tool_call else "stop"), frame(usage=usage(9, 9)), DONE]
        return Answer(list(cut(b"".join([*frames, *ends]), pick)), headers=EVENT_STREAM)


def cut(whole: Any, pick: random.Random) -> Iterator[Any]:
    """A text, or bytes, in pieces of about one of the sizes; one so small only where there are not too many of them."""
    size = pick.choice([size for size in PIECES if len(whole) / size < 250])
    start = 0
    while start < len(whole):
        end = start + pick.randint(1, 2 * size - 1)
        yield whole[start:end]
        start = end


def planted(count: int, seed: int) -> list[Plant]:
    """Every seventh of them is in the arguments of a tool call. Only what the patterns find in the plain text counts:
    this is about guards, and not about recall."""
    pick = random.Random(seed)
    lines = [line for line in labelled_lines(4 * count, seed) if line.kind is not None and _is_found(line)]
    assert len(lines) >= count
    return [_plant(number, line, pick) for number, line in enumerate(lines[:count])]


def _is_found(line: Line) -> bool:
    return any(found.start < line.end and line.start < found.end for found in PiiSearch(line.text))


def _plant(number: int, line: Line, pick: random.Random) -> Plant:
    before = "".join(pick.choices(PROSE, k=pick.choice((0, 1, 3, 12, 40))))
    before += pick.choice(("", "\n", " 😀\n", "\n\n")) if before.endswith((" ", "\n")) else "\n"
    after = "\n" + "".join(pick.choices(PROSE, k=4)) if pick.random() < 0.7 else ""
    text = before + line.text + after
    secret = line.text[line.start : line.end]
    first = next(iter(PiiSearch(text))).start
    return Plant(f"case-{number}", text, secret, first, in_tool_call=number % 7 == 0, seed=pick.getrandbits(32))


def script(plants: list[Plant]) -> Callable[[Received], Answer]:
    """Answers each request with the plant whose name its model is."""
    by_model = {plant.model: plant for plant in plants}
    return lambda request: by_model[request.model or ""].answer()
