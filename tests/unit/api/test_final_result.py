"""A stream's final result as one stream."""

import json
from collections.abc import AsyncIterator

from promptyard.api.sse import EventStream, FinalResult, frame


def joined(*frames: bytes) -> list[tuple[str | None, object]]:
    result = FinalResult()
    for piece in frames:
        result.add(piece)
    told = []
    for block in result.text().strip().split("\n\n"):
        *head, line = block.split("\n")
        told.append((head[0].removeprefix("event: ") if head else None, json.loads(line.removeprefix("data: "))))
    return told


def test_the_pieces_of_a_text_are_joined() -> None:
    done = frame({"done": True, "id": "r"}, "done")
    assert joined(frame({"content": "Hello"}), frame({"content": " you\n"}), done) == [
        (None, {"content": "Hello you\n"}),
        ("done", {"done": True, "id": "r"}),
    ]


def test_texts_of_several_targets_stay_apart_and_before_their_ends() -> None:
    frames = [
        frame({"index": 0, "content": "a"}, "chunk:0"),
        frame({"index": 1, "content": "x"}, "chunk:1"),
        frame({"index": 0, "content": "b"}, "chunk:0"),
        frame({"index": 0, "done": True}, "done:0"),
        frame({"index": 1, "content": "y"}, "chunk:1"),
        frame({"index": 1, "error": {"code": "deadline"}}, "error:1"),
        frame({"comparison_id": "c"}, "end"),
    ]
    assert joined(*frames) == [
        ("chunk:0", {"index": 0, "content": "ab"}),
        ("chunk:1", {"index": 1, "content": "xy"}),
        ("done:0", {"index": 0, "done": True}),
        ("error:1", {"index": 1, "error": {"code": "deadline"}}),
        ("end", {"comparison_id": "c"}),
    ]


def test_events_without_a_text_stay_as_they_are() -> None:
    progress = [frame({"done": number}, "progress") for number in (1, 2)]
    assert [data for _, data in joined(*progress)] == [{"done": 1}, {"done": 2}]


async def test_it_is_kept_when_the_last_frame_has_gone_and_changes_nothing_of_the_stream() -> None:
    frames = [frame({"content": "a"}), frame({"content": "b"}), frame({"done": True}, "done")]
    kept: list[str] = []

    async def told() -> AsyncIterator[bytes]:
        for piece in frames:
            assert kept == []
            yield piece

    async def keep(text: str) -> None:
        kept.append(text)

    stream = EventStream(told(), on_disconnect=lambda: None)
    stream.at_end(keep)
    assert [piece async for piece in stream._frames] == frames
    assert kept == ['data: {"content": "ab"}\n\nevent: done\ndata: {"done": true}\n\n']
