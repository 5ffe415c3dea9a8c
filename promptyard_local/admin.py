"""`python -m promptyard_local.admin`: `promptyard.admin` for the local server's data. With the data embedded, the
server must not be running: one process at a time uses it. Two commands are of that data alone: `backup FILE` copies it
into a new file (`promptyard backup` does while it is served), `restore FILE` such a file into a data directory that has
no data yet."""

import os
import sys
from pathlib import Path

from promptyard import admin
from promptyard.bootstrap.whole import whole
from promptyard.domain.errors import PromptyardError
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, data_directory, open_aws
from promptyard_local.journal import restore


def main() -> None:
    """Raises PromptyardError."""
    environment = LAPTOP_DEFAULTS | os.environ
    match sys.argv[1:]:
        case ["restore", file]:
            restore(Path(file), data_directory(environment))
            return
        case ["backup", file]:
            aws = open_aws(environment)
            try:
                aws.back_up(Path(file))
            finally:
                aws.close()
            return
    settings = Settings.from_environment(environment)
    aws = open_aws(environment)
    try:
        admin.run(sys.argv[1:], whole(settings, {**environment, **aws.names}, aws.clients))
    finally:
        aws.close()


if __name__ == "__main__":
    try:
        main()
    except PromptyardError as error:
        sys.exit(f"promptyard: {error.message}")
