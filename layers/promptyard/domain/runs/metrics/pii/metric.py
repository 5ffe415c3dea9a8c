"""The metric `pii_violation`."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from promptyard.domain.runs.metrics.leaves import said
from promptyard.domain.runs.metrics.pii.canonical import canonical
from promptyard.domain.runs.metrics.pii.scan import Finding, scan
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult

_BARE = str.maketrans("", "", " -.")


def pii_violation(run: MetricInput) -> MetricResult:
    """The number of findings in the prompt and the answer, whichever is given, with all that goes on or is given beside
    their texts: there a value counts once. `details` has how many of which kind are where, and `complete: false` where
    there may be more."""
    name = "pii_violation"
    texts = (("prompt", run.prompt, run.sent), ("response", run.output, run.given))
    sides = {side: _found(text, beside) for side, text, beside in texts if text is not None}
    count = sum(kinds.total() for kinds, _ in sides.values())
    complete = all(whole for _, whole in sides.values())
    if not complete and not count:
        why = "The text holds too many numbers, or is nested too deep, to look at all of it."
        return MetricResult.failed(name, why, inconclusive=True)
    details: dict[str, Any] = {side: dict(kinds) for side, (kinds, _) in sides.items()}
    if not complete:
        details["complete"] = False
    return MetricResult(name, count, details=details, inconclusive=not complete)


def _found(text: str, beside: Sequence[Any]) -> tuple[Counter[str], bool]:
    """How many of which kind, and whether all was looked at."""
    whole = scan(text)
    read = said(beside)
    more_text = "\n\n".join(read.texts)
    more = scan(more_text)
    seen = {_value(text, found) for found in whole.findings}
    new = {_value(more_text, found): found.kind for found in more.findings}
    kinds = Counter(found.kind for found in whole.findings)
    kinds.update(kind for value, kind in new.items() if value not in seen)
    return kinds, whole.complete and read.complete and more.complete


def _value(text: str, found: Finding) -> str:
    return canonical(text[found.start : found.end]).text.translate(_BARE).casefold()
