"""Runs of the history as rows of a dataset."""

from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.runs.run import Run


def row_of_run(run: Run) -> RowContent | None:
    """The variables of the run's prompt, where it had any, else its messages; its answer as the reference. None where
    neither is kept."""
    variables = run.template.variables if run.template is not None else {}
    if not variables and not run.messages:
        return None
    links = run.links
    metadata = {
        "run_id": run.id,
        "model": run.target_name or None,
        "status": run.status.value,
        "version_id": links.version_id,
        "playground_id": links.playground_id,
    }
    return RowContent(
        variables=dict(variables),
        messages=None if variables else list(run.messages),
        reference=run.output,
        documents=list(run.documents or ()),
        metadata={name: value for name, value in metadata.items() if value is not None},
    )
