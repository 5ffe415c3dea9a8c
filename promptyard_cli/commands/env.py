"""`promptyard env`."""

import shlex

import click

from promptyard_cli.client.access import KEY, Access, find_access


@click.command("env")
@click.option("--codex", is_flag=True, help="What goes into Codex's ~/.codex/config.toml instead.")
@click.option("-m", "--model", default="demo/writer", show_default=True, help="Which model Codex is to use.")
def command(codex: bool, model: str) -> None:
    """What the clients of OpenAI's and Anthropic's APIs need to work through Promptyard: variables for a shell. A key
    is named and not shown.

    \b
    Examples:
      eval "$(promptyard env)"
      promptyard env --codex -m demo/writer
    """
    given = click.get_current_context().find_root().obj
    access = find_access(given["url"], profile=given["profile"])
    if codex:
        click.echo(_codex(access, model))
        return
    key = _key(access, given["profile"])
    for name, value in (
        ("OPENAI_BASE_URL", shlex.quote(f"{access.url}/v1")),
        ("OPENAI_API_KEY", key),
        ("ANTHROPIC_BASE_URL", shlex.quote(access.url)),
        ("ANTHROPIC_AUTH_TOKEN", key),
    ):
        click.echo(f"export {name}={value}")


def _key(access: Access, profile: str | None) -> str:
    """As a shell finds it. A server that runs open takes any, and the clients want one."""
    if access.key is None:
        return "open"
    if access.key_source == KEY:
        return f'"${KEY}"'
    return f'"$(promptyard {f"--profile {shlex.quote(profile)} " if profile else ""}keys get)"'


def _codex(access: Access, model: str) -> str:
    lines = [
        f'model = "{model}"',
        'model_provider = "promptyard"',
        "",
        "[model_providers.promptyard]",
        'name = "Promptyard"',
        f'base_url = "{access.url}/v1"',
        'wire_api = "responses"',
    ]
    return "\n".join(lines if access.key is None else [*lines, f'env_key = "{KEY}"'])
