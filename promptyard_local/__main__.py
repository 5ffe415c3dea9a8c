"""`python -m promptyard_local`: what `make run` starts."""

import sys
from contextlib import suppress

from promptyard.domain.errors import PromptyardError
from promptyard_local.server import serve

if __name__ == "__main__":
    try:
        # uvicorn raises what stopped it once more, after all is closed.
        with suppress(KeyboardInterrupt):
            serve()
    except PromptyardError as error:
        sys.exit(f"promptyard: {error.message}")
