"""Benchmarks and datasets from other tools' files: what is taken is ours, what is not is named by file and line."""

from collections.abc import Mapping

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, read_json
from promptyard.domain.benchmarks.imports.imported import MAX_CONFIG_BYTES, MAX_RESULTS_BYTES, ImportedBenchmark
from promptyard.domain.benchmarks.imports.openai_evals import read_evals
from promptyard.domain.benchmarks.imports.promptfoo.config import read_config
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources
from promptyard.domain.benchmarks.imports.refusals import ImportRefused, Refusal
from promptyard.domain.errors import InvalidRequest, TooLarge


def import_promptfoo(
    data: bytes,
    *,
    file: str = "promptfooconfig.yaml",
    files: Mapping[str, bytes] | None = None,
    judge: str | None = None,
    skip_unsupported: bool = False,
) -> ImportedBenchmark:
    """A promptfoo config, in YAML or JSON. `files`: what it names by `file://`, by path. `judge`: the model that scores
    where the config names none, as `provider/model`.

    Raises ImportRefused, InvalidRequest for what is no text, TooLarge.
    """
    from promptyard.services.benchmarks.yaml_documents import read_yaml  # a parser that nothing else needs

    text = _text(data, MAX_CONFIG_BYTES)
    try:
        root = read_json(file, text) if text.lstrip().startswith("{") else read_yaml(file, text)
    except DocumentRefused as refusal:
        raise _unreadable(file, refusal) from None
    return read_config(root, Sources(read_yaml, files or {}), judge=judge, skip_unsupported=skip_unsupported)


def import_openai_evals(data: bytes, *, file: str = "evals.jsonl", skip_unsupported: bool = False) -> ImportedBenchmark:
    """Data or results of OpenAI's evals, in JSON Lines or an array: rows, and of results a run for each `run_id`.
    Raises as `import_promptfoo`."""
    try:
        return read_evals(file, _text(data, MAX_RESULTS_BYTES), skip_unsupported=skip_unsupported)
    except DocumentRefused as refusal:
        raise _unreadable(file, refusal) from None


def _text(data: bytes, limit: int) -> str:
    if len(data) > limit:
        raise TooLarge(f"What is imported can take {limit:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest("What is imported is not UTF-8", kind="import_refused") from None


def _unreadable(file: str, refusal: DocumentRefused) -> ImportRefused:
    return ImportRefused([Refusal(file, refusal.line, "the file", f"cannot be read: {refusal}")])
