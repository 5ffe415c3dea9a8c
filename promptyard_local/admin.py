"""`python -m promptyard_local.admin`: `promptyard.admin` for the local server's data. With the data embedded, the
server must not be running: one process at a time uses it."""

import os
import sys

from promptyard import admin
from promptyard.bootstrap.whole import whole
from promptyard.domain.errors import PromptyardError
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws


def main() -> None:
    """Raises PromptyardError."""
    environment = LAPTOP_DEFAULTS | os.environ
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
