"""The client that a command works with."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from promptyard_cli.client.access import find_access
from promptyard_cli.client.synchronous.client import Client
from promptyard_cli.client.synchronous.http import Http


def connect() -> Client:
    """To the server of the options, the environment, the profile. Raises BadAccess."""
    given = click.get_current_context().find_root().obj
    return Client(given["url"], profile=given["profile"])


@contextmanager
def connection() -> Iterator[Http]:
    """To the same server, for what is no part of the API. Raises BadAccess."""
    given = click.get_current_context().find_root().obj
    http = Http(find_access(given["url"], None, given["profile"]))
    try:
        yield http
    finally:
        http.close()
