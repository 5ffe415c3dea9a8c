"""What is sent of a row in a column."""

from dataclasses import replace
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import Benchmark, Column
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.prompts.compression import Intensity, rules
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource, check_size, compose

if TYPE_CHECKING:
    from promptyard.domain.prompts.prompt import PromptVersion

BRIEF = "Be brief."
"""The control of compression: whatever the rules save beyond this is theirs."""


def compose_row(benchmark: Benchmark, column: Column, version: "PromptVersion | None", row: Row) -> ComposedPrompt:
    """The prompt of the column's version, else the benchmark's template, with the row's variables put in and the row's
    messages after it; without either, the row's messages as they stand. The column's intensity goes ahead of it, as a
    system prompt.

    Raises what `compose` does, and InvalidRequest for a row that has nothing to send.
    """
    text, messages = None, None
    if version is not None:
        text, messages = version.content.text, version.content.messages
    elif benchmark.template is not None:
        text, messages = benchmark.template.text, benchmark.template.messages
    system = system_of(column)
    if text is None and messages is None:
        if not row.messages:
            raise InvalidRequest("The row has no messages, and the benchmark no prompt", kind="empty_prompt")
        return compose(PromptSource(messages=row.messages, system=system))
    composed = compose(PromptSource(text=text, messages=messages, system=system, variables=row.variables))
    if row.messages:
        composed = replace(composed, messages=(*composed.messages, *row.messages))
        check_size(composed.messages)
    if version is None:
        return composed
    return replace(
        composed,
        links=version.links,
        default_model=version.default_model,
        default_parameters=version.parameters,
    )


def system_of(column: Column) -> str | None:
    """The system prompt that the column's intensity is."""
    if isinstance(column.intensity, Intensity):
        return rules(column.intensity)
    return BRIEF if column.intensity == "brief" else None
