"""`python -m promptyard_local`: what `make run` starts."""

import sys

from promptyard.domain.errors import PromptyardError
from promptyard_local.server import serve

if __name__ == "__main__":
    try:
        serve()
    except PromptyardError as error:
        sys.exit(f"promptyard: {error.message}")
