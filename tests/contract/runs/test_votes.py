"""Better, worse or a tie: kept with the runs of a comparison, over real HTTP."""

from typing import Any

import pytest

from tests.support.servers.server import RunningServer

RUNS = "/api/v1/playground/runs"
HISTORY = "/api/v1/playground/history"
TARGETS = [{"model": "demo/writer"}, {"model": "demo/echo"}]


def compared(server: RunningServer) -> Any:
    body = {"prompt_text": "Explain loops.", "targets": TARGETS, "stream": False}
    return server.client.post("/api/v1/playground/compare", json=body).json()


def votes(server: RunningServer, comparison_id: str) -> list[Any]:
    record = server.client.get(f"/api/v1/playground/comparisons/{comparison_id}").json()
    return [run.get("vote") for run in record["runs"]]


def test_votes_stand_with_their_comparison_and_in_the_history(server: RunningServer) -> None:
    comparison = compared(server)
    first, second = (result["id"] for result in comparison["results"])
    before = server.client.get(f"{RUNS}/{first}").json()
    answer = server.client.put(f"{RUNS}/{first}/vote", json={"vote": "better"})
    assert answer.status_code == 200
    assert answer.json() == before | {"vote": "better"}
    assert server.client.put(f"{RUNS}/{second}/vote", json={"vote": "worse"}).json()["vote"] == "worse"
    assert votes(server, comparison["comparison_id"]) == ["better", "worse"]
    items = server.client.get(HISTORY, params={"comparison_id": comparison["comparison_id"]}).json()["items"]
    assert {item["id"]: item["vote"] for item in items} == {first: "better", second: "worse"}


def test_a_vote_is_changed_and_taken_back(server: RunningServer) -> None:
    comparison = compared(server)
    run_id = comparison["results"][0]["id"]
    for vote in ("better", "tie"):
        server.client.put(f"{RUNS}/{run_id}/vote", json={"vote": vote})
        assert votes(server, comparison["comparison_id"]) == [vote, None]
    assert "vote" not in server.client.put(f"{RUNS}/{run_id}/vote", json={"vote": None}).json()
    assert votes(server, comparison["comparison_id"]) == [None, None]


@pytest.mark.parametrize("body", [{}, {"vote": "best"}, {"vote": 1}, {"vote": "better", "by": "me"}])
def test_what_is_no_vote_is_refused(server: RunningServer, body: Any) -> None:
    run_id = compared(server)["results"][0]["id"]
    assert server.client.put(f"{RUNS}/{run_id}/vote", json=body).status_code == 422


def test_a_run_that_is_not_there_has_no_vote(server: RunningServer) -> None:
    run_id = compared(server)["results"][0]["id"]
    assert server.client.delete(f"{RUNS}/{run_id}").status_code == 204
    for missing in (run_id, "01900000-0000-7000-8000-000000000000"):
        assert server.client.put(f"{RUNS}/{missing}/vote", json={"vote": "tie"}).status_code == 404


def test_a_run_that_goes_on_has_no_vote_yet(server: RunningServer) -> None:
    body = {"prompt_text": "Hi", "model": "demo/writer", "stream": True, "parameters": {"extra": {"delay_ms": 60_000}}}
    with server.client.stream("POST", "/api/v1/playground/run", json=body) as answer:
        run_id = answer.headers["x-run-id"]
        refused = server.client.put(f"{RUNS}/{run_id}/vote", json={"vote": "tie"})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "conflict"
