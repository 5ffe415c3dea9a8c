"""What becomes of the fields that other tools name."""

import json
from typing import Any

import pytest

from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.benchmarks.reading.dataset_reader import DatasetReader
from promptyard.domain.benchmarks.reading.mapping import FieldMap
from promptyard.domain.errors import InvalidRequest

TWO = {"a": 1, "b": 2}
CHAT = [{"role": "user", "content": "Hi"}]


def read(data: str, *maps: str) -> tuple[list[RowContent], DatasetReader]:
    reader = DatasetReader(None, FieldMap.parse_all(maps))
    return [row for row, _ in [*reader.feed(data.encode()), *reader.finish()]], reader


def one(record: dict[str, Any], *maps: str) -> tuple[dict[str, Any], dict[str, str]]:
    rows, reader = read(json.dumps(record), *maps)
    assert reader.bad == []
    return json.loads(rows[0].json_text()), reader.mapping


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ({"vars": {"q": "x"}, "note": 1}, {"variables": {"q": "x"}, "metadata": {"note": 1}}),
        ({"inputs": {"q": "x"}, "outputs": {"a": "y"}}, {"variables": {"q": "x"}, "reference": "y"}),
        ({"inputs": {"q": "x"}, "outputs": TWO}, {"variables": {"q": "x"}, "metadata": {"outputs": TWO}}),
        ({"inputs": {"messages": CHAT}, "outputs": {"a": "y"}}, {"messages": CHAT, "reference": "y"}),
        ({"item": {"user": {"name": "n"}, "tags": ["a"]}}, {"variables": {"user.name": "n", "tags": '["a"]'}}),
        ({"item": {"q": "x"}, "sample": {"a": 1}}, {"variables": {"q": "x"}, "metadata": {"sample": {"a": 1}}}),
        ({"input": {"q": "x"}, "expected": "y"}, {"variables": {"q": "x"}, "reference": "y"}),
        ({"input": "x", "ideal": ["y", "z"]}, {"variables": {"input": "x"}, "reference": ["y", "z"]}),
        ({"input": CHAT, "ideal": "y"}, {"messages": CHAT, "reference": "y"}),
        ({"messages": CHAT, "id": 7}, {"messages": CHAT, "metadata": {"id": 7}}),
        ({"question": "x", "answer": 42, "id": "7"}, {"variables": {"question": "x", "id": "7"}, "reference": "42"}),
        ({"input": "x", "contexts": ["c", {"text": "d"}]}, {"variables": {"input": "x"}, "documents": ["c", "d"]}),
        ({"prompt": "x", "tags": ["a", 1], "splits": None}, {"variables": {"prompt": "x"}, "tags": ["a", "1"]}),
        ({"q": "x", "reference": "r", "answer": "a"}, {"variables": {"q": "x", "answer": "a"}, "reference": "r"}),
        (
            {"id": "1", "status": "ACTIVE", "input": "x", "expectedOutput": TWO, "metadata": {"k": None}},
            {
                "variables": {"input": "x"},
                "reference": json.dumps(TWO),
                "metadata": {"k": None, "id": "1", "status": "ACTIVE"},
            },
        ),
        ({"question": "x", "gone": None}, {"variables": {"question": "x"}}),
    ],
)  # fmt: skip
def test_the_shapes_of_other_tools_are_known(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert one(record)[0] == row


def test_the_mapping_that_was_used_is_said() -> None:
    _, mapping = one({"question": "x", "answer": "y", "k": 1, "contexts": ["c"]})
    assert mapping == {
        "question": "variables.question",
        "answer": "reference",
        "k": "variables.k",
        "contexts": "documents",
    }
    rows, reader = read('{"q": "x", "answer": "y"}\n{"q": "x", "answer": "y", "reference": "r"}\n')
    assert [row.reference for row in rows] == ["y", "r"]
    assert reader.mapping["answer"] == "reference, variables.answer"


def test_a_map_goes_before_the_known_names() -> None:
    record = {"answer": "a", "inputs": {"q": "x", "r": "y"}, "note": "n", "more": ["d"]}
    row, mapping = one(
        record, "variables.question=inputs.q", "variables.answer=answer", "reference=note", "documents=more"
    )
    assert row == {"variables": {"question": "x", "answer": "a", "r": "y"}, "reference": "n", "documents": ["d"]}
    assert mapping["inputs.q"] == "variables.question"
    row, _ = one({"a": {"x": 1}, "b": CHAT, "c": "t", "d": 5}, "variables=a", "messages=b", "tags=c", "metadata.e=d")
    assert row == {"variables": {"x": 1}, "messages": CHAT, "tags": ["t"], "metadata": {"e": 5}}


def test_a_map_of_a_field_that_no_row_has_is_refused() -> None:
    rows, reader = read('{"q": "x"}\n{"q": "y"}', "reference=anwser")
    assert "anwser" in reader.bad[0].message
    rows, reader = read('{"q": "x"}\n{"q": "y", "anwser": "z"}', "reference=anwser")
    assert [row.reference for row in rows] == [None, "z"]
    assert reader.bad == []


@pytest.mark.parametrize(
    "maps",
    [
        ["reference"],
        ["=a"],
        ["reference="],
        ["id=a"],
        ["reference.x=a"],
        ["variables.=a"],
        ["reference=a", "reference=b"],
    ],
)
def test_what_is_no_map_is_refused(maps: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        FieldMap.parse_all(maps)
    assert refused.value.loc == ("query", "map")


def test_what_langfuse_has_archived_is_left_out_and_counted() -> None:
    item = {"input": "x", "expectedOutput": "y", "metadata": None}
    rows, reader = read("\n".join(json.dumps(item | {"status": status}) for status in ("ACTIVE", "ARCHIVED")))
    assert (len(rows), reader.skipped, reader.bad) == (1, 1, [])


def test_promptfoos_columns_are_known() -> None:
    rows, reader = read(
        "question,__expected,__metadata:source,__metadata:kinds[],__description,\n"
        'x,equals: y,wiki,"a,b\\,c",first,\n'
        "x,y,,,,\n"
        "x,contains: y,,,,\n"
    )
    assert reader.bad == []
    assert [row.reference for row in rows] == ["y", "y", None]
    assert rows[0].metadata == {"source": "wiki", "kinds": ["a", "b,c"], "__description": "first"}
    assert rows[2].metadata == {"__expected": "contains: y"}
    assert [row.variables for row in rows] == [{"question": "x"}] * 3
    assert reader.mapping["__metadata:kinds[]"] == "metadata.kinds"


def test_cells_may_hold_json_where_a_field_has_more_than_a_text() -> None:
    rows, reader = read(
        "input,expected_output,tags,documents,metadata\n"
        '"{""q"": ""x""}","[""y"", ""z""]","a, b",one text,"{""k"": 1}"\n'
        "plain,,,,\n"
    )
    assert reader.bad == []
    assert rows[0] == RowContent(
        variables={"q": "x"}, reference=["y", "z"], tags=["a", "b"], documents=["one text"], metadata={"k": 1}
    )
    assert rows[1] == RowContent(variables={"input": "plain"})


def test_columns_may_name_a_place() -> None:
    rows, _ = read("variables.q,vars.r,metadata.k,reference\nx,y,z,w\n")
    assert rows == [RowContent(variables={"q": "x", "r": "y"}, metadata={"k": "z"}, reference="w")]


def test_the_names_of_fields_are_bounded() -> None:
    _, reader = read("\n".join(json.dumps({f"f{number}": 1}) for number in range(600)))
    assert len(reader.mapping) == 500
    assert reader.bad_count == 100
