"""Answers of the run group, beside runs themselves."""

from typing import Self

from promptyard.api.answers.fields import LeftOut, WithoutNulls
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.prompts.templates import Compiled


class CompileAnswer(DeferredModel):
    valid: bool
    compiled_text: str | None
    compiled_messages: list[WithoutNulls[Message]] | None
    variables_found: list[str]
    missing_variables: list[str]
    invalid_names: LeftOut[list[str]] = None
    """What stands in double braces and is no name, where anything does."""

    @classmethod
    def of(cls, compiled: Compiled) -> Self:
        return cls(
            valid=compiled.valid,
            compiled_text=compiled.text,
            compiled_messages=compiled.messages,
            variables_found=compiled.variables_found,
            missing_variables=compiled.missing_variables,
            invalid_names=compiled.invalid_names or None,
        )
