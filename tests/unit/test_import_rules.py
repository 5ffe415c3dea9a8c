"""The import contracts of pyproject.toml refuse what they are there to refuse: each forbidden import is planted."""

import sys
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

from scripts.import_contracts import AllowListContract

ROOT = Path(__file__).parents[2]
CONFIGURATION: dict[str, Any] = read_configuration(str(ROOT / "pyproject.toml"))  # type: ignore[assignment]
KINDS: dict[str, type[Contract]] = {
    kind.type_name: kind for kind in (AllowListContract, ForbiddenContract, IndependenceContract, LayersContract)
}
DOMAIN, SERVICES, STORAGE = "promptyard.domain", "promptyard.services", "promptyard.storage"
PLANTED = [
    (f"{STORAGE}.table.keys", "promptyard.api.sse"),
    (f"{STORAGE}.table.keys", "promptyard.providers.registry"),
    ("promptyard.aws.clients", "promptyard.providers.registry"),
    ("promptyard.aws.clients", f"{STORAGE}.table.keys"),
    ("promptyard.providers.registry", f"{STORAGE}.table.keys"),
    ("promptyard.providers.registry", "promptyard.api.sse"),
    ("promptyard.api.sse", f"{STORAGE}.table.keys"),
    (f"{SERVICES}.ttl_cache", "promptyard.aws.clients"),
    (f"{SERVICES}.ttl_cache", "promptyard.api.sse"),
    (f"{SERVICES}.ttl_cache", "promptyard.bootstrap.parts"),
    (f"{STORAGE}.table.keys", "promptyard.bootstrap.parts"),
    (f"{STORAGE}.table.keys", "promptyard.settings"),
    (f"{STORAGE}.account.tenants", f"{SERVICES}.account.tenants"),
    ("promptyard.api.sse", "functions.run.router"),
    ("promptyard.bootstrap.parts", "functions.run.router"),
    ("functions.run.router", "functions.compare.router"),
    ("functions.run.router", "promptyard_local.server"),
    ("functions.run.router", "promptyard_cli.client.events"),
    ("promptyard.domain.errors", "promptyard_cli.client.events"),
    ("promptyard.settings", "rich"),
    ("promptyard_cli.client.events", "functions.run.router"),
    ("promptyard_cli.client.events", "promptyard.domain.errors"),
    ("promptyard_cli.client.events", "promptyard_local.server"),
    ("promptyard_local.server", "promptyard_cli.client.events"),
    ("promptyard_cli.client.events", "pydantic"),
    (f"{DOMAIN}.errors", "anyio"),
    (f"{DOMAIN}.errors", "jwt"),
    (f"{DOMAIN}.errors", "boto3"),
    (f"{DOMAIN}.errors", f"{SERVICES}.ttl_cache"),
    (f"{DOMAIN}.models.usage", f"{DOMAIN}.account.access"),
    (f"{DOMAIN}.account.access", f"{DOMAIN}.metering.ledger"),
    (f"{DOMAIN}.metering.ledger", f"{DOMAIN}.runs.run"),
    (f"{DOMAIN}.prompts.prompt", f"{DOMAIN}.runs.run"),
    (f"{DOMAIN}.runs.run", f"{DOMAIN}.playgrounds.playground"),
    (f"{DOMAIN}.playgrounds.playground", f"{DOMAIN}.benchmarks.benchmark"),
    (f"{DOMAIN}.benchmarks.benchmark", f"{DOMAIN}.tenant_data.erasure"),
    (f"{SERVICES}.account.audit", f"{SERVICES}.metering.meter"),
    (f"{SERVICES}.metering.meter", f"{DOMAIN}.runs.run"),
    (f"{SERVICES}.runs.runs", f"{SERVICES}.playgrounds.places"),
    (f"{SERVICES}.runs.runs", f"{DOMAIN}.playgrounds.playground"),
    (f"{STORAGE}.runs.runs", f"{STORAGE}.playgrounds.playgrounds"),
    (f"{SERVICES}.ports.runs", f"{SERVICES}.ports.playgrounds"),
]


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    configure()
    session = CONFIGURATION["session_options"]
    return [KINDS[given["type"]](given["name"], session, given) for given in CONFIGURATION["contracts_options"]]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    packages = CONFIGURATION["session_options"]["root_packages"]
    return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


def broken(contracts: list[Contract], graph: grimp.ImportGraph) -> list[str]:
    return [contract.name for contract in contracts if not contract.check(graph, verbose=False).kept]


def test_as_it_stands_all_are_kept(contracts: list[Contract], graph: grimp.ImportGraph) -> None:
    assert broken(contracts, graph) == []


@pytest.mark.parametrize(("importer", "imported"), PLANTED)
def test_a_forbidden_import_is_refused(
    contracts: list[Contract], graph: grimp.ImportGraph, importer: str, imported: str
) -> None:
    assert importer in graph.modules
    assert imported in graph.modules or imported.partition(".")[0] not in sys.stdlib_module_names
    planted_module = imported not in graph.modules
    if planted_module:
        graph.add_module(imported, is_squashed=True)
    graph.add_import(importer=importer, imported=imported)
    try:
        assert broken(contracts, graph)
    finally:
        graph.remove_import(importer=importer, imported=imported)
        if planted_module:
            graph.remove_module(imported)
