"""`promptyard serve`: the server of this machine, where that is installed."""

import os
import runpy
from importlib.util import find_spec

import click


@click.command("serve")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Where it listens, on this machine only; else PORT, else 8000."
)
@click.option(
    "--data", help="The directory of its data, else PROMPTYARD_DATA_DIR, else the user's own; :memory: keeps none."
)
def command(port: int | None = None, data: str | None = None) -> None:
    """Serve the API and its page on this machine until Ctrl-C. It opens nothing, and says where it is.

    \b
    Example:
      promptyard serve --port 8000 --data :memory:
    """
    missing = [name for name in ("boto3", "fastapi", "moto", "uvicorn") if find_spec(name) is None]
    if missing:
        raise click.ClickException(
            f"The server is not installed ({missing[0]} is missing): pip install 'promptyard[local]'"
        )
    if port is not None:
        os.environ["PORT"] = str(port)
    if data is not None:
        os.environ["PROMPTYARD_DATA_DIR"] = data
    elif not os.environ.get("PROMPTYARD_DATA_DIR"):
        from platformdirs import user_data_path

        os.environ["PROMPTYARD_DATA_DIR"] = str(user_data_path("promptyard", appauthor=False))
    # By its name: this package speaks HTTP, and imports nothing of what it may be installed without.
    runpy.run_module("promptyard_local", run_name="__main__")
