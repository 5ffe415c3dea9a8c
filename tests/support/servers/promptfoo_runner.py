"""promptfoo itself, of the version that imports are made for."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.servers.dynalite_server import CACHE, NODE, NPM

SOURCES = Path(__file__).with_name("promptfoo")
_EVALUATE = [
    *("eval", "-c", "config.json", "-o", "results.json"),
    *("--no-cache", "--no-table", "--no-write", "--no-progress-bar"),
]
_NPM = [NODE, NPM, "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]


def run_promptfoo(config: dict[str, Any], home: Path, files: Mapping[str, bytes] | None = None) -> list[dict[str, Any]]:
    """What it makes of each test, in their order. It talks to nobody: its providers are `echo`."""
    for name, data in {**(files or {}), "config.json": json.dumps(config).encode()}.items():
        (home / name).write_bytes(data)
    done = subprocess.run(
        [NODE, _installed() / "node_modules/promptfoo/dist/src/main.js", *_EVALUATE],
        cwd=home,
        env={
            **os.environ,
            "PROMPTFOO_CONFIG_DIR": str(home / "state"),
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    results = home / "results.json"
    assert results.exists(), done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(results.read_text())["results"]["results"]
    return sorted(found, key=lambda one: (one["testIdx"], one["promptIdx"]))


def _installed() -> Path:
    """The directory that holds the pinned version; installed by the first test run that needs it."""
    lock = (SOURCES / "package-lock.json").read_bytes()
    home = CACHE / f"promptfoo-{hashlib.sha256(lock).hexdigest()[:12]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "promptfoo.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCES / name, home)
            path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
            done = subprocess.run(
                _NPM, cwd=home, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            (home / "complete").touch()
    return home
