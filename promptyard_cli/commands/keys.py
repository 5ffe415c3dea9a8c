"""`promptyard keys`."""

import sys
from typing import Any

import click

from promptyard_cli.client.access import DEFAULT_PROFILE, DEFAULT_URL, find_access, write_profile
from promptyard_cli.client.errors import BadAccess
from promptyard_cli.connection import connect
from promptyard_cli.display.output import show_json, show_table


@click.group("keys")
def command() -> None:
    """The API keys of the tenant, and the one that is kept here.

    \b
    Example:
      promptyard keys list
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def list_keys(as_json: bool) -> None:
    """The tenant's API keys; for admins.

    \b
    Example:
      promptyard keys list
    """
    with connect() as client:
        keys = client.keys.list(limit=100)["items"]
    if as_json:
        show_json(keys)
        return
    rows = [
        (key["id"], key["name"], key["role"], key["prefix"], (key["last_used_at"] or "–")[:19].replace("T", " "))
        for key in keys
    ]
    show_table(("id", "name", "role", "begins with", "last used (UTC)"), rows)


@command.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "member", "admin"]), default="member", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def create(name: str, role: Any, as_json: bool) -> None:
    """Make an API key, which is shown this once; for admins.

    \b
    Example:
      promptyard keys create ci --role member
    """
    with connect() as client:
        made = client.keys.create(name=name, role=role)
    if as_json:
        show_json(made)
    else:
        click.echo(made["key"])


@command.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke an API key, by the id that `keys list` shows; for admins.

    \b
    Example:
      promptyard keys revoke KEY_ID
    """
    with connect() as client:
        client.keys.revoke(key_id)
    click.echo(f"{key_id} is revoked; within a minute everywhere")


@command.command("set")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, help="The name that it is kept under.")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The server that the key is for.")
def set_key(profile: str, url: str) -> None:
    """Keep a server's address and a key for it in a file that you alone may read. The key is asked for, or read from
    standard input.

    \b
    Example:
      promptyard keys set --profile work --url https://prompts.example.com < key.txt
    """
    asked = sys.stdin.isatty()
    key: str = click.prompt("Key", hide_input=True, err=True) if asked else sys.stdin.readline()
    file = write_profile(profile, url, key.strip())
    click.echo(f"{profile}: the key for {url} is in {file}")


@command.command("get")
def get_key() -> None:
    """The key that would be used, for programs that ask for one.

    \b
    Example:
      promptyard --profile work keys get
    """
    given = click.get_current_context().find_root().obj
    access = find_access(given["url"], profile=given["profile"])
    if access.key is None:
        raise BadAccess(f"There is no key for {access.url}: promptyard keys set keeps one")
    click.echo(access.key)
