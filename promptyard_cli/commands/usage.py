"""`promptyard usage`."""

from collections.abc import Mapping
from typing import Any

import click

from promptyard_cli.connection import connect
from promptyard_cli.display.numbers import count, money
from promptyard_cli.display.output import show_json, show_table

HEADS = ("model", "runs", "tokens in", "tokens out", "cost")


@click.command("usage")
@click.option("--month", metavar="YYYY-MM", help="Another month than this one.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def command(month: str | None, as_json: bool) -> None:
    """What a month's runs used and cost, by model, and how much of the quotas is left.

    \b
    Examples:
      promptyard usage
      promptyard usage --month 2026-11 --json
    """
    with connect() as client:
        usage = client.usage(month)
    if as_json:
        show_json(usage)
        return
    rows = [_row(sums["model"], sums) for sums in usage["by_model"]]
    total = usage["total"]
    rows.append(_row(f"all of {usage['month']}", total))
    show_table(HEADS, rows, numbers=HEADS[1:])
    for quota in usage["quotas"]:
        click.echo(f"{quota['scope']}: {quota['remaining']:,} of {quota['limit']:,} {quota['unit']} left")
    if total["unpriced_runs"]:
        click.echo(f"{count(total['unpriced_runs'])} runs have no known price and are not in the cost", err=True)


def _row(name: str, sums: Mapping[str, Any]) -> tuple[str, ...]:
    return (name, *(count(sums[part]) for part in ("runs", "input_tokens", "output_tokens")), money(sums["cost_usd"]))
