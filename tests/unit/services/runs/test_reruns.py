"""What a rerun orders: the request that a run was made from, with changes."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from pydantic import SecretStr

from promptyard.domain.account.access import LOCAL_CALLER, Caller
from promptyard.domain.errors import MissingKey, MissingVariables
from promptyard.domain.models.catalogue import Catalogue
from promptyard.domain.models.catalogue_data import load_models
from promptyard.domain.models.messages import Message, user_prompt
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.origin import PromptLinks, Template
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.providers.registry import PROVIDERS
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource, compose
from promptyard.services.prompts.registry import PromptService
from promptyard.services.runs.history import RunHistory
from promptyard.services.runs.orders import RunOrder
from promptyard.services.runs.reruns import RerunChanges, RerunService
from promptyard.services.runs.runs import RunService
from tests.support.samples.sample_runs import new_run

CATALOGUE = Catalogue(PROVIDERS, load_models())
VERSION = PromptLinks(prompt_id="p", version_id="v2", version_number=2)
TEMPLATE = Template(text="Hello {{name}} of {{place}}", variables={"name": "Ada", "place": "London"})
URL = "http://127.0.0.1:8080/v1"


@dataclass
class Runs:
    """Knows one run, and keeps what it is ordered to start."""

    run: Run
    orders: list[RunOrder] = field(default_factory=list)

    async def get(self, tenant: str, run_id: str) -> Run:
        assert (tenant, run_id) == (self.run.tenant, self.run.id)
        return self.run

    async def start(self, caller: Caller, order: RunOrder) -> None:
        self.orders.append(order)


class Prompts:
    """Every prompt and version is the same chat."""

    async def compose(self, tenant: str, source: PromptSource) -> ComposedPrompt:
        if source.prompt_id is None and source.version_id is None:
            return compose(source)
        chat = [Message(role="user", content="Version 2 for {{name}}")]
        made = compose(PromptSource(messages=chat, system=source.system, variables=source.variables or {}))
        return ComposedPrompt(made.messages, made.template, VERSION)


async def rerun(run: Run, changes: RerunChanges | None = None) -> RunOrder:
    runs = Runs(run)
    service = RerunService(cast(RunService, runs), cast(RunHistory, runs), cast(PromptService, Prompts()), CATALOGUE)
    await service.start(LOCAL_CALLER, run.id, changes or RerunChanges(), deadline_seconds=60)
    [order] = runs.orders
    return order


def with_prompt(**source: Any) -> RerunChanges:
    return RerunChanges(prompt=PromptSource(**source))


def with_target(**target: Any) -> RerunChanges:
    return RerunChanges(target=Target(**target))


def texts(order: RunOrder) -> list[tuple[str, Any]]:
    return [(message.role, message.content) for message in order.prompt.messages]


def template_run(**changes: Any) -> Run:
    fields = {"messages": user_prompt("Hello Ada of London"), "template": TEMPLATE, "links": RunLinks(prompt_id="p")}
    return new_run(**fields | changes)


async def test_without_changes_the_same_is_ordered() -> None:
    run = new_run(
        model_id="mine",
        label="A",
        messages=[Message(role="system", content="Be brief"), *user_prompt("Say {{hello}}")],
        parameters=Parameters(temperature=0.2, extra={"delay_ms": 0}),
        reference="Hello",
        documents=["one"],
        links=RunLinks(playground_id="g", llm_blueprint_id="b", comparison_id="c", comparison_index=1, rerun_of="r"),
    )
    order = await rerun(run)
    assert order == RunOrder(
        endpoint="playground/rerun",
        target=Target(provider="demo", model="echo", parameters=run.parameters),
        prompt=ComposedPrompt(messages=tuple(run.messages)),
        deadline_seconds=60,
        model_id="mine",
        label="A",
        links=RunLinks(playground_id="g", llm_blueprint_id="b", rerun_of=run.id),
        links_inherited=True,
        reference="Hello",
        documents=["one"],
    )


# --- the prompt


@pytest.mark.parametrize(
    "messages",
    [
        [Message(role="system", content="alone")],
        [Message(role="system", content="Only this counts"), Message(role="user", content="")],
        [Message(role="developer", content="x"), *user_prompt("y")],
        [Message(role="system", content="named", name="n"), *user_prompt("y")],
        [Message(role="system", content="one"), Message(role="system", content="two"), *user_prompt("y")],
    ],
    ids=str,
)
async def test_messages_are_sent_as_they_were(messages: list[Message]) -> None:
    assert (await rerun(new_run(messages=messages))).prompt.messages == tuple(messages)


async def test_a_template_is_filled_again() -> None:
    run = template_run(links=RunLinks(prompt_id="p", version_id="v", version_number=1, comparison_id="c"))
    order = await rerun(run, with_prompt(variables={"name": "Bo"}))
    assert texts(order) == [("user", "Hello Bo of London")]
    assert order.prompt.template == Template(text=TEMPLATE.text, variables={"name": "Bo", "place": "London"})
    assert order.prompt.links == PromptLinks(prompt_id="p", version_id="v", version_number=1)


async def test_a_chat_template_keeps_what_stood_before_it() -> None:
    chat = [Message(role="system", content="For {{name}}"), Message(role="user", content="Hi")]
    rendered = [Message(role="system", content="For Ada"), Message(role="user", content="Hi")]
    template = Template(messages=chat, variables={"name": "Ada"})
    plain = template_run(messages=rendered, template=template)
    below = template_run(messages=[Message(role="system", content="Be brief"), *rendered], template=template)
    assert texts(await rerun(plain)) == [("system", "For Ada"), ("user", "Hi")]
    assert texts(await rerun(below)) == [("system", "Be brief"), ("system", "For Ada"), ("user", "Hi")]
    changes = with_prompt(system="Be kind", variables={"name": "Bo"})
    for run in (plain, below):
        assert texts(await rerun(run, changes)) == [("system", "Be kind"), ("system", "For Bo"), ("user", "Hi")]
    assert texts(await rerun(below, with_prompt(system=""))) == [("system", "For Ada"), ("user", "Hi")]


async def test_variables_make_a_template_of_a_prompt_that_was_none() -> None:
    run = new_run(messages=[Message(role="system", content="As {{is}}"), *user_prompt("Hello {{name}}")])
    order = await rerun(run, with_prompt(variables={"name": "Bo"}))
    assert texts(order) == [("system", "As {{is}}"), ("user", "Hello Bo")]


async def test_another_text_takes_the_runs_variables_and_system_prompt() -> None:
    run = template_run(messages=user_prompt("Hello Ada of London", system="Be brief"))
    order = await rerun(run, with_prompt(text="Goodbye {{name}}"))
    assert texts(order) == [("system", "Be brief"), ("user", "Goodbye Ada")]
    assert order.prompt.links == PromptLinks()
    with pytest.raises(MissingVariables):
        await rerun(run, with_prompt(text="Goodbye {{nobody}}"))
    order = await rerun(new_run(), with_prompt(text="Goodbye {{name}}"))
    assert texts(order) == [("user", "Goodbye {{name}}")]


async def test_other_messages_bring_their_own_system_prompt() -> None:
    run = new_run(messages=user_prompt("Hello", system="Be brief"))
    for role in ("system", "developer"):
        messages = [Message.model_validate({"role": role, "content": "Be kind"}), *user_prompt("Bye")]
        assert texts(await rerun(run, with_prompt(messages=messages))) == [(role, "Be kind"), ("user", "Bye")]
    order = await rerun(run, with_prompt(messages=user_prompt("Bye")))
    assert texts(order) == [("system", "Be brief"), ("user", "Bye")]
    order = await rerun(run, with_prompt(messages=user_prompt("Bye"), system=""))
    assert texts(order) == [("user", "Bye")]


@pytest.mark.parametrize("named", [{"version_id": "v2"}, {"prompt_id": "ns/slug@production"}])
async def test_another_version(named: dict[str, str]) -> None:
    run = template_run(links=RunLinks(prompt_id="p", version_id="v1", version_number=1, playground_id="g"))
    order = await rerun(run, with_prompt(**named))
    assert texts(order) == [("user", "Version 2 for Ada")]
    assert order.prompt.links == VERSION
    assert order.links == RunLinks(playground_id="g", rerun_of=run.id)
    order = await rerun(run, with_prompt(**named, system="Be brief", variables={"name": "Bo"}))
    assert texts(order) == [("system", "Be brief"), ("user", "Version 2 for Bo")]


# --- the target


@pytest.mark.parametrize(
    ("changes", "run", "provider", "model"),
    [
        ({}, {}, "openai", "gpt-4o"),
        ({"model": "gpt-4o-mini"}, {}, "openai", "gpt-4o-mini"),
        ({"model": "gpt-of-tomorrow"}, {}, "openai", "gpt-of-tomorrow"),
        ({"model": "claude-3-5-sonnet-20241022"}, {}, None, "claude-3-5-sonnet-20241022"),
        ({"model": "anthropic/claude-of-tomorrow"}, {}, None, "anthropic/claude-of-tomorrow"),
        ({"model": "openai/gpt-4o-mini"}, {}, "openai", "openai/gpt-4o-mini"),
        ({"provider": "azure"}, {}, "azure", "gpt-4o"),
        ({"provider": "gemini", "model": "gemini-pro"}, {}, "google", "gemini-pro"),
        ({"provider": "nobody"}, {}, "nobody", "gpt-4o"),
        ({"model": "gpt-4o-mini"}, {"provider": "azure"}, "azure", "gpt-4o-mini"),
        ({"model": "openai/gpt-4o-mini"}, {"provider": "openrouter"}, "openrouter", "openai/gpt-4o-mini"),
        ({"model": "gpt-4o"}, {"provider": "demo", "model": "echo"}, None, "gpt-4o"),
        ({"model": "writer"}, {"provider": "demo", "model": "echo"}, "demo", "writer"),
        ({"model": "gpt-4o"}, {"provider": "custom", "model": "x", "custom_base_url": URL}, "custom", "gpt-4o"),
    ],
    ids=str,
)
async def test_which_provider_is_meant(
    changes: dict[str, str], run: dict[str, str], provider: str | None, model: str
) -> None:
    order = await rerun(new_run(**{"provider": "openai", "model": "gpt-4o"} | run), with_target(**changes))
    assert (order.target.provider, order.target.model) == (provider, model)


async def test_the_callers_address_stays_with_its_provider() -> None:
    run = new_run(provider="openai", model="gpt-4o", custom_base_url=URL)
    for changes in ({}, {"model": "gpt-4o-mini"}, {"provider": "openai"}, {"model": "claude-3-5-sonnet-20241022"}):
        assert (await rerun(run, with_target(**changes))).target.custom_base_url == URL
    for changes, address in (
        ({"provider": "mistral", "model": "mistral-large-latest"}, None),
        ({"custom_base_url": "https://other.example/v1"}, "https://other.example/v1"),
        ({"provider": "custom", "custom_base_url": "https://other.example/v1"}, "https://other.example/v1"),
    ):
        assert (await rerun(run, with_target(**changes))).target.custom_base_url == address


async def test_a_key_of_the_callers_has_to_be_given_again() -> None:
    run = new_run(provider="openai", model="gpt-4o", key_from_caller=True)
    for changes in ({}, {"model": "gpt-4o-mini"}, {"provider": "openai"}):
        with pytest.raises(MissingKey):
            await rerun(run, with_target(**changes))
        order = await rerun(run, with_target(provider_key=SecretStr("again"), **changes))
        assert order.target.provider_key == SecretStr("again")
    for changes in ({"provider": "mistral"}, {"model": "claude-3-5-sonnet-20241022"}):
        assert (await rerun(run, with_target(**changes))).target.provider_key is None


async def test_parameters_are_changed_one_by_one() -> None:
    run = new_run(parameters=Parameters(temperature=0.2, max_tokens=10, stop="x"))
    order = await rerun(run, with_target(parameters=Parameters(max_tokens=20, stop=None, seed=1)))
    assert order.target.parameters.given() == {"temperature": 0.2, "max_tokens": 20, "seed": 1}


async def test_the_default_temperature_is_found_anew() -> None:
    run = new_run(parameters=Parameters(temperature=0.7, max_tokens=10), default_temperature=True)
    order = await rerun(run)
    assert (order.target.parameters.given(), order.default_temperature) == ({"max_tokens": 10}, True)
    for temperature, expected in ((0.1, {"temperature": 0.1, "max_tokens": 10}), (None, {"max_tokens": 10})):
        order = await rerun(run, with_target(parameters=Parameters(temperature=temperature)))
        assert (order.target.parameters.given(), order.default_temperature) == (expected, False)
    order = await rerun(new_run(parameters=Parameters(temperature=0.7)))
    assert (order.target.parameters.given(), order.default_temperature) == ({"temperature": 0.7}, False)


# --- what the run belongs to


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        (RerunChanges(reference="x", documents=[]), True),
        (with_prompt(variables={"name": "Bo"}), True),
        (with_target(provider="demo", model="echo", parameters=Parameters(temperature=0.5)), True),
        (with_target(model="demo/writer"), False),
        (with_target(parameters=Parameters(temperature=0.6)), False),
        (with_target(parameters=Parameters(temperature=None)), False),
        (with_prompt(text="Other"), False),
    ],
    ids=["judged otherwise", "variables", "the same", "model", "parameter", "parameter less", "prompt"],
)
async def test_it_is_the_blueprints_run_while_nothing_of_the_blueprint_changes(
    changes: RerunChanges, stays: bool
) -> None:
    links = RunLinks(playground_id="g", llm_blueprint_id="b")
    order = await rerun(template_run(links=links, parameters=Parameters(temperature=0.5)), changes)
    assert (order.links.playground_id, order.links.llm_blueprint_id) == ("g", "b" if stays else None)


async def test_names_of_the_target_are_not_given_to_another_one() -> None:
    run = new_run(model_id="fast one", label="Fast")
    for changes, names in (
        (with_target(parameters=Parameters(seed=1)), ("fast one", "Fast")),
        (with_target(model="demo/writer"), (None, None)),
        (RerunChanges(target=Target(model="writer"), label="Slow"), (None, "Slow")),
    ):
        order = await rerun(run, changes)
        assert (order.model_id, order.label) == names


async def test_what_is_given_replaces_what_was() -> None:
    run = new_run(reference="a", documents=["a"], links=RunLinks(playground_id="g", llm_blueprint_id="b"))
    links = RunLinks(playground_id="h", llm_blueprint_id="c")
    order = await rerun(run, RerunChanges(reference="b", documents=[], links=links))
    assert (order.reference, order.documents) == ("b", [])
    assert order.links == links.model_copy(update={"rerun_of": run.id})
