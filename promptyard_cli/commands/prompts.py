"""`promptyard prompts`."""

import sys
from typing import Any

import click

from promptyard_cli.connection import connect
from promptyard_cli.display.output import for_people, harmless, show_json, show_table, write

AS_JSON = click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")


@click.group("prompts")
def command() -> None:
    """Prompts that are kept: versions that never change, labels that point at them.

    \b
    Example:
      promptyard prompts list
    """


@command.command("list")
@click.option("-q", "--query", help="A part of the name.")
@click.option("--namespace")
@AS_JSON
def list_prompts(query: str | None, namespace: str | None, as_json: bool) -> None:
    """The prompts, by name.

    \b
    Example:
      promptyard prompts list --namespace team
    """
    with connect() as client:
        items, cursor = [], None
        while True:
            page = client.prompts.list(search=query, namespace=namespace, limit=100, cursor=cursor)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    if as_json:
        show_json(items)
        return
    rows = []
    for item in items:
        newest = item["latest_version"]
        labels = ", ".join(f"{label} = {version['version_number']}" for label, version in item["labels"].items())
        name = f"{item['namespace']}/{item['slug']}"
        rows.append((name, str(newest["version_number"]) if newest else "–", labels, item["description"] or ""))
    show_table(("prompt", "version", "labels", "description"), rows, numbers=("version",))


@command.command("show")
@click.argument("prompt")
@AS_JSON
def show(prompt: str, as_json: bool) -> None:
    """A version's text: of NAME@3, of NAME@LABEL, or the newest one.

    \b
    Example:
      promptyard prompts show team/answer@production
    """
    with connect() as client:
        version = client.prompts.version(prompt)
    if as_json:
        show_json(version)
        return
    messages: list[dict[str, Any]] = [*(version["messages"] or [])]  # type: ignore[list-item]
    text = version["text"] if version["text"] is not None else "\n\n".join(map(_as_text, messages))
    write(f"{text}\n")


def _as_text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        content = "\n".join(part.get("text") or f"[{part['type']}]" for part in content)
    return f"{message['role']}:\n{content or ''}"


@command.command("save")
@click.argument("prompt")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option("-m", "--model", help="Which model it is run on where none is named.")
@click.option("--message", help="What has changed.")
@AS_JSON
def save(prompt: str, file: Any, model: str | None, message: str | None, as_json: bool) -> None:
    """The file, or standard input, as the prompt's next version. What says the same makes none.

    \b
    Examples:
      promptyard prompts save team/answer prompt.txt -m demo/echo --message "Shorter."
      echo "Answer: {{question}}" | promptyard prompts save team/answer
    """
    namespace, _, slug = prompt.partition("/")
    if file is sys.stdin and sys.stdin.isatty() and for_people():
        click.echo("Write the prompt, and Ctrl-D at its end:", err=True)
    fields: dict[str, Any] = {"namespace": namespace, "slug": slug, "content": file.read().rstrip("\n")}
    fields |= {"default_model": model} if model else {}
    fields |= {"commit_message": message} if message else {}
    with connect() as client:
        saved = client.prompts.save(**fields)
    if as_json:
        show_json(saved)
    else:
        click.echo(f"{prompt} version {saved['version_number']}{'' if saved['created'] else ', as it was'}")


@command.command("label")
@click.argument("prompt")
@click.argument("label")
@click.argument("version", type=int)
@click.option("--override", is_flag=True, help="Also where a benchmark holds it back; for admins.")
@AS_JSON
def label_version(prompt: str, label: str, version: int, override: bool, as_json: bool) -> None:
    """Have a label point at a version.

    \b
    Example:
      promptyard prompts label team/answer production 2
    """
    with connect() as client:
        labelled = client.prompts.label(prompt, label, version, override=override)
    if as_json:
        show_json(labelled)
    else:
        click.echo(f"{prompt}@{label} is version {version}")


@command.command("diff")
@click.argument("prompt")
@click.argument("older", type=int)
@click.argument("newer", type=int)
@AS_JSON
def diff(prompt: str, older: int, newer: int, as_json: bool) -> None:
    """What differs between two versions.

    \b
    Example:
      promptyard prompts diff team/answer 1 2
    """
    with connect() as client:
        found = client.prompts.diff(prompt, older, newer)
    if as_json:
        show_json(found)
        return
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in harmless(found["text"]).splitlines():
        click.secho(line, fg=styles.get(line[:1]))
    for name, change in found["settings"].items():
        click.echo(f"{name}: {change['from']} → {change['to']}")
