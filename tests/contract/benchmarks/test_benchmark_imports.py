"""Other tools' files, over real HTTP."""

import json
from typing import Any

from promptyard.domain.account.access import Role
from tests.contract.benchmarks.test_carried_out import ended
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

IMPORT = "/api/v1/benchmarks/import"
CONFIG = """
description: Rivers
prompts: ["About {{river}}"]
providers: [echo]
defaultTest: {assert: [{type: latency, threshold: 5000}]}
tests:
  - vars: {river: [Danube, Rhine]}
    assert: [{type: contains, value: "{{river}}"}, {type: not-is-refusal}]
"""


def imported(server: RunningServer, text: str, status: int = 201, **query: Any) -> Any:
    response = server.client.post(
        IMPORT, content=text.encode(), params=query, headers={"content-type": "application/yaml"}
    )
    assert response.status_code == status, response.text
    return response.json()


def rows_of(server: RunningServer, answer: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = server.client.get(f"/api/v1/datasets/{answer['dataset']['id']}/rows").json()["items"]
    return rows


def test_a_config_is_a_dataset_and_a_benchmark(server: RunningServer) -> None:
    answer = imported(server, CONFIG)
    assert (answer["left_out"], answer["notes"]) == ([], [])
    assert (answer["dataset"]["name"], answer["version"]["row_count"]) == ("Rivers", 2)
    benchmark = answer["benchmark"]
    assert server.client.get(f"/api/v1/benchmarks/{benchmark['id']}").json() == benchmark
    assert benchmark["dataset_id"] == answer["dataset"]["id"]
    assert benchmark["template"] == "About {{river}}"
    assert [target["model"] for target in benchmark["targets"]] == ["demo/echo"]
    assert [spec["metric"] for spec in benchmark["metrics"]] == ["latency", "all_pass"]
    rows = rows_of(server, answer)
    assert [row["variables"] for row in rows] == [{"river": "Danube"}, {"river": "Rhine"}]
    assert [spec["metric"] for spec in rows[0]["metrics"]] == ["contains", "is_refusal"]


def test_several_prompts_are_versions_of_one(server: RunningServer) -> None:
    chat = json.dumps([{"role": "user", "content": "And {{river}}?"}])
    answer = imported(server, CONFIG.replace('["About {{river}}"]', json.dumps(["About {{river}}", chat])), name="Two")
    versions = [
        server.client.get(f"/api/v1/prompt-versions/{id_}").json() for id_ in answer["benchmark"]["version_ids"]
    ]
    assert [(version["namespace"], version["version_number"]) for version in versions] == [
        ("imported", 1),
        ("imported", 2),
    ]
    assert answer["benchmark"]["name"] == answer["dataset"]["name"] == "Two"


def test_what_is_not_taken_is_named_by_its_line_or_left_out(server: RunningServer) -> None:
    text = CONFIG.replace("providers: [echo]", "providers: [echo, exec:run.sh]").replace(
        "{type: not-is-refusal}", "{type: javascript, value: x}, {type: llm-rubric, value: Good?}"
    )
    refused = imported(server, text, 422)
    assert [(one["loc"], one["msg"].partition(": ")[2].partition(" is ")[0]) for one in refused["detail"]] == [
        (["body", 4], "provider exec:run.sh"),
        (["body", 8], "assert javascript"),
        (["body", 8], "assert llm-rubric"),
    ]
    assert refused["error"]["bad_lines"] == 3
    assert server.client.get("/api/v1/datasets").json()["items"] == []

    answer = imported(server, text, skip_unsupported=True, judge="demo/writer")
    assert [(one["line"], one["name"]) for one in answer["left_out"]] == [
        (4, "provider exec:run.sh"),
        (8, "assert javascript"),
    ]
    assert imported(server, text, 422, judge="nobody/x")["detail"][0]["loc"] == ["query", "judge"]


def test_evals_are_rows(server: RunningServer) -> None:
    lines = "\n".join(json.dumps({"item": {"q": text, "of": {"what": 1}}}) for text in ("a", "b"))
    answer = imported(server, lines, format="openai-evals", name="Evals")
    assert answer["benchmark"] is None
    assert [row["variables"] for row in rows_of(server, answer)] == [{"q": "a", "of.what": 1}, {"q": "b", "of.what": 1}]
    assert imported(server, "{}", 422, format="openai-evals")["detail"][0]["loc"] == ["body", 1]


def results_of(run: str, rows: int, right: int) -> list[dict[str, Any]]:
    """Of OpenAI's evals: so many items, of which the first were answered right."""
    return [
        {
            "run_id": run,
            "data_source_idx": number,
            "item": {"question": f"question {number}"},
            "sample": {
                "outputs": [{"role": "assistant", "content": f"{run} answers {number}"}],
                "token_usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
            },
            "grades": {"match": float(number < right)},
            "passes": {"match": number < right},
        }
        for number in range(rows)
    ]


def test_results_are_a_finished_run_whose_columns_are_compared(server: RunningServer) -> None:
    lines = [*results_of("run-old", 60, 20), *results_of("run-new", 60, 50)]
    text = "\n".join(json.dumps(line) for line in lines)
    answer = imported(server, text, format="openai-evals", name="Moved")
    started = answer["run"]
    assert (started["name"], started["trigger"], started["row_count"]) == ("Moved", "import", 60)
    assert [column["name"] for column in started["columns"]] == ["run-old", "run-new"]
    run = ended(server, started["id"])
    assert (run["status"], run["cells"]["done"], run["cost_usd"]) == ("completed", 120, None)

    report = server.client.get(f"/api/v1/benchmark-runs/{run['id']}/report").json()
    [compared] = [one for one in report["comparisons"] if one["metric"] == "match"]
    assert (compared["column"], compared["n"], compared["verdict"]) == ("run-new", 60, "better")
    assert (compared["wins"], compared["losses"]) == (30, 0)
    page = server.client.get(f"/api/v1/benchmark-runs/{run['id']}/report", params={"format": "html"})
    assert "run-old answers" in page.text
    cells = server.client.get(f"/api/v1/benchmark-runs/{run['id']}/results", params={"column": "run-new"})
    assert [json.loads(line)["output"] for line in cells.text.splitlines()][59] == "run-new answers 59"

    listed = server.client.get("/api/v1/benchmark-runs", params={"benchmark_id": answer["benchmark"]["id"]}).json()
    assert [one["id"] for one in listed["items"]] == [run["id"]]
    assert (answer["benchmark"]["targets"], answer["benchmark"]["template"]) == ([], None)
    again = server.client.post(f"/api/v1/benchmarks/{answer['benchmark']['id']}/runs", json={})
    assert again.status_code == 409


def test_a_rows_of_a_run_that_are_missing_are_counted_and_those_too_many_named(server: RunningServer) -> None:
    lines = [*results_of("run-old", 3, 3), *results_of("run-new", 2, 2), *results_of("run-new", 1, 1) * 20]
    text = "\n".join(json.dumps(line) for line in lines)
    refused = imported(server, text, 422, format="openai-evals")
    assert [one["loc"] for one in refused["detail"]] == [["body", 25]]
    answer = imported(server, text, format="openai-evals", skip_unsupported=True)
    assert (answer["run"]["repeats"], [one["line"] for one in answer["left_out"]]) == (20, [25])
    run = ended(server, answer["run"]["id"])
    assert run["cells"] == {"total": 24, "done": 24, "failed": 0, "poison": 0}
    report = server.client.get(f"/api/v1/benchmark-runs/{run['id']}/report").json()
    assert [(one["column"], one["missing"]) for one in report["columns"]] == [("run-old", 57), ("run-new", 39)]


def test_viewers_import_nothing(tenancy: Tenancy) -> None:
    viewer = As(tenancy, "acme", Role.VIEWER)
    assert viewer("POST", IMPORT, {"prompts": ["x"]}).status_code == 403


def test_a_prompt_without_variables_is_one_row(server: RunningServer) -> None:
    answer = imported(server, 'prompts: ["Say hello"]\nproviders: [echo]\n')
    assert answer["version"]["row_count"] == 1
    assert [row["variables"] for row in rows_of(server, answer)] == [{}]
