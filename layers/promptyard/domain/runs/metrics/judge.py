"""The judge: what a model is asked when it scores a run, and how its answer is read.

The prompts are files, `judges/<metric>.v<version>.txt`. A prompt that is changed gets a new version, which is written
beside every score, so that scores of different versions are not taken for one another.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

from promptyard.domain.errors import ProviderMalformed
from promptyard.domain.models.messages import Message
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult
from promptyard.domain.runs.run import Run

_MAX_REASON = 1_000

RESPONSE_FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "verdict",
        "strict": True,
        # No bounds for the score: not every provider's structured answers know `minimum`.
        "schema": {
            "type": "object",
            "properties": {"score": {"type": "number"}, "reason": {"type": "string"}},
            "required": ["score", "reason"],
            "additionalProperties": False,
        },
    },
}
"""The `response_format` parameter for a judge whose model takes one."""


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    metric: str
    version: int
    instructions: str
    fields: tuple[str, ...]
    """What of the run the judge is shown, in this order."""


@dataclass(frozen=True, slots=True)
class Verdict:
    score: float
    """From 0 to 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class JudgeRun:
    """The run of a judge that may be asked by several, and is paid once: its verdict is kept with it."""

    id: str
    """Made moments ago."""
    kept: Run | None = None
    """It has an answer already: nobody is asked."""


_JUDGES: dict[str, tuple[int, tuple[str, ...]]] = {
    # metric: version of its prompt, what the judge is shown
    "faithfulness": (1, ("prompt", "answer", "documents")),
    "correctness": (1, ("prompt", "answer", "reference")),
    "toxicity_violation": (1, ("prompt", "answer")),
    "jailbreak_violation": (1, ("prompt", "answer")),
    "rubric": (1, ("prompt", "answer", "rubric", "reference", "documents")),
}


@cache
def judge_prompt(metric: str) -> JudgePrompt:
    """The current prompt of a metric that a judge scores."""
    version, fields = _JUDGES[metric]
    path = files("promptyard.domain.runs.metrics") / "judges" / f"{metric}.v{version}.txt"
    return JudgePrompt(metric, version, path.read_text(encoding="utf-8").strip(), fields)


def judge_messages(prompt: JudgePrompt, run: MetricInput) -> list[Message]:
    """The conversation to send. What is judged stands in one JSON object, where no text can end its own quotation and
    pass for an instruction; what the run does not have is left out."""
    known: dict[str, object] = {
        "prompt": run.prompt,
        "answer": run.output,
        "reference": run.reference,
        "documents": list(run.documents) or None,
        "rubric": run.rubric,
    }
    material = {field: known[field] for field in prompt.fields if known[field] is not None}
    return [
        Message(role="system", content=prompt.instructions),
        Message(role="user", content=json.dumps(material, ensure_ascii=False)),
    ]


def parse_verdict(answer: str) -> Verdict:
    """Read a judge's answer: a JSON object with exactly `score`, a number from 0 to 1, and `reason`, a text that is not
    empty. A Markdown fence around it is allowed, as models without structured answers like to put one.

    Raises ProviderMalformed, whose message says what is wrong and quotes nothing.
    """
    text = answer.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.removeprefix("```json").strip("`")
    try:
        verdict = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ProviderMalformed("The judge's answer is not a JSON object with a score and a reason.") from None
    if not isinstance(verdict, dict) or verdict.keys() != {"score", "reason"}:
        raise ProviderMalformed("The judge's answer does not have exactly the fields score and reason.")
    score, reason = verdict["score"], verdict["reason"]
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ProviderMalformed("The judge's score is not a number from 0 to 1.")
    if not isinstance(reason, str) or not reason.strip():
        raise ProviderMalformed("The judge gave no reason.")
    return Verdict(float(score), reason.strip()[:_MAX_REASON])


def judged(prompt: JudgePrompt, verdict: Verdict) -> MetricResult:
    """The metric's result, with the reason and the version of the prompt that it was scored by."""
    return MetricResult(
        prompt.metric, verdict.score, details={"reason": verdict.reason, "judge_prompt_version": prompt.version}
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    return fields


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
