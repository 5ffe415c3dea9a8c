"""`promptyard compare`."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from promptyard_cli.client.errors import ClientError
from promptyard_cli.commands.prompting import prompt_fields, prompt_options
from promptyard_cli.connection import connect
from promptyard_cli.display.output import console, for_people, show_json, write

if TYPE_CHECKING:
    from promptyard_cli.client.synchronous.streams import ComparisonStream
    from promptyard_cli.display.columns import Columns

ALL_FAILED = 2


@click.command("compare")
@click.option("-m", "--model", "models", multiple=True, required=True, help="One of 2 to 10; the same may stand twice.")
@prompt_options
@click.option("--json", "as_json", is_flag=True, help="All answers as JSON, when they are whole.")
def command(models: tuple[str, ...], as_json: bool, **prompt: Any) -> int:
    """Run a prompt on several models at once, side by side, with the time to the first token, tokens a second and cost
    under each. Ctrl-C stops all of them, and shows what came.

    \b
    Examples:
      promptyard compare -m demo/writer -m demo/echo "Explain event loops."
      promptyard compare -m demo/writer -m demo/thinker -s "Be brief." --json "Explain event loops."
    """
    if len(models) < 2:
        raise click.UsageError("Name two models or more: -m demo/writer -m demo/echo")
    fields = prompt_fields(**prompt) | {"targets": [{"model": model} for model in models]}
    with connect() as client:
        if as_json:
            answer = client.compare(**fields)
            show_json(answer)
            return ALL_FAILED if all(result["status"] == "failed" for result in answer["results"]) else 0
        from promptyard_cli.display.columns import Columns

        columns = Columns(models)
        with client.stream_comparison(**fields) as stream:
            if for_people():
                _show_live(stream, columns)
            else:
                _read(stream, columns)
                _print_plain(columns)
    return ALL_FAILED if all(column.failure is not None for column in columns.columns) else 0


def _show_live(stream: "ComparisonStream", columns: "Columns") -> None:
    from rich.live import Live

    terminal = console()
    try:
        with Live(columns, console=terminal, refresh_per_second=12, transient=True, vertical_overflow="crop"):
            _read(stream, columns)
    except KeyboardInterrupt:
        with suppress(ClientError):
            _settle(columns, stream.cancel())
        raise
    finally:
        columns.growing = False
        if any(column.text or column.ended for column in columns.columns):
            terminal.print(columns)


def _read(stream: "ComparisonStream", columns: "Columns") -> None:
    for event in stream:
        columns.columns[event.index].take(event)


def _settle(columns: "Columns", record: dict[str, Any]) -> None:
    """What the record says of those that were stopped; its runs stand in the order of the targets."""
    for column, run in zip(columns.columns, record["runs"], strict=False):
        if not column.ended:
            column.failure = run["status"]


def _print_plain(columns: "Columns") -> None:
    for column in columns.columns:
        numbers = " · ".join(filter(None, column.numbers().splitlines()))
        write(f"{column.title}\n{column.text or column.failure}\n{numbers}\n\n")
