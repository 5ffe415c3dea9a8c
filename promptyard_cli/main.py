"""`promptyard`: which command is meant, and how a mistake is told: in one line, with what to do."""

import os
import sys
from importlib import import_module

import click

from promptyard_cli.client.errors import ClientError

COMMANDS = (
    "serve",
    "run",
    "compare",
    "bench",
    "prompts",
    "history",
    "usage",
    "models",
    "keys",
    "env",
    "backup",
    "import",
)
MODULES = {"import": "tenant_import"}
"""Of commands whose names no module can have."""
BROKEN = 2
INTERRUPTED = 130


class LateCommands(click.Group):
    """Imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's form
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"promptyard_cli.commands.{MODULES.get(cmd_name, cmd_name)}").command
        return command


@click.command(cls=LateCommands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="promptyard")
@click.option("--url", help="The server, instead of PROMPTYARD_URL's or the profile's.")
@click.option("--profile", help="Which profile's address and key, instead of PROMPTYARD_PROFILE's.")
@click.pass_context
def cli(ctx: click.Context, url: str | None, profile: str | None) -> None:
    """Run prompts on any model, compare, benchmark and keep them. Without a command: serve.

    \b
    The server is PROMPTYARD_URL's, else the profile's, else the one on this machine;
    the key PROMPTYARD_API_KEY, else the profile's. NO_COLOR turns colours off.

    \b
    Example:
      promptyard run -m demo/writer "Explain event loops."
    """
    ctx.obj = {"url": url, "profile": profile}
    if ctx.invoked_subcommand is None:
        serve = import_module("promptyard_cli.commands.serve").command
        ctx.invoke(serve)


def main(arguments: list[str] | None = None) -> None:
    """Ends the process: 0 done, 1 a gate failed, 2 a mistake, 130 interrupted."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: list[str] | None = None) -> int:
    """What was wrong is written to standard error."""
    try:
        given = cli.main(arguments, prog_name="promptyard", standalone_mode=False)
        return given if isinstance(given, int) else 0
    except click.ClickException as error:
        return _tell(_sentence(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("promptyard: stopped", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # who read it has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ClientError, OSError) as error:
        return _tell(" ".join(str(error).split()))
    except Exception as error:
        if os.environ.get("PROMPTYARD_TRACE"):
            raise
        return _tell(f"{type(error).__name__}: {error}; this is a mistake of ours: PROMPTYARD_TRACE=1 shows where")


def _sentence(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    help_of = f"; see {context.command_path} --help" if context else ""
    return error.format_message().rstrip(".").replace("\n", " ") + help_of


def _tell(sentence: str) -> int:
    click.echo(f"promptyard: {sentence}", err=True)
    return BROKEN
