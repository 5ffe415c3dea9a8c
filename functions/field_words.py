"""What the OpenAPI document says of each field and parameter: the docstring under the field in its model.

Python drops such a docstring when it compiles a model, so no function pays for it at its start; it is read from the
source when the document is made. pydantic could do so itself (`use_attribute_docstrings`), but would read the source of
every model when its module is imported. Never deployed: the deployment has the document.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

PACKAGES = ("functions", "promptyard")

BORROWED: Mapping[str, tuple[str, ...]] = {
    "BenchmarkAnswer": ("BenchmarkDefinition",),
    "BenchmarkChanges": ("NewBenchmarkRequest", "BenchmarkDefinition"),
    "BenchmarkDoneEvent": ("BenchmarkRunAnswer",),
    "BenchmarkProgressEvent": ("BenchmarkRunAnswer",),
    "BenchmarkTarget": ("Target",),
    "BlueprintResponse": ("CreateBlueprintRequest",),
    "ChatMessage": ("AssistantMessage",),
    "ChatRequest": ("Parameters",),
    "CompareTarget": ("Target",),
    "CustomModelAnswer": ("CustomModelSettings",),
    "EditBlueprintRequest": ("CreateBlueprintRequest",),
    "EditPlaygroundRequest": ("CreatePlaygroundRequest",),
    "GuardConditionAnswer": ("GuardConditionFields",),
    "InterventionAnswer": ("InterventionFields",),
    "LlmSettings": ("Parameters",),
    "MessagesRequest": ("Parameters",),
    "ModelSettings": ("Parameters", "Target"),
    "ModerationAnswer": ("ModerationFields",),
    "NewBenchmarkRequest": ("BenchmarkDefinition",),
    "OOTBMetricConfigurationResponse": ("CreateConfigurationRequest",),
    "PlaygroundResponse": ("CreatePlaygroundRequest",),
    "PromptRunRequest": ("Target",),
    "ResponsesRequest": ("Parameters",),
    "RunDoneEvent": ("RunAnswer",),
    "RunStats": ("RunAnswer",),
    "SavedRunAnswer": ("SaveRunRequest",),
    "StartedAnswer": ("BenchmarkRunAnswer",),
    "TargetErrorEvent": ("RunErrorEvent",),
    "VersionResult": ("RunAnswer",),
    "WatchRequest": ("Watch",),
}
"""Whose words hold for fields of the same name that have none of their own, where models repeat each other's fields."""

PATH_PARAMETERS: Mapping[str, str] = {
    "alias": "A name of the prompt's beside its own, such as the `pmpt_…` that it had at OpenAI.",
    "benchmark_id": "The benchmark's id.",
    "benchmark_run_id": "The benchmark run's id.",
    "comparison_id": "The comparison's id.",
    "dataset_id": "The dataset's id.",
    "key_id": "The API key's id, not the key itself.",
    "label": "The label, such as `production`.",
    "llmBlueprintId": "The LLM blueprint's id.",
    "model_id": "The model, with its provider's prefix or without; or a prompt of the registry with a label.",
    "ootbMetricConfigurationId": "The id of the metric's configuration.",
    "playgroundId": "The playground's id.",
    "provider": "The provider's id.",
    "response_id": "The response's id, or that of any run.",
    "run_id": "The run's id.",
    "tenant_id": "The tenant's id.",
    "upload_id": "The upload's id.",
    "version_id": "The prompt version's id.",
}
"""One that a path names is the same thing in every path."""

Object = dict[str, Any]


def add_field_words(app: FastAPI) -> None:
    """To the app's OpenAPI document."""
    document: Callable[[], Object] = app.openapi

    def with_words() -> Object:
        if app.openapi_schema is None:
            _describe(document(), [route for route in app.routes if isinstance(route, APIRoute)])
        return document()

    app.openapi = with_words  # type: ignore[method-assign]  # as FastAPI's guide to extending OpenAPI does


def _describe(document: Object, routes: list[APIRoute]) -> None:
    models = _models()
    for name, schema in _objects(document):
        model = models.get(name.removesuffix("-Input").removesuffix("-Output"))
        if model is not None:
            _fill(schema["properties"], words_of(model))
    for route in routes:
        words = _words_of_parameters(route)
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower(), {})
            for parameter in operation.get("parameters", ()):
                _fill({parameter["name"]: parameter}, PATH_PARAMETERS if parameter["in"] == "path" else words)


def _words_of_parameters(route: APIRoute) -> Mapping[str, str]:
    """Of those that a model holds, in the query or in headers."""
    read = [given.field_info.annotation for given in (*route.dependant.query_params, *route.dependant.header_params)]
    return {name: text for model in read if isinstance(model, type) for name, text in words_of(model).items()}


def _fill(described: Mapping[str, Object], words: Mapping[str, str]) -> None:
    for name, schema in described.items():
        if name in words:
            schema.setdefault("description", words[name])


def _objects(document: Object) -> Iterator[tuple[str, Object]]:
    """The schemas that have properties, with their models' names; also those that stand inside of others."""
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema:
            yield name, schema
            for inner in schema["properties"].values():
                items = inner.get("items", {})
                if "properties" in items:
                    yield items["title"], items


def _models() -> dict[str, type]:
    """By their names, which stand once in the house."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in PACKAGES]
    return {
        made.__name__: made
        for module in modules
        for made in vars(module).values()
        if isinstance(made, type) and made.__module__ == module.__name__
    }


def words_of(model: type) -> dict[str, str]:
    """By the fields' names on the wire: a model's own words, then its bases', then those that it borrows."""
    words: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        for lender in reversed(BORROWED.get(kind.__name__, ())):
            words |= _own_words(_models()[lender])
        words |= _own_words(kind)
    names = {name: {field.alias, field.serialization_alias} for name, field in _fields(model).items()}
    return {wire or name: text for name, text in words.items() for wire in names.get(name, {name})}


def _fields(model: type) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(model, "model_fields", {})
    return fields


def _own_words(model: type) -> Mapping[str, str]:
    if model.__module__.partition(".")[0] not in PACKAGES:
        return {}
    return _words_in(model.__module__).get(model.__name__, {})


@cache
def _words_in(module: str) -> Mapping[str, Mapping[str, str]]:
    """By the names of the module's classes and of their fields."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: {field: _as_wire_says(" ".join(text.split())) for field, text in _docstrings(node)}
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def _docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(node.body, node.body[1:], strict=False):
        match field, after:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, text


def _as_wire_says(text: str) -> str:
    """Null where Python says None."""
    return re.sub(r"\bNone\b", "null", re.sub(r"(^|[.] )None\b", r"\1Null", text))
