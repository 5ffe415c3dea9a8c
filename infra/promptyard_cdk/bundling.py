"""Packages functions and layers for Lambda, without Docker: uv takes the wheels for the target's platform.

It imports nothing of the CDK, for the tests that run the packages have none.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FORMAT = 1
"""Part of every hash: count it up when packages are made in another way."""

LAYER = ("python", "/opt/python")
FUNCTION = ("", "/var/task")
"""Where the code is within a package, and in Lambda."""
EXEC_WRAPPER = "asgi-stream-runtime"
"""What starts the runtime; in Lambda it is at /opt/asgi-stream-runtime."""

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parent.parent
_NOT_PACKAGED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyo", "*.md")


class PackagingFailed(Exception):
    """A package could not be made. The message says why."""


@dataclass(frozen=True)
class Target:
    """Where the packages have to run. `platform` is one of uv's (`uv pip install --help`)."""

    python: str
    platform: str

    @classmethod
    def this_machine(cls) -> "Target":
        """The Python that runs this, on Linux."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return cls(version, f"{platform.machine()}-manylinux_2_28")


LAMBDA = Target("3.14", "aarch64-manylinux_2_28")
"""The newest managed Python, on arm64."""


@dataclass(frozen=True)
class Sources:
    """What the packages are made of."""

    functions: Path
    promptyard: Path
    streaming_runtime: Path
    requirements: Path
    streaming_requirements: Path

    @classmethod
    def find(cls) -> "Sources":
        """In a clone, or beside this package where the wheel has put them."""
        if (_REPOSITORY / "layers").is_dir():
            layers = _REPOSITORY / "layers"
            return cls(
                functions=_REPOSITORY / "functions",
                promptyard=layers / "promptyard",
                streaming_runtime=layers / "asgi_stream_runtime",
                requirements=_REPOSITORY / "requirements" / "runtime.txt",
                streaming_requirements=_REPOSITORY / "requirements" / "streaming.txt",
            )
        site_packages = _HERE.parent
        return cls(
            functions=site_packages / "functions",
            promptyard=site_packages / "promptyard",
            streaming_runtime=site_packages / "asgi_stream_runtime",
            requirements=_HERE / "data" / "runtime.txt",
            streaming_requirements=_HERE / "data" / "streaming.txt",
        )


@dataclass(frozen=True)
class Package:
    """A folder that becomes a zip file. `hash` follows from what it was made of and how."""

    path: Path
    hash: str


class Bundler:
    """Makes each package once, below `directory`."""

    def __init__(self, directory: Path, target: Target = LAMBDA, sources: Sources | None = None) -> None:
        self._directory = directory
        self._target = target
        self._sources = sources or Sources.find()
        self._made: dict[str, Package] = {}

    @property
    def compiles(self) -> bool:
        """Whether the packages hold .pyc files. Without them, functions take twice as long to start."""
        return self._compiler is not None

    def dependencies(self) -> Package:
        """The layer of third-party packages: as published, with their metadata. boto3 comes with Lambda."""
        requirements = self._sources.requirements

        def install(into: Path) -> None:
            self._install(requirements, into)

        return self._package("dependencies", LAYER, [requirements], install)

    def promptyard(self) -> Package:
        """The layer of the package `promptyard`."""
        sources = self._sources.promptyard

        def copy(into: Path) -> None:
            _copy(sources, into / "python" / "promptyard")

        return self._package("promptyard", LAYER, [sources], copy)

    def streaming_runtime(self) -> Package:
        """The layer of the runtime that streams, with its exec wrapper at /opt/asgi-stream-runtime and the version of
        awslambdaric that it is tested with."""
        sources, requirements = self._sources.streaming_runtime, self._sources.streaming_requirements

        def copy(into: Path) -> None:
            self._install(requirements, into)
            _copy(sources, into / "python" / sources.name)
            wrapper = (into / "python" / sources.name / EXEC_WRAPPER).rename(into / EXEC_WRAPPER)
            wrapper.chmod(0o755)

        return self._package("streaming_runtime", LAYER, [sources, requirements], copy)

    def function(self, group: str) -> Package:
        """A function's own code."""
        package = self._sources.functions

        def copy(into: Path) -> None:
            (into / "functions").mkdir()
            shutil.copyfile(package / "__init__.py", into / "functions" / "__init__.py")
            _copy(package / group, into / "functions" / group)

        return self._package(f"function-{group}", FUNCTION, [package / "__init__.py", package / group], copy)

    def _package(
        self, name: str, place: tuple[str, str], sources: Sequence[Path], fill: Callable[[Path], None]
    ) -> Package:
        if name not in self._made:
            path = self._directory / name
            path.mkdir(parents=True)
            fill(path)
            within, deployed = place
            if self._compiler is not None:
                _compile(self._compiler, path / within, deployed)
            self._made[name] = Package(path, self._hash(name, sources))
        return self._made[name]

    def _install(self, requirements: Path, into: Path) -> None:
        command = ["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
        command += ["--python-version", self._target.python, "--python-platform", self._target.platform]
        command += ["--target", str(into / "python"), "--requirement", str(requirements)]
        # What is in uv's cache is not asked for again, so that the same stack can be synthesised without a network.
        if _uv(*command, "--offline").returncode != 0:
            done = _uv(*command)
            if done.returncode != 0:
                raise PackagingFailed(f"uv cannot install the dependencies for {self._target}:\n{done.stderr}")
        shutil.rmtree(into / "python" / "bin", ignore_errors=True)  # names this machine's interpreter
        (into / "python" / ".lock").unlink(missing_ok=True)

    @cached_property
    def _compiler(self) -> str | None:
        """An interpreter of the target's version: another one's bytecode is of no use to it."""
        found = _uv("python", "find", "--no-python-downloads", self._target.python)
        return found.stdout.strip() if found.returncode == 0 else None

    def _hash(self, name: str, sources: Sequence[Path]) -> str:
        digest = hashlib.sha256(repr((FORMAT, name, self._target, self.compiles)).encode())
        for source in sources:
            for file in _files(source):
                content = file.read_bytes()
                digest.update(f"{file.relative_to(source.parent).as_posix()}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


def _copy(source: Path, into: Path) -> None:
    shutil.copytree(source, into, ignore=_NOT_PACKAGED)


def _files(source: Path) -> Iterator[Path]:
    """A file, or what is packaged of a folder."""
    if source.is_file():
        yield source
    else:
        yield from sorted(file for file in source.rglob("*") if file.is_file() and file.parent.name != "__pycache__")


def _compile(interpreter: str, code: Path, deployed: str) -> None:
    """Lambda's file system is read-only and its files' times change, so bytecode is taken there only where it comes
    with the package and is not checked against its source (PEP 552)."""
    command = [interpreter, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(code), "-p", deployed, str(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackagingFailed(f"{code} cannot be compiled:\n{done.stdout}{done.stderr}")


def _uv(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
