"""Standard output: for a person in a terminal, or for a program that reads it."""

import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves the cursor, sets titles or types for the reader, all but tab and the end of a line."""


def for_people() -> bool:
    return sys.stdout.isatty()


def harmless(text: str) -> str:
    """A model's words are no commands to the terminal; into a pipe they go as they are."""
    return CONTROLS.sub("", text) if for_people() else text


def write(text: str) -> None:
    """A text that is not ours, at once; into a pipe to the last byte, which `click.echo` would look through."""
    sys.stdout.write(harmless(text))
    sys.stdout.flush()


def console(*, stderr: bool = False) -> "Console":
    from rich.console import Console  # a third of a run's imports, for those who only stream text

    return Console(stderr=stderr, highlight=False)


def show_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2 if for_people() else None))


def show_words(text: str, style: str = "") -> None:
    """A line; in a terminal it is broken between words."""
    if not for_people():
        click.echo(text)
        return
    from rich.text import Text

    console().print(Text(harmless(text), style))


def show_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = (), cut: str | None = None
) -> None:
    """A table in a terminal; else a line a row, with tabs between. `numbers`: the heads that stand at the right; `cut`:
    the one whose cells are cut where there is no room."""
    if not for_people():
        for row in (heads, *rows):
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for head in heads:
        table.add_column(
            head,
            justify="right" if head in numbers else "left",
            no_wrap=head in numbers or cut is not None,
            overflow="ellipsis" if head == cut else "fold",
            ratio=1 if head == cut else None,
        )
    table.expand = cut is not None
    for row in rows:
        table.add_row(*(Text(harmless(" ".join(cell.split()))) for cell in row))
    console().print(table)
