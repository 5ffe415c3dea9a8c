"""Answers of the history group."""

from typing import Any

from promptyard.api.answers.fields import Timestamp
from promptyard.api.answers.runs import RunRecord, Tokens
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.prompts.prompt import PromptContent
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun


class HistoryPage(PageAnswer[RunRecord]):
    """`total` is null where it is not kept: with a filter that is no single indexed id."""


class SavedRunAnswer(DeferredModel):
    """A saved run; or an executed one in the same form, with `templateType`, `templateText`, `templateMessages`,
    `variables`, `models` and `parameters` in its config, and `modelId`, `output`, `latencyMs`, `tokens`, `costUsd`,
    `status` and `error` in its one result."""

    id: str
    """The run's id."""
    prompt_id: str | None
    """The id of the prompt that it is kept with. Null where it is of none."""
    version_id: str | None
    """The id of the prompt's version. Null where it is of none."""
    config: dict[str, Any]
    results: list[dict[str, Any]]
    created_at: Timestamp
    """When it was saved, or began, in UTC."""

    @classmethod
    def of(cls, run: Run | SavedRun) -> "SavedRunAnswer":
        if isinstance(run, Run):
            return cls._of_executed(run)
        return SavedRunAnswer(
            id=run.id,
            prompt_id=run.prompt_id,
            version_id=run.version_id,
            config=run.config,
            results=run.results,
            created_at=run.created_at,
        )

    @classmethod
    def _of_executed(cls, run: Run) -> "SavedRunAnswer":
        return SavedRunAnswer(
            id=run.id,
            prompt_id=run.links.prompt_id,
            version_id=run.links.version_id,
            config=_config(run),
            results=[_result(run)],
            created_at=run.created_at,
        )


def _config(run: Run) -> dict[str, Any]:
    content = PromptContent.of_sent(run.messages, run.template)
    messages = content.messages
    return {
        "templateType": content.type,
        "templateText": content.text,
        "templateMessages": None if messages is None else [message.wire() for message in messages],
        "variables": run.template.variables if run.template else {},
        "models": [run.target_name],
        "parameters": run.parameters.given(),
    }


def _result(run: Run) -> dict[str, Any]:
    return {
        "modelId": run.target_name,
        "output": run.output,
        "latencyMs": run.latency_ms,
        "tokens": None if run.usage is None else Tokens.of(run.usage).model_dump(),
        "costUsd": None if run.cost_usd is None else float(run.cost_usd),
        "status": run.status.value,
        "error": run.error.message if run.error else None,
    }
