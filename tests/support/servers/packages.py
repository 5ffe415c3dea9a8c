"""Functions and layers, packaged as for deployment, but for this machine; and the little that Lambda's Python has."""

import importlib.util
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
CDK = REPOSITORY / "infra" / "promptyard_cdk"
GROUPS: dict[str, Any] = tomllib.loads((CDK / "groups.toml").read_text())
WITH_ROUTES = [name for name, group in GROUPS.items() if group["mode"] in {"stream", "buffered"}]


def _load_bundling() -> Any:
    """By its path, for its package imports the CDK, which is not here."""
    spec = importlib.util.spec_from_file_location("bundling", CDK / "bundling.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look for it there
    spec.loader.exec_module(module)
    return module


bundling = _load_bundling()


@dataclass(frozen=True)
class Packages:
    """Folders as Lambda unpacks them. `runtime` stands for /var/runtime: awslambdaric and boto3. `interpreter` knows
    the standard library alone: another one would find what a package lacks, and what it has no use for."""

    bundler: Any
    runtime: Path
    interpreter: Path

    def streams(self, group: str) -> bool:
        return bool(GROUPS[group]["mode"] == "stream")

    def task_root(self, group: str) -> Path:
        path: Path = self.bundler.function(group).path
        return path

    def layers(self, group: str) -> list[Path]:
        layers = [self.bundler.dependencies(), self.bundler.promptyard()]
        if self.streams(group):
            layers.append(self.bundler.streaming_runtime())
        return [layer.path for layer in layers]

    def command(self, group: str) -> list[str]:
        """What starts the runtime: on Lambda, the exec wrapper gets the command of the managed one."""
        managed = [str(self.interpreter), "-m", "awslambdaric"]
        return [str(self.layers(group)[-1] / "asgi-stream-runtime"), *managed] if self.streams(group) else managed

    def environment(self, group: str) -> dict[str, str]:
        """Where the runtime finds things, and the group's mode."""
        places = [*(str(layer / "python") for layer in self.layers(group)), str(self.runtime)]
        variables = {"PYTHONPATH": ":".join(places), "LAMBDA_RUNTIME_DIR": str(self.runtime)}
        return {**variables, "ASGI_STREAM_MODE": "stream"} if self.streams(group) else variables


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return make_packages(tmp_path_factory.mktemp("packages"))


def make_packages(folder: Path) -> Packages:
    runtime = folder / "runtime"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(runtime)]
    command += ["--constraint", str(REPOSITORY / "requirements" / "dev.txt"), "awslambdaric", "boto3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    venv.create(folder / "interpreter", symlinks=True)
    interpreter = folder / "interpreter" / "bin" / "python"
    return Packages(bundling.Bundler(folder, bundling.Target.this_machine()), runtime, interpreter)
