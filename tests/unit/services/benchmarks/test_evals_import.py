import json
from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import CellStatus
from promptyard.domain.benchmarks.imports.refusals import ImportRefused
from promptyard.services.benchmarks.importing import import_openai_evals


def lines(*values: Any) -> bytes:
    return "\n".join(json.dumps(value) for value in values).encode()


def result(run: str, index: int, question: str, grade: float | None, **sample: Any) -> dict[str, Any]:
    return {
        "run_id": run,
        "data_source_idx": index,
        "item": {"question": question, "meta": {"level": 2}},
        "sample": {"outputs": [{"role": "assistant", "content": f"{run} says {question}"}], **sample},
        "grades": {"match": grade},
        "passes": {"match": grade == 1},
    }


def test_data_are_rows() -> None:
    found = import_openai_evals(lines({"item": {"q": "a", "user": {"name": "Ada"}, "tags": [1]}}, {"item": {"q": "b"}}))
    assert [row.variables for row in found.rows] == [{"q": "a", "user.name": "Ada", "tags": "[1]"}, {"q": "b"}]
    assert (found.runs, found.metrics) == ([], [])


def test_results_of_several_runs_are_cells_of_the_same_rows() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    found = import_openai_evals(
        lines(
            result("one", 0, "a", 1, token_usage=usage),
            result("one", 1, "b", 0.5),
            result("two", 1, "b", None, error={"message": "overloaded"}),
            result("two", 0, "a", 1),
            result("two", 0, "a", 0),
        )
    )
    assert [row.variables["question"] for row in found.rows] == ["a", "b"]
    assert [(spec.metric, spec.name) for spec in found.metrics] == [("imported", "match"), ("imported", "match_passed")]
    one, two = found.runs
    assert [(cell.row, cell.repeat, cell.scores["match"], cell.status) for cell in one.cells] == [
        (1, 0, 1, CellStatus.DONE),
        (2, 0, 0.5, CellStatus.DONE),
    ]
    assert (one.cells[0].input_tokens, one.cells[0].output_tokens) == (3, 5)
    assert one.cells[0].output == "one says a"
    assert [(cell.row, cell.repeat, cell.scores["match"], cell.status) for cell in two.cells] == [
        (2, 0, None, CellStatus.FAILED),
        (1, 0, 1, CellStatus.DONE),
        (1, 1, 0, CellStatus.DONE),
    ]
    assert two.cells[0].error == "overloaded"


def test_the_same_index_with_another_item_is_another_row() -> None:
    found = import_openai_evals(lines(result("one", 0, "a", 1), result("two", 0, "b", 1)))
    assert [row.variables["question"] for row in found.rows] == ["a", "b"]


def test_bad_lines_are_named_or_left_out() -> None:
    data = lines(
        {"item": {"q": "a"}},
        {"text": 1},
        {"item": {"q": "b"}, "run_id": "r"},
        {"item": {"q": "c"}, "grades": {"g": "x"}, "run_id": "r", "data_source_idx": 0},
    )
    with pytest.raises(ImportRefused) as error:
        import_openai_evals(data)
    assert [one.line for one in error.value.refusals] == [2, 3, 4]
    found = import_openai_evals(data, skip_unsupported=True)
    assert (len(found.rows), len(found.left_out)) == (2, 3)
    with pytest.raises(ImportRefused) as error:
        import_openai_evals(b'{"item": {}}\n{broken')
    assert error.value.refusals[0].line == 2
