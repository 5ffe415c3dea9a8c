"""Saved runs as the wire shows them, and executed runs in their form."""

from typing import Any

from promptyard.api.wire import cost, timestamp, tokens
from promptyard.domain.prompts.prompt import PromptContent
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun


def saved_answer(run: Run | SavedRun) -> dict[str, Any]:
    """The body of SavedRunAnswer."""
    if isinstance(run, Run):
        prompt_id, version_id = run.links.prompt_id, run.links.version_id
        config, results = _config(run), [_result(run)]
    else:
        prompt_id, version_id = run.prompt_id, run.version_id
        config, results = run.config, run.results
    return {
        "id": run.id,
        "prompt_id": prompt_id,
        "version_id": version_id,
        "config": config,
        "results": results,
        "created_at": timestamp(run.created_at),
    }


def _config(run: Run) -> dict[str, Any]:
    content = PromptContent.of_sent(run.messages, run.template)
    messages = content.messages
    return {
        "templateType": content.type,
        "templateText": content.text,
        "templateMessages": None if messages is None else [message.wire() for message in messages],
        "variables": run.template.variables if run.template else {},
        "models": [_model(run)],
        "parameters": run.parameters.given(),
    }


def _result(run: Run) -> dict[str, Any]:
    return {
        "modelId": _model(run),
        "output": run.output,
        "latencyMs": run.latency_ms,
        "tokens": tokens(run.usage),
        "costUsd": cost(run),
        "status": run.status.value,
        "error": run.error.message if run.error else None,
    }


def _model(run: Run) -> str:
    return f"{run.provider}/{run.model}"
