"""The routes of the API, as scripts/make_routes.py found them in the groups' routers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from promptyard_cdk.groups import Group

_DESCRIBES_ALL = "catalog"
_PAGE = "web"


@dataclass(frozen=True)
class Route:
    """A method of a resource, and the group whose function answers it."""

    group: str
    path: str
    method: str
    is_open: bool = False
    """Whether everybody may call it, without a key."""


def load_routes(groups: Mapping[str, Group]) -> list[Route]:
    """The routes of these groups."""
    return [Route(**row) for row in _document()["routes"] if row["group"] in groups]


def open_routes(groups: Mapping[str, Group]) -> list[Route]:
    """The routes that ask for no key: `/health`, and the description of the API and the page where the groups are there
    that give them."""
    # Every function answers /health; the API asks one that is quick to start, where there is one.
    group = min((group for group in groups.values() if group.has_routes), key=lambda group: group.streams)
    described = _document()["description"] if _DESCRIBES_ALL in groups else []
    page = _document()["page"] if _PAGE in groups else []
    return [
        Route(group=group.name, path="/health", method="GET", is_open=True),
        *(Route(group=_DESCRIBES_ALL, path=path, method="GET", is_open=True) for path in described),
        *(Route(group=_PAGE, path=path, method="GET", is_open=True) for path in page),
    ]


def cors_headers() -> list[str]:
    """The request headers that pages of other origins may send."""
    return list(_document()["cors_headers"])


def _document() -> dict[str, list[Any]]:
    document: dict[str, list[Any]] = json.loads(files(__package__).joinpath("routes.json").read_text())
    return document
