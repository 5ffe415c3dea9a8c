"""What is sent of a row in a column."""

from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import Column
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.errors import InvalidRequest, MissingVariables
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.compression import Intensity, rules
from promptyard.domain.prompts.origin import Template
from promptyard.domain.prompts.prompt import PromptContent
from promptyard.services.benchmarks.row_prompts import BRIEF, compose_row
from promptyard.services.prompts.prompting import ComposedPrompt
from tests.support.samples.sample_benchmarks import new_benchmark
from tests.support.samples.sample_prompts import version_of

ASKED = Message(role="user", content="And then?")


def row(**fields: Any) -> Row:
    return Row(id="v-1", number=1, **fields)


def column(**fields: Any) -> Column:
    return Column(index=0, name="c", target=Target(model="demo/echo"), **fields)


def said(prompt: ComposedPrompt) -> list[tuple[str, Any]]:
    return [(message.role, message.content) for message in prompt.messages]


def test_a_template_with_the_rows_variables_and_its_messages_after_it() -> None:
    benchmark = new_benchmark(template=Template(text="Say {{word}}"))
    assert said(compose_row(benchmark, column(), None, row(variables={"word": "hi"}))) == [("user", "Say hi")]
    both = compose_row(benchmark, column(), None, row(variables={"word": "hi"}, messages=[ASKED]))
    assert said(both) == [("user", "Say hi"), ("user", "And then?")]
    with pytest.raises(MissingVariables):
        compose_row(benchmark, column(), None, row(messages=[ASKED]))


def test_messages_alone_are_sent_as_they_stand() -> None:
    benchmark = new_benchmark(template=None)
    braced = Message(role="user", content="Say {{word}}")
    assert said(compose_row(benchmark, column(), None, row(variables={"word": "hi"}, messages=[braced]))) == [
        ("user", "Say {{word}}")
    ]
    with pytest.raises(InvalidRequest, match="no messages"):
        compose_row(benchmark, column(), None, row(variables={"word": "hi"}))


def test_a_version_brings_its_model_and_parameters_and_is_linked() -> None:
    version = version_of(
        PromptContent.of_text("Say {{word}}"), default_model="a/b", parameters=Parameters(temperature=0.5)
    )
    found = compose_row(new_benchmark(), column(version_id=version.id), version, row(variables={"word": "hi"}))
    assert said(found) == [("user", "Say hi")]
    assert (found.default_model, found.default_parameters) == ("a/b", Parameters(temperature=0.5))
    assert found.links == version.links
    assert found.links.prompt_name == f"{version.namespace}/{version.slug}"


@pytest.mark.parametrize(
    ("intensity", "system"), [*((level, rules(level)) for level in Intensity), ("brief", BRIEF), ("raw", None)]
)
def test_the_intensity_goes_ahead_as_a_system_prompt(intensity: Any, system: str | None) -> None:
    benchmark = new_benchmark(template=Template(text="Hi"))
    found = said(compose_row(benchmark, column(intensity=intensity), None, row()))
    assert found == [*([("system", system)] if system else []), ("user", "Hi")]
    alone = said(compose_row(new_benchmark(template=None), column(intensity=intensity), None, row(messages=[ASKED])))
    assert alone == [*([("system", system)] if system else []), ("user", "And then?")]
