"""`promptyard models`."""

import click

from promptyard_cli.client.synchronous.client import Client
from promptyard_cli.client.wire import ModelAnswer
from promptyard_cli.connection import connect
from promptyard_cli.display.numbers import count, score
from promptyard_cli.display.output import show_json, show_table

PAGE = 200
NUMBERS = ("context", "$/Mtok in", "$/Mtok out")


@click.command("models")
@click.option("-q", "--query", help="A part of the name.")
@click.option("--provider", help="Models of this provider alone.")
@click.option("--all", "unready", is_flag=True, help="Also of providers that have no key.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def command(query: str | None, provider: str | None, unready: bool, as_json: bool) -> None:
    """The models that can be run, with their prices.

    \b
    Examples:
      promptyard models
      promptyard models --all -q sonnet --json
    """
    with connect() as client:
        ready = {one["id"] for one in client.providers()["providers"] if one["ready"]}
        models = [model for model in _models(client, query, provider) if unready or model["provider"] in ready]
    if as_json:
        show_json(models)
        return
    rows = [
        (
            model["id"],
            count(model["context_window"]),
            score(model["input_usd_per_mtok"]),
            score(model["output_usd_per_mtok"]),
        )
        for model in models
    ]
    show_table(("model", *NUMBERS), rows, numbers=NUMBERS)


def _models(client: Client, query: str | None, provider: str | None) -> list[ModelAnswer]:
    models: list[ModelAnswer] = []
    while True:
        page = client.models(search=query, provider=provider, limit=PAGE, offset=len(models))
        models += page["items"]
        if not page["items"] or len(models) >= page["total"]:
            return models
