"""Where a mistake is said to be: it resolves in the body that was sent, whatever its shape and the mistake."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.compare.schemas import CompareRequest, RunMultiRequest
from functions.run.schemas import RunRequest
from promptyard.api.locations import location, plain_mistakes

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES = [
    {
        "role": "user",
        "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "https://x"}}],
    },
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "42"},
]
PARAMETERS = {
    "temperature": 0.5,
    "stop": ["a"],
    "tools": [TOOL],
    "tool_choice": {"function": {"name": "f"}},
    "top_k": 5,
}
PROMPT = {"messages": MESSAGES, "model": "demo/echo", "parameters": PARAMETERS, "stream": False}
MODEL = {"id": "x", "model": "demo/echo", **PARAMETERS}
TEMPLATE = {"type": "chat", "template_messages": MESSAGES, "variables": {"a": 1}, "model_config": MODEL}
COMPARE = {
    "messages": MESSAGES,
    "targets": [{"model": "demo/echo", "parameters": PARAMETERS}, {"model": "demo/writer"}],
}
MULTI = {"type": "chat", "template_messages": MESSAGES, "variables": {"a": 1}, "models": [MODEL]}
SHAPES = [
    (TypeAdapter(RunRequest), PROMPT),
    (TypeAdapter(RunRequest), TEMPLATE),
    (TypeAdapter(CompareRequest), COMPARE),
    (TypeAdapter(RunMultiRequest), MULTI),
]
VALUES = st.sampled_from([None, 7, -1, 1.5, "x", "", True, [], {}, [7], {"odd": 1}, ["x"], [None]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


def parent_of(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body


@pytest.mark.parametrize(("adapter", "good"), SHAPES)
def test_the_bodies_are_good(adapter: TypeAdapter[Any], good: Any) -> None:
    adapter.validate_python(good)


@given(data=st.data())
@settings(max_examples=2_000, deadline=None)
def test_every_location_resolves(data: st.DataObject) -> None:
    adapter, good = data.draw(st.sampled_from(SHAPES))
    body = copy.deepcopy(good)
    path = data.draw(st.sampled_from(list(places(body))))
    match data.draw(st.sampled_from(["set", "remove", "rename"])):
        case "set":
            parent_of(body, path)[path[-1]] = data.draw(VALUES)
        case "remove":
            del parent_of(body, path)[path[-1]]
        case "rename" if isinstance(path[-1], str):
            parent = parent_of(body, path)
            parent[f"{path[-1]}x"] = parent.pop(path[-1])
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        mistakes = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        for mistake in plain_mistakes(mistakes, body):
            found: Any = body
            steps = mistake["loc"][1:]
            for step in steps[:-1] if mistake["type"] == "missing" else steps:
                found = found[step]
            assert isinstance(found, dict) or mistake["type"] != "missing"


@pytest.mark.parametrize(
    ("loc", "body", "place"),
    [
        (["body", "parameters", "top_k"], TEMPLATE, ["body", "model_config", "top_k"]),
        (["body", "parameters", "top_k"], PROMPT, ["body", "parameters", "top_k"]),
        (["body", "messages", 0, "content", 1], TEMPLATE, ["body", "template_messages", 0, "content", 1]),
        (["body", "prompt_text"], {"template_text": "{{a b}}"}, ["body", "template_text"]),
        (["body", "model"], TEMPLATE, ["body", "model_config", "model"]),
        (["body", "variables", "a"], {}, ["body"]),
        (["query", "limit"], None, ["query", "limit"]),
        (["body", 17], None, ["body"]),
    ],
)
def test_a_field_is_found_where_its_shape_has_it(loc: list[Any], body: Any, place: list[Any]) -> None:
    assert location(loc, body) == place


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"content": [{"type": "text", "text": "Hi", "foo": 1}]}, ("content.0.foo", "Extra inputs are not permitted")),
        ({"content": [{"type": "text"}]}, ("content.0.text", "Field required")),
        ({"content": [{"type": "text", "text": 7}]}, ("content.0.text", "Input should be a valid string")),
        ({"contnt": "x"}, ("contnt", "Extra inputs are not permitted")),
        ({"content": 7}, ("content", "Input should be a valid string; or: Input should be a valid list")),
    ],
)
def test_of_a_union_the_member_that_was_meant_speaks(change: dict[str, Any], said: tuple[str, str]) -> None:
    body = {**PROMPT, "messages": [{"role": "user", **change}]}
    with pytest.raises(ValidationError) as error:
        TypeAdapter(RunRequest).validate_python(body)
    mistakes = [{**one, "loc": ("body", *one["loc"])} for one in error.value.errors()]
    (mistake,) = plain_mistakes(mistakes, body)
    place, message = said
    assert ".".join(str(step) for step in mistake["loc"]) == f"body.messages.0.{place}"
    assert mistake["msg"] == message
