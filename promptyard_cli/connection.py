"""The client that a command works with."""

import click

from promptyard_cli.client.synchronous.client import Client


def connect() -> Client:
    """To the server of the options, the environment, the profile. Raises BadAccess."""
    given = click.get_current_context().find_root().obj
    return Client(given["url"], profile=given["profile"])
