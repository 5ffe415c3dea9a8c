"""Whatever an answer is, what is kept of it has room, begins as the answer does, and says what is missing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.models.messages import Replayed, ToolCall, ToolFunction
from promptyard.domain.models.provider_events import Citation
from promptyard.domain.runs import kept_answer as module
from promptyard.domain.runs.kept_answer import kept_answer
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import Withheld
from tests.support.samples.sample_runs import new_run

TEXT, ALL = 60, 150
TEXTS = st.none() | st.text(max_size=100) | st.text("\x01é\U0001f600\ud800", max_size=40)
ANSWERS = st.fixed_dictionaries(
    {
        "output": TEXTS,
        "reasoning": TEXTS,
        "tool_calls": st.none()
        | st.lists(
            st.builds(
                ToolCall, id=st.just("c"), function=st.builds(ToolFunction, name=st.just("f"), arguments=st.text())
            ),
            max_size=2,
        ),
        "citations": st.none() | st.lists(st.builds(Citation, url=st.text(max_size=30)), max_size=2),
        "replay": st.none() | st.lists(st.builds(Replayed, part=st.just({"a": "b"})), max_size=1),
        "withheld": st.none() | st.builds(Withheld, output=TEXTS),
    }
)


def bytes_of(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))


def answered(answer: dict[str, Any]) -> Run:
    return new_run().model_copy(update=answer)


@pytest.fixture(scope="module", autouse=True)
def small_bounds() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_TEXT_BYTES", TEXT)
        patch.setattr(module, "MAX_ANSWER_BYTES", ALL)
        yield


@settings(max_examples=300)
@given(ANSWERS)
def test_what_is_kept_has_room_and_what_is_cut_is_named(answer: dict[str, Any]) -> None:
    run = answered(answer)
    kept = kept_answer(run)
    parts = kept.model_dump(
        mode="json", include={"output", "reasoning", "tool_calls", "citations", "replay"}, exclude_none=True
    )
    assert sum(bytes_of(value) for value in parts.values() if value) <= ALL
    cut = kept.cut or {}
    for name in ("output", "reasoning"):
        whole, part = getattr(run, name), getattr(kept, name)
        if name not in cut:
            assert part == whole
            continue
        assert cut[name] == len(whole.encode(errors="surrogatepass"))
        assert part is None or (whole.startswith(part) and part != whole and bytes_of(part) <= TEXT)
    for name in ("tool_calls", "citations", "replay"):
        whole, part = getattr(run, name), getattr(kept, name)
        assert part == (None if name in cut else whole)
    if kept.withheld is not None and run.withheld is not None:
        assert (run.withheld.output or "").startswith(kept.withheld.output or "")
        assert bytes_of(kept.withheld.output or "") <= TEXT


@given(ANSWERS)
def test_what_is_kept_once_stays(answer: dict[str, Any]) -> None:
    kept = kept_answer(answered(answer))
    assert kept_answer(kept).model_copy(update={"cut": kept.cut}) == kept


def test_of_an_answer_that_is_cut_nothing_is_kept_that_counts_its_characters() -> None:
    run = answered({"output": "x" * 100, "replay": [Replayed(part={"signature": "s"}, after_text=90)]})
    kept = kept_answer(run)
    assert (kept.output, kept.replay) == ("x" * (TEXT - 2), None)
    assert set(kept.cut or {}) == {"output", "replay"}
