from scripts import make_client, make_client_types


def test_the_client_without_asyncio_is_the_other_one() -> None:
    there = {file.name: file.read_text() for file in make_client.MADE.glob("*.py")}
    assert there == make_client.texts(), "make snapshots"


def test_the_types_are_those_of_the_wire() -> None:
    assert make_client_types.FILE.read_text() == make_client_types.text(), "make snapshots"
