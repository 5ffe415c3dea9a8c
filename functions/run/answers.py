"""Answers of the run group, beside runs themselves."""

from typing import Self

from promptyard.api.answers.fields import LeftOut, WithoutNulls
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.prompts.templates import Compiled


class CompileAnswer(DeferredModel):
    valid: bool
    """Whether the template can be run: every variable has a value, and every name is one."""
    compiled_text: str | None
    """The text with the values put in; of messages all their texts. Null where the template is not valid."""
    compiled_messages: list[WithoutNulls[Message]] | None
    """The messages with the values put in; of a text one message of the user. Null where the template is not valid."""
    variables_found: list[str]
    """The names of the template's variables, in the order of their first appearance."""
    missing_variables: list[str]
    """The names that no value was given for."""
    invalid_names: LeftOut[list[str]] = None
    """What stands in double braces and is no name. Left out where nothing does."""

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
