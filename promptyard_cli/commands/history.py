"""`promptyard history`."""

from typing import Any

import click

from promptyard_cli.client.synchronous.client import Client
from promptyard_cli.connection import connect
from promptyard_cli.display.numbers import count, duration, money
from promptyard_cli.display.output import console, for_people, show_json, show_table, write

WIDE = 140
"""Columns of a terminal that has room for the runs' ids."""


@click.command("history")
@click.argument("run_id", required=False)
@click.option("-n", "--count", "limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@click.option("-m", "--model", help="Runs of this model alone.")
@click.option("--status", type=click.Choice(["running", "succeeded", "failed", "cancelled", "blocked"]))
@click.option("--prompt", "prompt_id", metavar="NAME", help="Runs of this prompt of the registry alone.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def command(run_id: str | None, limit: int, as_json: bool, **filters: str | None) -> None:
    """What was run, newest first; or one run, with its prompt and its answer: by its id, or by its place (1 is the
    newest).

    \b
    Examples:
      promptyard history -n 5
      promptyard history 1
      promptyard history --status failed --json
    """
    given = {name: value for name, value in filters.items() if value is not None}
    with connect() as client:
        if run_id is not None:
            record = _record(client, run_id, given)
            show_json(record) if as_json else _show(record)
            return
        items = client.history(limit=limit, **given)["items"]
    if as_json:
        show_json(items)
        return
    has_room = not for_people() or console().width >= WIDE
    rows = [[str(place), *([run["id"]] if has_room else []), *_row(run)] for place, run in enumerate(items, 1)]
    heads = ["#", *(["run"] if has_room else []), "when (UTC)", "model", "status", "tokens", "time", "cost", "answer"]
    show_table(heads, rows, numbers=("#", "tokens", "time", "cost"), cut="answer")


def _record(client: Client, run_id: str, filters: dict[str, str]) -> Any:
    if not run_id.isdigit():
        return client.get_run(run_id)
    items = client.history(limit=max(1, min(100, int(run_id))), **filters)["items"]
    if not 0 < int(run_id) <= len(items):
        raise click.UsageError(f"There is no run {run_id}: 1 is the newest, {len(items)} the oldest that is listed")
    return items[int(run_id) - 1]


def _row(run: Any) -> tuple[str, ...]:
    tokens = run["tokens"] or {}
    return (
        run["created_at"][5:16].replace("T", " "),
        run["model_id"],
        run["status"],
        count(tokens.get("total")),
        duration(run["latency_ms"]),
        money(run["cost_usd"]),
        run["output"] or (run["error"] or {"message": ""})["message"],
    )


def _show(record: dict[str, Any]) -> None:
    for message in record.get("messages") or ():
        content = message.get("content")
        click.secho(f"{message['role']}:", bold=True)
        write(f"{content}\n\n")
    click.secho(f"{record['model_id']}, {record['status']}:", bold=True)
    write(f"{record['output'] or (record['error'] or {'message': ''})['message']}\n")
