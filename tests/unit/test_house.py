"""The house's own rules, as far as a test can see them: names, ports, depth."""

import ast
import functools
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"promptyard": ROOT / "layers", "functions": ROOT, "promptyard_local": ROOT, "promptyard_cli": ROOT}
MADE = ("promptyard_cli.client.wire",)
"""Has the names of the wire, by a script."""
LONGEST_CHAIN = 12
LATE_IMPORTS = 42
FILES_IN_A_FOLDER = 20
IMPLEMENTS = re.compile(r"Implements `([\w.]+)`(?: and `([\w.]+)`)?")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """(module, its tree)."""
    for package, base in PACKAGES.items():
        for path in sorted((base / package).rglob("*.py")):
            module = ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
            yield module, ast.parse(path.read_text())


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for module, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield module, node


def test_a_class_name_stands_once() -> None:
    places = defaultdict(list)
    for module, node in classes():
        if module not in MADE:
            places[node.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_what_says_that_it_implements_a_port_does() -> None:
    found = 0
    for module, node in classes():
        said = IMPLEMENTS.search(ast.get_docstring(node) or "")
        for name in filter(None, said.groups() if said else ()):
            port_module, _, port_name = f"{module.partition('.')[0]}.{name}".rpartition(".")
            port = getattr(importlib.import_module(port_module), port_name)
            assert getattr(port, "_is_protocol", False), f"{module}.{node.name}: {name} is no protocol"
            made = getattr(importlib.import_module(module), node.name)
            wanted = {member for member in vars(port) if not member.startswith("_")}
            lacking = {member for member in wanted if not hasattr(made, member) and member not in _annotated(made)}
            assert not lacking, f"{module}.{node.name} lacks {lacking} of {name}"
            found += 1
    assert found > 20


def _annotated(made: type) -> set[str]:
    return {name for kind in made.__mro__ for name in getattr(kind, "__annotations__", {})} | _set_by_init(made)


def _set_by_init(made: type) -> set[str]:
    return set(
        re.findall(r"self\.(\w+)\s*=", Path(importlib.import_module(made.__module__).__file__ or "").read_text())
    )


def test_every_port_stands_among_the_ports() -> None:
    """A protocol of the services' is what they need from outside."""
    elsewhere = [
        f"{module}.{node.name}"
        for module, node in classes()
        if module.startswith("promptyard.services.")
        and not module.startswith("promptyard.services.ports.")
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
    ]
    assert elsewhere == []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def test_imports_run_in_no_circle_and_in_short_chains(graph: grimp.ImportGraph) -> None:
    on_the_way: set[str] = set()

    @functools.cache
    def chain(module: str) -> tuple[str, ...]:
        assert module not in on_the_way, f"a circle through {module}"
        on_the_way.add(module)
        below = [chain(imported) for imported in graph.find_modules_directly_imported_by(module)]
        on_the_way.remove(module)
        return (module, *max(below, key=len, default=()))

    longest = max((chain(module) for module in graph.modules), key=len)
    assert len(longest) <= LONGEST_CHAIN, "\n".join(longest)


def test_imports_stand_at_the_top_but_for_what_is_heavy() -> None:
    late = [
        f"{module}: {ast.unparse(node)}"
        for module, tree in sources()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert len(late) <= LATE_IMPORTS, "\n".join(late)


def test_no_folder_is_flat() -> None:
    counts: dict[Path, int] = defaultdict(int)
    for top in ("layers", "functions", "promptyard_cli", "promptyard_local", "infra", "scripts", "tests"):
        for path in (ROOT / top).rglob("*.py"):
            counts[path.parent.relative_to(ROOT)] += 1
    assert {folder: count for folder, count in counts.items() if count > FILES_IN_A_FOLDER} == {}
