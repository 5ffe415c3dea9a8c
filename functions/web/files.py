"""The page's files, and the version of all of them together.

A browser may keep a file for good under an address with the version in it; only the page itself is asked for again.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""By suffix: what is served, and as what."""
PAGE = "index.html"
FOLDER = "static/"
"""How the page's own links to its files begin."""

_NAME = re.compile(r"(?:[a-z]+/)?[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class PageFile:
    """`etag` is of the content, in quotes, as HTTP has it."""

    content: bytes
    media_type: str
    etag: str

    def gzipped(self) -> "PageFile":
        """The same for who takes gzip; an ETag names the bytes that are sent."""
        return PageFile(_gzipped(self.content), self.media_type, f'{self.etag[:-1]}-gzip"')


class PageFiles:
    """What is below `root`, read at each call: who changes a file sees it at the next reload."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sent: str | None = None

    def page(self) -> PageFile:
        """The page, with the version in the addresses of its files."""
        self._sent = self.version()
        html = (self._root / PAGE).read_bytes()
        return _file(html.replace(f'"{FOLDER}'.encode(), f'"{FOLDER}{self._sent}/'.encode()), ".html")

    def is_current(self, version: str) -> bool:
        """Whether it is that of the page as it was last sent: looking at every file for each file takes longer than
        sending it."""
        self._sent = self._sent or self.version()
        return version == self._sent

    def file(self, name: str) -> PageFile | None:
        """The file `folder/name` or `name`; None where there is none."""
        path = self._root / name
        if not _NAME.fullmatch(name) or path.suffix not in TYPES or not path.is_file():
            return None
        return _file(path.read_bytes(), path.suffix)

    def version(self) -> str:
        """Another one as soon as any file is another one."""
        seen = ((path, path.stat()) for path in sorted(self._root.rglob("*")) if path.is_file())
        return _version(self._root, tuple((path, status.st_mtime_ns, status.st_size) for path, status in seen))


@lru_cache(maxsize=8)
def _version(root: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of what the files hold: a package's have all the same time."""
    digest = hashlib.sha256()
    for path, _, size in files:
        digest.update(f"{path.relative_to(root).as_posix()}\0{size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _file(content: bytes, suffix: str) -> PageFile:
    return PageFile(content, TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


@lru_cache(maxsize=256)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)  # the same bytes each time, as their ETag says
