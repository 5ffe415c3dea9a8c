"""What `run` and `compare` have in common: the prompt, and what goes with it."""

import base64
import json
import mimetypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


def prompt_options(command: Command) -> Command:
    pair: dict[str, Any] = {"type": (str, str), "multiple": True, "metavar": "KEY VALUE"}
    options = (
        click.argument("prompt", required=False),
        click.option("-s", "--system", help="The system prompt."),
        click.option("-t", "--prompt", "prompt_id", metavar="NAME[@LABEL]", help="A prompt of the registry."),
        click.option("-p", "--param", "variables", help="A variable of the prompt.", **pair),
        click.option("-o", "--option", "options", help="A parameter of the model: temperature 0.2.", **pair),
        click.option("-a", "--attachment", "attachments", multiple=True, metavar="FILE", help="An image or a file."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def prompt_fields(
    *,
    prompt: str | None,
    system: str | None,
    prompt_id: str | None,
    variables: tuple[tuple[str, str], ...],
    options: tuple[tuple[str, str], ...],
    attachments: tuple[str, ...],
) -> dict[str, Any]:
    """What of a request the options make. Standard input stands after the prompt. Raises click.UsageError."""
    text = "\n\n".join(part for part in (prompt, _standard_input()) if part)
    fields: dict[str, Any] = {"parameters": {name: _value(value) for name, value in options}}
    if system is not None:
        fields["system"] = system
    if variables:
        fields["variables"] = dict(variables)
    if prompt_id is not None and (text or attachments):
        raise click.UsageError("Give a prompt or the name of one (--prompt), not both")
    if prompt_id is None and not (text or attachments):
        raise click.UsageError("There is no prompt: give one as an argument, on standard input or with --prompt")
    if prompt_id is not None:
        return fields | {"prompt_id": prompt_id}
    if attachments:
        parts = [{"type": "text", "text": text}] if text else []
        return fields | {"messages": [{"role": "user", "content": [*parts, *map(_attached, attachments)]}]}
    return fields | {"prompt_text": text}


def _standard_input() -> str:
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip("\n")


def _value(text: str) -> Any:
    """Numbers, true, lists and the like are what JSON says; everything else is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _attached(name: str) -> dict[str, Any]:
    if name.startswith(("https://", "http://")):
        return {"type": "image_url", "image_url": {"url": name}}
    file = Path(name)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    url = f"data:{media_type};base64,{base64.b64encode(file.read_bytes()).decode()}"
    if media_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": file.name, "file_data": url}}
