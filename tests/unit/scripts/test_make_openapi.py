"""The description of the API that the catalog group's package carries."""

from scripts import make_openapi


def test_the_file_is_of_the_routes_as_they_are() -> None:
    assert make_openapi.FILE.read_text() == make_openapi.text(), "run: make snapshots"
