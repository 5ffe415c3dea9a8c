"""`promptyard run`."""

from typing import TYPE_CHECKING, Any

import click

from promptyard_cli.client.events import Text
from promptyard_cli.commands.prompting import prompt_fields, prompt_options
from promptyard_cli.connection import connect
from promptyard_cli.display.numbers import count, duration, money, rate
from promptyard_cli.display.output import show_json, write

if TYPE_CHECKING:
    from promptyard_cli.client.synchronous.client import Client


@click.command("run")
@click.option("-m", "--model", help="Such as demo/writer or openai/gpt-4o; a prompt of the registry may have its own.")
@prompt_options
@click.option("-u", "--usage", is_flag=True, help="Tell tokens, times and cost on standard error.")
@click.option("--no-stream", is_flag=True, help="Show the answer when it is whole.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def command(model: str | None, usage: bool, no_stream: bool, as_json: bool, **prompt: Any) -> None:
    """Run a prompt on a model; the answer is shown as it comes. Standard input is appended to the prompt.

    \b
    Examples:
      promptyard run -m demo/writer "Explain event loops."
      promptyard run -m demo/echo -u -o temperature 0.2 -s "Be brief." "Say hello."
      promptyard run -m demo/echo --prompt team/answer@production -p question "Why?" --json
      promptyard run -m demo/writer "Summarise this:" < prompt.txt
    """
    fields = prompt_fields(**prompt)
    if model is not None:
        fields["model"] = model
    with connect() as client:
        if as_json or no_stream:
            answer = client.run(**fields)
            if as_json:
                show_json(answer)
                return
            write(f"{answer['output'] or ''}\n")
            tokens: Any = answer["tokens"] or {}
            stats = {**answer, "tokens_in": tokens.get("prompt"), "tokens_out": tokens.get("completion")}
        else:
            stats = _stream(client, fields)
    if usage:
        click.echo(_told(stats), err=True)


def _stream(client: "Client", fields: dict[str, Any]) -> dict[str, Any]:
    """The counts of its end."""
    last = ""
    with client.stream(**fields) as stream:
        try:
            for event in stream:
                if isinstance(event, Text):
                    last = event.text
                    write(last)
        finally:
            if not last.endswith("\n"):
                write("\n")
        result = stream.result
    return {**result["stats"], "cost_usd": result["cost_usd"]} if result else {}


def _told(stats: dict[str, Any]) -> str:
    first, whole, out = stats.get("ttft_ms"), stats.get("latency_ms"), stats.get("tokens_out")
    return (
        f"{count(stats.get('tokens_in'))} tokens in, {count(out)} out · first after {duration(first)}, all after "
        f"{duration(whole)}, {rate(out, whole, first)} · {money(stats.get('cost_usd'))}"
    )
