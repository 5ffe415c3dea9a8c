"""Events of runs and of comparisons, for properties over them."""

from typing import Any

from hypothesis import strategies as st

from promptyard.domain.errors import DeadlineExceeded
from promptyard.domain.models.provider_events import ReasoningDelta, ReplayPart, TextDelta, ToolCallDelta
from promptyard.services.runs.comparisons import ComparisonEnded, TargetEnded, TargetPiece
from promptyard.services.runs.run_events import RunBegan, RunSettled
from tests.support.samples.sample_runs import new_run, settled

_RUN = new_run()
_LATE = DeadlineExceeded("Too late")

texts = st.text(max_size=6) | st.sampled_from(["\n\nid: 3\n", "\u2028", "😀"])
answer_pieces = st.one_of(
    st.builds(TextDelta, texts),
    st.builds(ReasoningDelta, texts, st.none() | st.sampled_from(["rs_1", "rs_2"])),
    st.builds(
        ToolCallDelta,
        st.integers(0, 2),
        st.none() | st.sampled_from(["", "id"]),
        st.none() | st.just("name"),
        texts,
        st.booleans(),
        st.none() | st.builds(lambda sign: {"google": {"thought_signature": sign}}, texts),
    ),
)
ends = st.sampled_from([(settled(_RUN, output="Hi"), None), (_RUN.ended(_LATE, at=_RUN.created_at), _LATE)])
run_events = st.one_of(
    answer_pieces,
    st.just(RunBegan()),
    st.builds(ReplayPart, st.builds(lambda text: {"type": "reasoning", "encrypted_content": text}, texts)),
    st.builds(lambda end: RunSettled(*end), ends),
)
comparison_events: st.SearchStrategy[Any] = st.one_of(
    st.builds(TargetPiece, st.integers(0, 9), answer_pieces),
    st.builds(lambda index, end: TargetEnded(index, *end, 5), st.integers(0, 9), ends),
    st.builds(ComparisonEnded, st.just("c-1")),
)
