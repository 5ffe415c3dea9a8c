"""Answers side by side, as they grow and when they are whole."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SQUARE
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text as Words

from promptyard_cli.client.events import Done, Event, Failed, Text
from promptyard_cli.display.numbers import duration, money, rate
from promptyard_cli.display.output import harmless

NARROWEST = 24
"""A column, with its lines."""
LINES_AROUND = 8
"""Of a row of columns: its four rules, the head, three lines of numbers."""


@dataclass(slots=True)
class Growing:
    """One target's answer."""

    title: str
    text: str = ""
    first_ms: float | None = None
    failure: str | None = None
    stats: dict[str, Any] | None = None
    began: float = field(default_factory=time.monotonic)

    def take(self, event: Event) -> None:
        if isinstance(event, Text):
            if self.first_ms is None:
                self.first_ms = (time.monotonic() - self.began) * 1000
            self.text += harmless(event.text)
        elif isinstance(event, Done):
            self.stats = {**event.data["stats"], "cost_usd": event.data["cost_usd"]}
        elif isinstance(event, Failed):
            self.failure = event.error["message"]

    @property
    def ended(self) -> bool:
        return self.stats is not None or self.failure is not None

    def numbers(self) -> str:
        """Three lines: the first token; the rate; the time and the cost. Seen from here until the server tells."""
        if self.failure is not None:
            return "failed\n\n"
        if self.stats is None:
            waited = (time.monotonic() - self.began) * 1000
            return f"first after {duration(self.first_ms)}\n\n{duration(waited)} …"
        first, whole, out = (self.stats.get(name) for name in ("ttft_ms", "latency_ms", "tokens_out"))
        return (
            f"first after {duration(first)}\n{rate(out, whole, first)}\n"
            f"{duration(whole)} · {money(self.stats['cost_usd'])}"
        )


class Columns:
    """All of them, in as many rows as the width asks for. While it grows, the ends of the texts, so that all of it
    fits on the screen."""

    def __init__(self, titles: Sequence[str]) -> None:
        self.columns = [Growing(title) for title in titles]
        self.growing = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        row_count = math.ceil(len(self.columns) / max(1, options.max_width // NARROWEST))
        beside = math.ceil(len(self.columns) / row_count)
        rows = [self.columns[start : start + beside] for start in range(0, len(self.columns), beside)]
        lines = max(1, (console.height - 1) // len(rows) - LINES_AROUND) if self.growing else None
        for row in rows:
            width = (options.max_width - 1) // len(row) - 3
            table = Table(box=SQUARE, expand=True, show_footer=True, border_style="dim")
            for column in row:
                style = "red" if column.failure is not None else "green" if column.ended else "dim"
                table.add_column(
                    Words(harmless(column.title), "bold"), Words(column.numbers(), style), ratio=1, overflow="fold"
                )
            table.add_row(*(_body(console, column, width, lines) for column in row))
            yield table


def _body(console: Console, column: Growing, width: int, lines: int | None) -> Words:
    words = Words(column.text.strip("\n"))
    if column.failure is not None:
        words.append(("\n" if column.text else "") + harmless(column.failure), "red")
    if lines is None:
        return words
    wrapped = words.wrap(console, max(1, width), overflow="fold")[-lines:]
    return Words("\n").join(wrapped)
