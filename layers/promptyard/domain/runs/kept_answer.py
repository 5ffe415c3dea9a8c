"""How much of an answer is kept with its run.

A provider may send 64 MB, and a record is read, listed and exported as a whole. What is beyond the bounds is not kept;
`Run.cut` names it. Whoever read the run's stream had all of it.
"""

import json
from typing import Any

from promptyard.domain.lambda_payloads import beginning
from promptyard.domain.runs.run import Run

MAX_TEXT_BYTES = 1_000_000
"""Of one text, as JSON has it: as much as a prompt may have."""
MAX_ANSWER_BYTES = 2_000_000
"""Of the text, the tool calls, the reasoning, the citations and what the provider wants back, all together."""

_PARTS = ("output", "tool_calls", "reasoning", "citations", "replay")
"""What is kept first comes first."""


def kept_answer(run: Run) -> Run:
    """The settled run with as much of its answer as is kept. Of texts that is the beginning; a list is kept whole or
    not at all, for half of a tool call cannot be carried out."""
    room = MAX_ANSWER_BYTES
    changes: dict[str, Any] = {}
    cut: dict[str, int] = {}
    for name in _PARTS:
        whole = getattr(run, name)
        if not whole:
            continue
        kept: Any = beginning(whole, min(room, MAX_TEXT_BYTES), _size) if isinstance(whole, str) else whole
        size = _size(kept) if isinstance(whole, str) else _size_of_list(run, name)
        if size > room:
            kept, size = None, 0
        if kept is not whole:
            changes[name], cut[name] = kept, _bytes_of(run, name)
        room -= size
    if cut and run.replay:  # it says where in the whole answer it belongs
        changes["replay"], cut["replay"] = None, _bytes_of(run, "replay")
    withheld = run.withheld
    if withheld is not None and withheld.output is not None:
        changes["withheld"] = withheld.model_copy(update={"output": beginning(withheld.output, MAX_TEXT_BYTES, _size)})
    return run.model_copy(update=changes | {"cut": cut or None})


def _bytes_of(run: Run, name: str) -> int:
    whole = getattr(run, name)
    return len(whole.encode(errors="surrogatepass")) if isinstance(whole, str) else _size_of_list(run, name)


def _size_of_list(run: Run, name: str) -> int:
    return _size(run.model_dump(mode="json", include={name}, exclude_none=True)[name])


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
