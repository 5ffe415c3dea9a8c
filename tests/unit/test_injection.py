"""What callers write ends no line and begins no other: in logs, in the events of streams, in the cells of files."""

import csv
import io
import json
import logging

from hypothesis import given
from hypothesis import strategies as st

from promptyard import logs
from promptyard.api.answers.events import RunContentEvent, event_frame
from promptyard.api.sse import content_frame, frame
from promptyard.api.text_files import compact_json, csv_lines, json_lines

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
STEERING = "\x00\x07\x08\x1b\x7f\u202e\u200b\ufeff"
lines = st.text(st.sampled_from(LINE_ENDS + STEERING + 'data: id:event\\"{}ä🙂') | st.characters(), max_size=40)
sendable = lines.filter(lambda text: text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text))


def logged(message: str, name: str, value: object) -> str:
    """As it is written, wherever that goes: another test may have left a stream that is closed by now."""
    [handler] = logs.configure("INFO").handlers
    assert isinstance(handler, logging.StreamHandler)
    logger = logging.getLogger("promptyard.test")
    record = logger.makeRecord(logger.name, logging.INFO, __file__, 1, message, (), None, extra={name: value})
    return handler.format(record) + handler.terminator


@given(lines, lines)
def test_a_record_of_the_log_is_one_line_of_ascii(message: str, value: str) -> None:
    text = logged(message.replace("%", ""), "what", value)
    assert text.isascii()
    assert len(text.splitlines()) == 1
    assert not any(char in text[:-1] for char in LINE_ENDS + STEERING)
    assert json.loads(text)["what"] == value


@given(sendable, st.none() | st.integers(0, 10**9))
def test_a_text_is_one_event_however_it_is_framed(text: str, number: int | None) -> None:
    frames = (
        content_frame(text, number),
        frame({"content": text}, None, number),
        event_frame(RunContentEvent(content=text), "", number),
    )
    for framed in frames:
        block, rest = framed.decode().split("\n\n")
        assert rest == ""
        fields = [line.partition(": ")[::2] for line in block.split("\n")]
        assert [name for name, _ in fields] == (["data"] if number is None else ["id", "data"])
        assert json.loads(fields[-1][1]) == {"content": text}
        assert "\r" not in block


@given(st.lists(sendable, min_size=1, max_size=4))
def test_a_record_of_a_file_is_one_line_to_every_reader(texts: list[str]) -> None:
    written = json_lines(compact_json({"text": text}) for text in texts)
    assert [json.loads(line)["text"] for line in written.splitlines()] == texts


FORMULAS = "=+-@\t\r\n＝＋－＠"


@given(st.lists(st.builds(str.__add__, st.sampled_from([*FORMULAS, ""]), sendable), min_size=1, max_size=4))
def test_no_cell_is_a_formula_and_every_text_is_there(texts: list[str]) -> None:
    [cells] = csv.reader(io.StringIO(csv_lines([texts]), newline=""))
    assert not any(cell.startswith(tuple(FORMULAS)) for cell in cells)
    assert cells == [f"'{text}" if text.startswith(tuple(FORMULAS)) else text for text in texts]
