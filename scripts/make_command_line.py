"""Writes docs/command-line.md: under the words that stand there, what each command says of itself."""

from collections.abc import Iterator
from pathlib import Path

import click

from promptyard_cli.main import cli

DOCS = Path(__file__).parent.parent / "docs"
FILE = DOCS / "command-line.md"
START = "<!-- What follows is made of `--help` by scripts/make_command_line.py. -->\n"
WIDTH = 100


def main() -> None:
    FILE.write_text(text())


def text() -> str:
    """The file's content: what stands above the mark is kept."""
    written = FILE.read_text().partition(START)[0]
    return written + START + "".join(_section(name, command) for name, command in commands())


def commands() -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by what is typed for it, in the order of the help."""
    yield from _within("promptyard", cli)


def _within(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _within(f"{name} {inner}", found)


def help_of(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, max_content_width=WIDTH, terminal_width=WIDTH)
    return command.get_help(context)


def _section(name: str, command: click.Command) -> str:
    return f"\n## {name}\n\n```\n{help_of(name, command)}\n```\n"


if __name__ == "__main__":
    main()
