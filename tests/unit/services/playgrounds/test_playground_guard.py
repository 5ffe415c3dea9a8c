"""What a playground's guards do to runs on their way, through the executor that carries runs out."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from promptyard.domain.errors import ProviderError, ProviderOverloaded, StoreUnavailable
from promptyard.domain.metering.ledger import ChargeSource
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.metrics.guardrails import FilterFinding
from promptyard.domain.runs.metrics.pii.scan import MAX_FAILURES, PiiSearch
from promptyard.domain.runs.metrics.pii.window import WINDOW
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.moderation import Comparator
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.domain.runs.run_metrics import Action
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter
from promptyard.services.playgrounds.playground_guard import PlaygroundGuard
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.run_events import RunBegan, RunSettled
from promptyard.services.runs.run_handle import RunHandle
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, each_event, hang, says
from tests.support.doubles.metering import MemoryLedger, MemoryMonths, catalogue, memory_meter
from tests.support.doubles.playground_doubles import (
    MESSAGE,
    Notes,
    ScriptedJudge,
    configuration,
    guard_of,
    run_of,
    texts_of,
    until,
)
from tests.support.samples.pii_lines import labelled_lines

DEMO = next(row for row in PROVIDERS if row.id == "demo")
ANY = (Comparator.GREATER_THAN, 0)
CARD = "4111 1111 1111 1111"
PLANTED = [
    line
    for line in labelled_lines(1_400, seed=31)
    if line.kind and any(found.start < line.end for found in PiiSearch(line.text))
]
PROSE = ("The weather was fine. ", "Nobody had asked for it. ", "It went on like this. ", "A window stood open. ")


def call_of(run: Run) -> ProviderCall:
    return ProviderCall(row=DEMO, model="echo", messages=tuple(run.messages), parameters=Parameters(), base_url="")


async def start(
    guard: PlaygroundGuard | None, gateway: ScriptedGateway, run: Run, store: MemoryRunStore | None = None
) -> RunHandle:
    executor = RunExecutor(store or MemoryRunStore(), gateway, memory_meter())
    return await executor.start(run, call_of(run), guard=guard)


async def events_of(
    guard: PlaygroundGuard | None, script: Sequence[Step], run: Run | None = None, store: MemoryRunStore | None = None
) -> tuple[list[str], RunSettled]:
    """The texts that left, and the end."""
    handle = await start(guard, ScriptedGateway(script), run or run_of(), store)
    events = [event async for event in each_event(handle.log)]
    last = events[-1]
    assert isinstance(last, RunSettled)
    return [event.text for event in events if isinstance(event, TextDelta)], last


def script_of(pieces: Sequence[str]) -> list[Step]:
    usage = UsageReport(Usage(input_tokens=3, output_tokens=len(pieces)))
    return [*(TextDelta(piece) for piece in pieces), usage, Finished(FinishReason.STOP)]


def cut(text: str, size: int, pick: random.Random) -> list[str]:
    """Into pieces of about so many characters."""
    places = {0, len(text)}
    while max(places - {len(text)}) + 1 < len(text):
        after = max(places - {len(text)}) + pick.randint(1, 2 * size)
        if after >= len(text):
            break
        places.add(after)
    return [text[start:end] for start, end in pairwise(sorted(places))]


@pytest.mark.parametrize("size", [1, 3, 17, 200])
async def test_of_500_planted_violations_none_leaves(size: int) -> None:
    pick = random.Random(size)
    for _ in range(500):
        before = "".join(pick.choices(PROSE, k=pick.randint(0, min(40, 4 + size)))) + "\n"
        line = pick.choice(PLANTED)
        text = f"{before}{line.text}\n" + "".join(pick.choices(PROSE, k=5))
        [first, *_] = PiiSearch(text)
        texts, end = await events_of(guard_of(configuration("pii_violation", *ANY)), script_of(cut(text, size, pick)))
        assert texts[-1] == MESSAGE
        left = "".join(texts[:-1])
        assert text[: first.start].startswith(left)
        assert len(left) >= first.start - WINDOW - 2 * size
        assert (end.error, end.run.status, end.run.output) == (None, RunStatus.BLOCKED, MESSAGE)
        assert line.text[line.start : line.end] not in end.run.model_dump_json()


async def test_what_nobody_guards_is_delayed_by_nothing() -> None:
    pieces = ["One ", "two ", CARD, " three."]
    for guard in (None, guard_of(configuration("pii_violation"), configuration("pii_violation", *ANY, Action.REPORT))):
        gates = [asyncio.Event() for _ in pieces]
        script: list[Step] = []
        for gate, piece in zip(gates, pieces, strict=True):
            script += [gate.wait, TextDelta(piece)]
        handle = await start(guard, ScriptedGateway([*script, Finished(FinishReason.STOP)]), run_of())
        events = each_event(handle.log)
        for number, (gate, piece) in enumerate(zip(gates, pieces, strict=True)):
            gate.set()
            if number == 0:
                assert await asyncio.wait_for(anext(events), 5) == RunBegan()
            assert await asyncio.wait_for(anext(events), 5) == TextDelta(piece)
        assert isinstance(await anext(events), RunSettled)


async def test_the_first_text_under_a_guard_waits_for_a_window_at_most() -> None:
    pieces = cut("word " * 400, 7, random.Random(3))
    sent = 0
    given: list[Step] = []

    def step(piece: str) -> Any:
        async def sending() -> None:
            nonlocal sent
            sent += len(piece)
            await asyncio.sleep(0)

        return sending

    for piece in pieces:
        given += [step(piece), TextDelta(piece)]
    gateway = ScriptedGateway([*given, Finished(FinishReason.STOP)])
    handle = await start(guard_of(configuration("pii_violation", *ANY)), gateway, run_of())
    left = 0
    async for event in each_event(handle.log):
        if isinstance(event, TextDelta):
            assert sent - left <= WINDOW + 14, "what was sent before this text left"
            left += len(event.text)
    assert left == 2_000


async def test_a_blocked_prompt_is_not_sent_and_costs_nothing() -> None:
    ledger, store = MemoryLedger(), MemoryRunStore()
    gateway = ScriptedGateway(says("never"))
    executor = RunExecutor(store, gateway, Meter(MemoryMonths(), ledger, catalogue()))
    run = run_of(f"Charge {CARD}", reference=CARD, documents=[CARD])
    guard = guard_of(configuration("pii_violation", *ANY), configuration("latency"), keep_blocked=True)
    handle = await executor.start(run, call_of(run), guard=guard)
    assert store.runs["local", run.id].messages == [], "not before it has passed"
    end = await handle.settled()
    assert gateway.calls == []
    [entry] = ledger.entries.values()
    assert (entry.input_tokens, entry.output_tokens, entry.pico_usd) == (0, 0, 0)
    kept = store.runs["local", run.id]
    assert kept == end.run
    assert (kept.messages, kept.template, kept.reference, kept.documents) == ([], None, None, None)
    assert kept.withheld is not None
    assert kept.withheld.messages == run.messages
    assert CARD not in kept.model_copy(update={"withheld": None}).model_dump_json()
    blocking, other = kept.metrics or []
    assert (blocking.score, other.score, other.error_message) == (1, None, "The prompt was blocked.")


async def test_what_was_answered_before_a_block_is_charged() -> None:
    ledger = MemoryLedger()
    executor = RunExecutor(
        MemoryRunStore(),
        ScriptedGateway([TextDelta(f"Card {CARD} is the one. "), hang]),
        Meter(MemoryMonths(), ledger, catalogue()),
    )
    run = run_of("Which card?")
    end = await (
        await executor.start(run, call_of(run), guard=guard_of(configuration("pii_violation", *ANY)))
    ).settled()
    assert end.run.status is RunStatus.BLOCKED
    assert end.run.usage is None
    [entry] = ledger.entries.values()
    assert entry.source is ChargeSource.ESTIMATED
    assert entry.output_tokens > 0


@pytest.mark.parametrize("keep", [False, True])
async def test_what_was_blocked_is_kept_where_it_shall_be(keep: bool) -> None:
    script: list[Step] = [
        TextDelta("It goes to ada"),
        ToolCallDelta(0, id="c", name="pay", arguments=f'{{"card": "{CARD}"}}'),
        Finished(FinishReason.TOOL),
    ]
    texts, end = await events_of(guard_of(configuration("pii_violation", *ANY), keep_blocked=keep), script)
    run = end.run
    assert "".join(texts) == f"It goes to {MESSAGE}", "what stands before a word that may be an address has left"
    assert (run.output, run.tool_calls, run.finish_reason) == (MESSAGE, None, FinishReason.FILTER)
    assert CARD not in run.model_copy(update={"withheld": None}).model_dump_json()
    if not keep:
        assert run.withheld is None
    else:
        assert run.withheld is not None
        assert (run.withheld.output, run.withheld.messages) == ("It goes to ada", None)
        assert run.withheld.tool_calls is not None
        assert CARD in run.withheld.tool_calls[0].function.arguments


async def test_a_judges_reason_leaves_with_what_passes_only() -> None:
    async def verdict(material: MetricInput) -> float:
        return 0.0 if material.prompt is not None else 0.9

    judge = ScriptedJudge(verdict)
    config = configuration("toxicity_violation", Comparator.GREATER_THAN, 0.5, llm_id="m")
    _, end = await events_of(guard_of(config, judge=judge, keep_blocked=True), says("So bad"))
    assert [material.prompt is None for material in judge.asked] == [False, True], "each side is judged by itself"
    [metric] = end.run.metrics or []
    assert (metric.score, metric.details) == (0.9, {"prompt": {}, "response": {}})
    assert end.run.withheld is not None
    assert end.run.withheld.reasons == {config.id: "So.\nSo."}
    passing = configuration("toxicity_violation", Comparator.GREATER_THAN, 0.95, llm_id="m")
    _, end = await events_of(guard_of(passing, judge=ScriptedJudge(verdict)), says("Not so bad"))
    [metric] = end.run.metrics or []
    assert metric.details == {"prompt": {"reason": "So."}, "response": {"reason": "So."}}


async def test_a_metric_without_a_guard_is_judged_once() -> None:
    async def verdict(material: MetricInput) -> float:
        return 0.1

    judge = ScriptedJudge(verdict)
    _, end = await events_of(guard_of(configuration("toxicity_violation", llm_id="m"), judge=judge), says("Hello"))
    [material] = judge.asked
    assert (material.prompt, material.output) == ("Say it.", "Hello")
    assert (end.run.metrics or [])[0].score == 0.1


@pytest.mark.parametrize(
    "script",
    [[TextDelta("secret"), ProviderOverloaded("busy")], [TextDelta("secret"), hang]],
    ids=["failed", "cancelled"],
)
async def test_of_a_run_that_breaks_off_nothing_is_kept_that_was_not_checked(script: list[Step]) -> None:
    store = MemoryRunStore()
    guard = guard_of(configuration("exact_match", Comparator.IS, True))
    gateway = ScriptedGateway(script)
    handle = await start(guard, gateway, run_of(reference="x"), store)
    await until(lambda: bool(gateway.calls))
    await asyncio.sleep(0)
    handle.cancel("enough")
    events = [event async for event in each_event(handle.log)]
    assert not any(isinstance(event, TextDelta) for event in events)
    [run] = store.runs.values()
    assert run.output is None
    assert [(metric.score, metric.error_message) for metric in run.metrics or []] == [
        (None, "The run did not succeed.")
    ]


async def test_what_had_left_is_kept_of_a_run_that_breaks_off() -> None:
    store = MemoryRunStore()
    guard = guard_of(configuration("pii_violation", *ANY))
    texts, end = await events_of(guard, [TextDelta("Had left. and"), ProviderOverloaded("busy")], store=store)
    assert "".join(texts) == end.run.output == "Had left. "


async def test_cancelling_does_not_wait_for_a_judge() -> None:
    asked = asyncio.Event()

    async def verdict(material: MetricInput) -> float:
        asked.set()
        await hang()
        raise AssertionError

    guard = guard_of(configuration("correctness", llm_id="m"), judge=ScriptedJudge(verdict))
    handle = await start(guard, ScriptedGateway(says("Hello")), run_of(reference="x"))
    await asyncio.wait_for(asked.wait(), 5)
    handle.cancel("enough")
    end = await asyncio.wait_for(handle.settled(), 5)
    assert (end.run.status, end.run.output) == (RunStatus.CANCELLED, "Hello"), "it had all left"


async def test_a_run_whose_prompt_is_being_checked_can_be_cancelled_and_costs_nothing() -> None:
    asked, ledger, store = asyncio.Event(), MemoryLedger(), MemoryRunStore()

    async def verdict(material: MetricInput) -> float:
        asked.set()
        await hang()
        raise AssertionError

    config = configuration("jailbreak_violation", Comparator.GREATER_THAN, 0.5, llm_id="m")
    executor = RunExecutor(store, ScriptedGateway(), Meter(MemoryMonths(), ledger, catalogue()))
    run = run_of("Perhaps a trick")
    handle = await executor.start(run, call_of(run), guard=guard_of(config, judge=ScriptedJudge(verdict)))
    await asyncio.wait_for(asked.wait(), 5)
    handle.cancel("enough")
    end = await asyncio.wait_for(handle.settled(), 5)
    assert (end.run.status, end.run.messages) == (RunStatus.CANCELLED, []), "it never passed"
    assert [entry.input_tokens for entry in ledger.entries.values()] == [0]


async def test_configurations_learn_only_what_is_news() -> None:
    notes = Notes()
    known = configuration("latency", status="COMPLETED")
    new, lacking = configuration("response_tokens"), configuration("exact_match")
    broken = configuration("pii_violation", status="ERROR", error_message="once")
    await events_of(guard_of(known, new, lacking, broken, notes=notes), says("Hello"))
    assert [(change["id"], change["status"], change["error_message"]) for change in notes.changes] == [
        (new.id, "COMPLETED", None),
        (broken.id, "COMPLETED", None),
    ]


async def test_a_report_that_cannot_be_written_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryRunStore()
    notes = Notes(StoreUnavailable("away"))
    guard = guard_of(configuration("pii_violation", *ANY, Action.REPORT), notes=notes)
    texts, end = await events_of(guard, says("Mail ada@example.com !"), store=store)
    assert texts
    assert end.run.status is RunStatus.SUCCEEDED
    assert store.runs["local", end.run.id] == end.run
    assert "not reported" in caplog.text


async def test_a_metric_that_crashes_is_no_others_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def verdict(material: MetricInput) -> float:
        raise ValueError("sk-secret")

    guard = guard_of(configuration("correctness", llm_id="m"), configuration("latency"), judge=ScriptedJudge(verdict))
    _, end = await events_of(guard, says("Hello"), run_of(reference="x"))
    crashed, other = end.run.metrics or []
    assert (crashed.status.value, crashed.score) == ("ERROR", None)
    assert other.score is not None
    assert "sk-secret" not in caplog.text + end.run.model_dump_json()


class Guardrail:
    name = "abc123"

    def __init__(self, **confidences: str) -> None:
        self._confidences = confidences
        self.asked: list[tuple[str, str]] = []

    async def assess(self, text: str, source: str, units: Counter[str]) -> list[FilterFinding]:
        self.asked.append((text, source))
        units["contentPolicyUnits"] += 1
        return [FilterFinding(name, confidence) for name, confidence in self._confidences.items()]


async def test_a_guardrail_stands_in_for_the_judge_of_toxicity_and_jailbreaks() -> None:
    guardrail = Guardrail(HATE="LOW", INSULTS="MEDIUM", PROMPT_ATTACK="HIGH")
    configurations = [configuration("toxicity_violation", llm_id="m"), configuration("jailbreak_violation")]
    _, end = await events_of(guard_of(*configurations, guardrail=guardrail), says("Hello"))
    assert [metric.score for metric in end.run.metrics or []] == [pytest.approx(2 / 3), 1]
    assert guardrail.asked == [("Say it.", "INPUT"), ("Hello", "OUTPUT"), ("Say it.", "INPUT")]


async def test_a_guardrail_blocks_an_attack_in_the_prompt_and_says_nothing_of_answers() -> None:
    config = configuration("jailbreak_violation", Comparator.GREATER_THAN, 0.5)
    _, end = await events_of(guard_of(config, guardrail=Guardrail(PROMPT_ATTACK="HIGH")), says("Hello"))
    assert end.run.status is RunStatus.BLOCKED
    notes = Notes()
    _, end = await events_of(guard_of(config, guardrail=Guardrail(PROMPT_ATTACK="NONE"), notes=notes), says("Hello"))
    assert (end.run.status, (end.run.metrics or [])[0].score) == (RunStatus.SUCCEEDED, 0)
    assert notes.reports == [], "what it does not look at is no failure"


async def test_what_parameters_would_tell_the_provider_is_guarded_and_kept_like_the_prompt() -> None:
    parameters = Parameters(temperature=0.5, extra={"instructions": f"Use {CARD}"})
    run = run_of("Pay.", parameters=parameters)
    gateway = ScriptedGateway(says("never"))
    guard = guard_of(configuration("pii_violation", *ANY), keep_blocked=True)
    store = MemoryRunStore()
    end = await (await start(guard, gateway, run, store)).settled()
    assert (end.run.status, gateway.calls) == (RunStatus.BLOCKED, [])
    assert end.run.parameters == Parameters(temperature=0.5)
    assert end.run.withheld is not None
    assert end.run.withheld.parameters == {"extra": {"instructions": f"Use {CARD}"}}
    assert CARD not in end.run.model_copy(update={"withheld": None}).model_dump_json()


@pytest.mark.parametrize("size", [40, 1_000_000])
async def test_a_violation_behind_more_near_misses_than_are_looked_at_is_blocked(size: int) -> None:
    card = CARD.replace(" ", "")
    text = "4111111111111112 " * MAX_FAILURES + f"and {card}."
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    texts, end = await events_of(guard_of(configuration("pii_violation", *ANY)), script_of(pieces))
    assert (end.run.status, texts[-1]) == (RunStatus.BLOCKED, MESSAGE)
    assert card not in "".join(texts)
    gateway = ScriptedGateway(says("never"))
    end = await (await start(guard_of(configuration("pii_violation", *ANY)), gateway, run_of(text))).settled()
    assert (end.run.status, gateway.calls) == (RunStatus.BLOCKED, [])
    assert end.run.moderation is not None
    assert end.run.moderation.score is None
    [metric] = end.run.metrics or []
    assert (metric.status.value, metric.score) == ("ERROR", None)


async def test_what_a_prompt_held_is_reported_whatever_becomes_of_the_run() -> None:
    notes = Notes()
    guard = guard_of(configuration("pii_violation", *ANY, Action.REPORT), notes=notes)
    store = MemoryRunStore()
    _, end = await events_of(guard, [ProviderOverloaded("busy", status=500)], run_of(f"Charge {CARD}"), store)
    assert (end.run.status, end.run.messages) == (RunStatus.FAILED, run_of(f"Charge {CARD}").messages)
    [report] = notes.reports
    assert [(one.side, one.score) for one in report.interventions] == [("prompt", 1)]
    assert not report.is_blocked


async def test_what_is_blocked_here_goes_to_no_judge() -> None:
    judge = ScriptedJudge()
    configurations = [
        configuration("jailbreak_violation", Comparator.GREATER_THAN, 0.5, llm_id="m"),
        configuration("correctness", llm_id="m"),
        configuration("pii_violation", *ANY),
        configuration("rouge_1"),
    ]
    gateway = ScriptedGateway(says("never"))
    run = run_of(f"Charge {CARD}", reference="x")
    end = await (await start(guard_of(*configurations, judge=judge), gateway, run)).settled()
    assert (end.run.status, judge.asked, gateway.calls) == (RunStatus.BLOCKED, [], [])
    assert {metric.error_message for metric in end.run.metrics or []} == {None, "The prompt was blocked."}

    judge = ScriptedJudge()
    script: list[Step] = [
        TextDelta("Paying."),
        ToolCallDelta(0, id="c", name="pay", arguments=f'{{"card": "{CARD}"}}'),
        Finished(FinishReason.TOOL),
    ]
    _, end = await events_of(guard_of(*configurations[1:], judge=judge), script, run_of(reference="x"))
    assert (end.run.status, judge.asked) == (RunStatus.BLOCKED, [])
    known = {metric.metric: (metric.score, metric.error_message) for metric in end.run.metrics or []}
    assert known == {
        "correctness": (None, "The answer was blocked."),
        "pii_violation": (1, None),
        "rouge_1": (0.0, None),
    }


@pytest.mark.parametrize(("status", "ends"), [(400, RunStatus.BLOCKED), (403, RunStatus.SUCCEEDED)])
async def test_what_a_guardrail_refuses_is_blocked_and_what_it_cannot_be_asked_passes(
    status: int, ends: RunStatus
) -> None:
    class Refusing(Guardrail):
        async def assess(self, text: str, source: str, units: Counter[str]) -> list[FilterFinding]:
            raise ProviderError("Bedrock answered an error", status=status)

    config = configuration("toxicity_violation", Comparator.GREATER_THAN, 0.5)
    notes = Notes()
    _, end = await events_of(guard_of(config, guardrail=Refusing(), notes=notes), says("Hello"))
    assert end.run.status is ends
    assert [len(report.unchecked) for report in notes.reports] == ([1] if ends is RunStatus.SUCCEEDED else [])


WITH_CALL: list[Step] = [
    ReasoningDelta("She wants it "),
    TextDelta("Done. "),
    ReasoningDelta("paid."),
    ToolCallDelta(0, id="c", name="pay", arguments='{"to": '),
    ToolCallDelta(0, arguments='"ada"}'),
    Finished(FinishReason.TOOL),
]


@pytest.mark.parametrize("metric", ["pii_violation", "exact_match"])
async def test_under_a_guard_reasoning_and_tool_calls_wait_until_the_answer_has_passed(metric: str) -> None:
    gate = asyncio.Event()
    guard = guard_of(configuration(metric, *ANY))
    handle = await start(guard, ScriptedGateway([*WITH_CALL[:5], gate.wait, WITH_CALL[5]]), run_of(reference="x"))
    await until(lambda: len(handle.log) > 0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert {type(event) for event in handle.log} <= {RunBegan, TextDelta}
    gate.set()
    end = await handle.settled()
    assert [event for event in handle.log if not isinstance(event, TextDelta)] == [
        RunBegan(),
        ReasoningDelta("She wants it paid."),
        ToolCallDelta(0, "c", "pay", '{"to": "ada"}'),
        end,
    ]
    assert "".join(await texts_of(handle)) == end.run.output == "Done. "
    assert end.run.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize(
    "last",
    [[ToolCallDelta(0, arguments=CARD), WITH_CALL[5]], [ProviderOverloaded("busy")]],
    ids=["blocked", "failed"],
)
async def test_of_an_answer_that_has_not_passed_no_reasoning_and_no_tool_call_leaves(last: list[Step]) -> None:
    handle = await start(
        guard_of(configuration("pii_violation", *ANY)), ScriptedGateway([*WITH_CALL[:4], *last]), run_of()
    )
    end = await handle.settled()
    assert end.run.status in {RunStatus.BLOCKED, RunStatus.FAILED}
    assert {type(event) for event in handle.log} == {RunBegan, TextDelta, RunSettled}


async def test_a_guard_that_only_reports_holds_nothing_back() -> None:
    guard = guard_of(configuration("pii_violation", *ANY, Action.REPORT), configuration("rouge_1"))
    handle = await start(guard, ScriptedGateway(WITH_CALL), run_of(reference="x"))
    end = await handle.settled()
    assert list(handle.log) == [RunBegan(), *WITH_CALL[:5], end]
