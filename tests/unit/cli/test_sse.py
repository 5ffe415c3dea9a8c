from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard_cli.client.sse import SentEvent, SentEvents

LINE_TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
EVENTS = st.lists(
    st.tuples(st.sampled_from(["", "done", "chunk:1"]), LINE_TEXTS, st.sampled_from(["", "7"])), max_size=6
)


def written(events: list[tuple[str, str, str]], end: bytes) -> bytes:
    lines = []
    for name, data, number in events:
        lines += [": still there", ""]
        lines += [f"id: {number}"] if number else []
        lines += [f"event: {name}"] if name else []
        lines += [f"data: {data}", ""]
    return b"".join(line.encode() + end for line in lines)


@settings(max_examples=30)
@given(EVENTS, st.sampled_from([b"\n", b"\r\n"]), st.data())
def test_cut_anywhere_the_events_are_the_same(
    events: list[tuple[str, str, str]], end: bytes, data: st.DataObject
) -> None:
    sent = written(events, end)
    reader, got, rest = SentEvents(), [], sent
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        got += reader.feed(rest[:size])
        rest = rest[size:]
    assert got == [SentEvent(name, text, number) for name, text, number in events]


@given(EVENTS, st.data())
def test_what_is_not_whole_is_no_event(events: list[tuple[str, str, str]], data: st.DataObject) -> None:
    sent = written(events, b"\n")
    cut = data.draw(st.integers(0, len(sent)))
    got = SentEvents().feed(sent[:cut])
    assert got == [SentEvent(*event) for event in events][: len(got)]
    assert len(got) == sent[:cut].count(b"\n\n") - sent[:cut].count(b": still there\n\n")


def test_several_lines_of_data_are_one() -> None:
    assert SentEvents().feed(b"data: a\ndata:b\n\n") == [SentEvent("", "a\nb", "")]
