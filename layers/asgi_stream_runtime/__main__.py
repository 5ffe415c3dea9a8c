"""What the exec wrapper starts in place of the managed runtime's `bootstrap.py`."""

import os
import site
import sys
from pathlib import Path


def add_lambda_paths() -> None:
    """Make the function, its layers and the runtime's own libraries importable, in the managed runtime's order."""
    layers = Path(__file__).resolve().parent.parent
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    runtime = os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    site_directories = [os.environ["LAMBDA_TASK_ROOT"], str(layers / "lib" / version / "site-packages"), str(layers)]
    sys.path[:0] = [*site_directories, runtime]
    for directory in site_directories:
        site.addsitedir(directory)  # reads the .pth files, too
    os.environ.setdefault("PYTHONPATH", runtime)


if __name__ == "__main__":
    add_lambda_paths()
    from asgi_stream_runtime.runtime import run

    sys.exit(run())
