"""The client against the server: what a script does with it."""

import httpx
import pytest

import promptyard
from promptyard import ApiError, AsyncClient, Client, NotReachable, Reasoning, RunFailed, Text, ToolCallPiece
from promptyard_cli.client import BadAccess
from tests.support.servers.server import RunningServer

SLOW = {"extra": {"delay_ms": 300}}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def test_what_is_left_is_cancelled_and_settled(server: RunningServer) -> None:
    with (
        Client(server.url) as client,
        client.stream(model="demo/writer", prompt_text="Hi", parameters=SLOW) as stream,
    ):
        assert isinstance(next(iter(stream)), Text)
    assert stream.id is not None
    with Client(server.url) as client:
        assert client.get_run(stream.id)["status"] == "cancelled"


def test_what_is_left_may_go_on(server: RunningServer) -> None:
    with Client(server.url) as client:
        with client.stream(model="demo/writer", prompt_text="Hi", on_disconnect="continue") as stream:
            next(iter(stream))
        assert stream.id is not None
        record = client.get_run(stream.id)
        assert record["status"] in {"running", "succeeded"}


def test_what_is_left_before_its_head_is_cancelled_too(server: RunningServer) -> None:
    class Interrupted(httpx.HTTPTransport):
        interrupted = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if not self.interrupted:
                self.interrupted = True
                response.close()
                raise KeyboardInterrupt
            return response

    with Client(server.url, transport=Interrupted()) as client:
        stream = client.stream(model="demo/writer", prompt_text="Hi", parameters=SLOW)
        with pytest.raises(KeyboardInterrupt), stream:
            next(iter(stream))
        [run] = client.history()["items"]
    assert run["status"] == "cancelled"


def test_reasoning_and_tool_calls_come_when_asked_for(server: RunningServer) -> None:
    with Client(server.url) as client:
        with client.stream(model="demo/thinker", prompt_text="Hi", events=["reasoning"]) as stream:
            kinds = [type(event) for event in stream]
        assert kinds.index(Reasoning) < kinds.index(Text)
        asked = client.stream(
            model="demo/writer", prompt_text="Hi", parameters={"tools": [TOOL]}, events=["tool_calls"]
        )
        with asked as stream:
            pieces = [event for event in stream if isinstance(event, ToolCallPiece)]
    assert pieces[0].name == "weather"
    assert "city" in "".join(piece.arguments for piece in pieces)


def test_a_run_that_fails_in_its_stream_says_so(server: RunningServer) -> None:
    with Client(server.url) as client:
        failing = client.stream(model="demo/writer", prompt_text="Hi", parameters=SLOW)
        with failing as stream:
            next(iter(stream))
            assert stream.id is not None
            client.cancel(stream.id)
            with pytest.raises(RunFailed) as failed:
                list(stream)
    assert (failed.value.error["code"], failed.value.id) == ("cancelled", stream.id)


def test_errors_say_what_is_wrong(server: RunningServer) -> None:
    with Client(server.url) as client:
        with pytest.raises(ApiError, match="prompt_text, messages and prompt_id") as refused:
            client.run(model="demo/echo")
        assert (refused.value.status, refused.value.code) == (422, "validation")
        with pytest.raises(ApiError) as unknown, client.stream(model="nobody", prompt_text="Hi") as stream:
            list(stream)
        assert unknown.value.code == "unknown_model"
        client.prompts.save(namespace="team", slug="x", content="1")
        with pytest.raises(ApiError, match="no version of a prompt"):
            client.prompts.version("team/x@production")


def test_where_nobody_listens_it_says_how_to_start_one() -> None:
    with Client("http://127.0.0.1:9") as client:
        with pytest.raises(NotReachable, match="promptyard serve"):
            client.run(model="demo/echo", prompt_text="Hi")
        with pytest.raises(NotReachable, match="promptyard serve"), client.stream(model="a", prompt_text="b") as stream:
            list(stream)


def test_versions_are_found_by_number_and_label(server: RunningServer) -> None:
    with Client(server.url) as client:
        for content in ("one", "two", "three"):
            client.prompts.save(namespace="team", slug="counted", content=content)
        client.prompts.label("team/counted", "production", 2)
        named = ("team/counted@1", "team/counted@production", "team/counted")
        assert [client.prompts.version(name)["text"] for name in named] == ["one", "two", "three"]
        assert "-one\n+two" in client.prompts.diff("team/counted", 1, 2)["text"]
        assert [prompt["slug"] for prompt in client.prompts.list(namespace="team")["items"]] == ["counted"]


def test_a_collector_is_set_shown_and_removed(server: RunningServer) -> None:
    with Client(server.url) as client:
        stored = client.telemetry.set(endpoint="http://127.0.0.1:65001", headers={"Key": "sk-canary"}, content=True)
        assert (stored["headers"], client.telemetry.get()) == (["key"], stored)
        client.telemetry.remove()
        with pytest.raises(ApiError) as missing:
            client.telemetry.get()
    assert missing.value.status == 404


async def test_the_client_for_asyncio_does_the_same(server: RunningServer) -> None:
    async with AsyncClient(server.url) as client:
        answer = await client.run(model="demo/echo", prompt_text="Hi")
        async with client.stream(model="demo/echo", prompt_text="Hi there") as stream:
            text = "".join([text async for text in stream.texts()])
        compared = await client.compare(prompt_text="Hi", targets=[{"model": "demo/echo"}, {"model": "demo/echo"}])
        async with client.stream(model="demo/writer", prompt_text="Hi", parameters=SLOW) as left:
            async for _ in left:
                break
        assert left.id is not None
        record = await client.get_run(left.id)
    assert (answer["output"], text, len(compared["results"])) == ("Hi", "Hi there", 2)
    assert record["status"] == "cancelled"


def test_only_names_of_the_client_are_reached_through_the_package() -> None:
    assert promptyard.Client is Client
    with pytest.raises(AttributeError):
        _ = promptyard.nothing
    with pytest.raises(BadAccess):
        Client("nowhere")
