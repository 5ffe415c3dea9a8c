"""What the infrastructure reads of the groups' routers."""

import tomllib

import pytest

from functions.local import ROUTERS
from functions.web.router import router as page
from scripts import make_routes
from tests.support.aws.grants import GROUPS


def test_the_file_is_of_these_routers() -> None:
    assert make_routes.FILE.read_text() == make_routes.text(), "run: make snapshots"


def test_every_group_has_a_function() -> None:
    groups = tomllib.loads(GROUPS.read_text())
    with_routes = {name for name, group in groups.items() if group["mode"] in {"stream", "buffered"}}
    assert with_routes == {router.tags[0] for router in (*ROUTERS, page)}


@pytest.mark.parametrize(
    ("path", "resources"),
    [
        ("/", ["/"]),
        ("/api/v1/models", ["/api/v1/models"]),
        ("/api/v2/genai/playgrounds/", ["/api/v2/genai/playgrounds"]),
        ("/runs/{run_id}/rerun", ["/runs/{run_id}/rerun"]),
        ("/{a}/x/{b:str}", ["/{a}/x/{b}"]),
        ("/prompts/{id:prompt}", ["/prompts/{id}", "/prompts/{id}/{id_rest}"]),
        ("/prompts/{id:prompt}/diff", ["/prompts/{id}/diff", "/prompts/{id}/{id_rest}/diff"]),
    ],
)
def test_a_path_in_api_gateways_form(path: str, resources: list[str]) -> None:
    assert list(make_routes.resources(path)) == resources
