"""Whether the record of a run, and what it was charged, are right after a fault of its provider."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from promptyard.bootstrap.whole import whole
from promptyard.domain.metering.ledger import month_of
from promptyard.settings import Settings
from tests.support.faults.fault_answers import COUNTS, SUCCEEDED, TEXT, Fault
from tests.support.faults.fault_routes import Told
from tests.support.servers.server import RunningServer

RUNS = "/api/v1/playground/runs"


async def wrong_record(client: httpx.AsyncClient, told: Told, fault: Fault) -> list[str]:
    """What is wrong with what was told and with the run's record, in words."""
    run = (await client.get(f"{RUNS}/{told.run_id}")).json()
    outcome = SUCCEEDED if run["status"] == SUCCEEDED else (run["error"] or {}).get("code")
    wrong = []

    def expect(holds: bool, what: str) -> None:
        if not holds:
            wrong.append(f"{fault.name}: {what}: told {told}, recorded {_short(run)}")

    expect(run["status"] in {SUCCEEDED, "failed"}, "is not settled")
    expect(outcome in fault.outcomes or (told.may_be_late and outcome == "deadline"), f"came out as {outcome}")
    expect(told.outcome in {None, outcome}, "the record says something else")
    expect(told.text is None or told.text == (run["output"] or ""), "the record has another text")
    expect((run["error"] is None) == (run["status"] == SUCCEEDED), "succeeded with an error, or failed without")
    ended = run["finish_reason"] == "stop" or (run["finish_reason"] == "error" and not fault.whole)
    expect(
        ended if run["status"] == SUCCEEDED else run["finish_reason"] in {None, "error"}, "ended otherwise than it says"
    )
    for name in ("latency_ms", "ttft_ms"):
        expect(run[name] is None or run[name] >= 0, name)
    if outcome == SUCCEEDED:
        expect(run["output"] == TEXT if fault.whole else bool(run["output"]), "is not the whole answer")
    _expect_counts(run, told, fault, expect)
    return wrong


def _expect_counts(run: Mapping[str, Any], told: Told, fault: Fault, expect: Any) -> None:
    tokens = run["tokens"] or {}
    counts = tokens.get("prompt"), tokens.get("completion")
    estimated = run["usage_source"] == "estimated"
    expect(estimated <= told.promises_counts, "is estimated")
    for count in tokens.values():
        expect(count is None or 0 <= count < 10_000_000, "nobody counts so")
    if estimated:
        return
    if run["status"] == SUCCEEDED and fault.reported == "exact":
        expect(counts == (COUNTS.read, COUNTS.written), "its tokens are others")
        expect(bool(run["cost_usd"]), "has a price")
    elif run["status"] == SUCCEEDED and fault.reported == "unknown":
        expect(set(tokens.values()) <= {None}, "its tokens are not known")
    known = None not in counts
    expect((run["usage_source"] == "reported") == known, "whose tokens are they")
    expect(known or run["cost_usd"] is None, "its cost is not known")


def _short(run: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "id",
        "provider",
        "endpoint",
        "status",
        "error",
        "output",
        "tokens",
        "usage_source",
        "cost_usd",
        "finish_reason",
    )
    return {name: run[name] for name in names}


async def wrong_charges(server: RunningServer, told: Mapping[str, tuple[Told, Fault]]) -> list[str]:
    """What is wrong in the ledger of the runs by id, and in the month's sums."""
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for entry in _ledger(server.client):
        entries.setdefault(entry["run_id"], []).append(entry)
    wrong = [f"charged {len(each)} times: {run_id}" for run_id, each in entries.items() if len(each) != 1]
    for run_id, (one, fault) in told.items():
        if run_id not in entries:
            wrong.append(f"{fault.name}: not charged: {run_id}")
            continue
        run = server.client.get(f"{RUNS}/{run_id}").json()
        wrong += (
            f"{fault.name}: {what}: {entries[run_id][0]}" for what in _wrong_entry(run, entries[run_id][0], one, fault)
        )
    return wrong + [str(difference) for difference in await _differences(server)]


def _wrong_entry(run: Mapping[str, Any], entry: Mapping[str, Any], told: Told, fault: Fault) -> Iterable[str]:
    tokens = run["tokens"] or {}
    charged = entry["input_tokens"], entry["output_tokens"]
    if run["usage_source"] == "reported" and charged != (tokens["prompt"], tokens["completion"]):
        yield "charged otherwise than reported"
    if run["usage_source"] == "reported" and Decimal(str(entry["cost_usd"])) != Decimal(str(run["cost_usd"])):
        yield "its price is not its cost"
    if sum(charged) > max(
        entry["estimated_tokens"], sum(filter(None, (tokens.get("prompt"), tokens.get("completion"))))
    ):
        yield "charged more than was reserved"
    if entry["source"] == "expired":
        yield "taken for dead"
    # Whether a connection that was being made at the deadline has carried the request is not known: it is charged.
    unknown = told.may_be_late or (run["error"] or {}).get("code") == "deadline"
    if fault.place != "scripted" and not unknown and charged != (0, 0):
        yield "charged for what was not sent"
    if run["status"] == SUCCEEDED and 0 in charged:
        yield "an answer for nothing"


def _ledger(client: httpx.Client) -> Iterable[Mapping[str, Any]]:
    query = {"format": "jsonl"}
    while True:
        page = client.get("/api/v1/usage/ledger", params=query)
        assert page.status_code == 200, page.text
        yield from map(json.loads, page.text.splitlines())
        if "x-next-cursor" not in page.headers:
            return
        query["cursor"] = page.headers["x-next-cursor"]


async def _differences(server: RunningServer) -> list[Any]:
    services = whole(Settings(), server.aws.names, server.aws.clients)
    found = await services.metering.reconciler.reconcile("local", month_of(datetime.now(UTC)))
    assert not found.month.open, "reservations are left"
    return found.differences or []
