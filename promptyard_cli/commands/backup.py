"""`promptyard backup`."""

import os
from pathlib import Path

import click

from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import Asked
from promptyard_cli.connection import connection


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """The data of a local server into a new file, while it serves: everything that it keeps, keys of providers too. How
    it is brought back is in docs/command-line.md.

    \b
    Example:
      promptyard backup promptyard.backup
    """
    part = file.with_name(f"{file.name}.part")
    try:
        if file.exists():
            raise FileExistsError(0, "it is there already")
        target = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be made: {error.strerror}") from None
    try:
        with target, connection() as http, http.stream(Asked("POST", "/local/backup")) as response:
            for piece in response.iter_bytes():
                target.write(piece)
        part.replace(file)
    except httpx.TransportError as error:
        raise click.ClickException(f"The backup was cut off ({type(error).__name__}): try it again") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")
