"""Where the pages point: every link, anchor, path, module and target leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.support.checks.pages import REPOSITORY, Page, pages

PAGES = list(pages())
BY_PATH = {page.path: page for page in PAGES}
FOLDERS = (
    *("docs", "functions", "infra", "layers", "promptyard_cli", "promptyard_local", "requirements", "scripts"),
    *("tests", "examples", ".ci"),
)
SUFFIXES = "py|md|toml|json|jsonl|yaml|yml|js|mjs|css|html|txt|sh|png|csv"
THEIRS = {
    "config.toml",
    "config.yaml",
    "extra-openai-models.yaml",
    "mcp.json",
    "promptfooconfig.yaml",
    "deployment.toml",
    "manifest.json",
    "report.html",
    "report.xml",
    "rows.csv",
    "runs.jsonl",
    "runs.csv",
    "prompt.txt",
}
"""Files of whoever reads, not of the repository."""


def tracked() -> frozenset[PurePosixPath]:
    """What the repository holds, below its folders and at its top."""
    found = [path for path in REPOSITORY.iterdir() if path.is_file()]
    for folder in FOLDERS:
        found.append(REPOSITORY / folder)
        found += [path for path in (REPOSITORY / folder).rglob("*") if "__pycache__" not in path.parts]
    return frozenset(PurePosixPath(path.relative_to(REPOSITORY).as_posix()) for path in found)


TRACKED = tracked()


def is_there(wanted: PurePosixPath) -> bool:
    """At the top, or below any folder. A function's name may stand behind its module's."""
    names = (wanted, wanted.with_suffix(".py")) if wanted.suffix[1:].islower() else (wanted,)
    return any(path.parts[-len(name.parts) :] == name.parts for path in TRACKED for name in names)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), link
        assert path.is_relative_to(REPOSITORY), link
        if anchor:
            assert path.suffix == ".md", link
            assert anchor in BY_PATH[path].anchors, link


def named_paths(page: Page) -> Iterator[str]:
    for code in page.code:
        word = re.sub(r"(\.py)::?\w+$", r"\1", code.partition(" ")[0].removeprefix("./"))
        is_file = re.fullmatch(rf"[\w./-]+\.(?:{SUFFIXES})", word)
        is_folder = word.partition("/")[0] in FOLDERS and re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*/?", word) and "/" in word
        if (is_file or is_folder) and not word.startswith(("/", ".")) and PurePosixPath(word).name not in THEIRS:
            yield word


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_paths_are_there(page: Page) -> None:
    """Of the repository, or below one of its folders: `domain/errors.py` is in the package."""
    for name in named_paths(page):
        wanted = PurePosixPath(name)
        assert is_there(wanted), f"{page.name}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_modules_and_targets_are_there(page: Page) -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(page.code)):
        assert target in targets, f"{page.name}: make {target}"
    for module in re.findall(r"python -m ([\w.]+)", page.text):
        if module.partition(".")[0] in {"tests", "scripts", "promptyard", "promptyard_local", "promptyard_cli"}:
            wanted = PurePosixPath(*module.split("."))
            assert is_there(wanted) or is_there(wanted.with_suffix(".py")), f"{page.name}: {module}"


def test_every_page_of_docs_is_in_the_index() -> None:
    index = next(page for page in PAGES if page.name == "docs/README.md")
    linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links if ":" not in link}
    pages_of_docs = {page.path for page in PAGES if page.name.startswith("docs/")} - {index.path}
    assert pages_of_docs <= linked, sorted(path.name for path in pages_of_docs - linked)
