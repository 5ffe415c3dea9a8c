"""Reading what a synthesis wrote: a stack's template, with those of its nested stacks in it."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

_NESTED = "AWS::CloudFormation::Stack"


def whole_template(folder: Path, file: str) -> dict[str, Any]:
    """The template as if the stack had no nested ones: their resources stand beside its own, by their names after that
    of their stack, and what they refer to in each other by its name."""
    template: dict[str, Any] = json.loads((folder / file).read_text())
    outputs: dict[str, Any] = {}
    for name, stack in _nested(template).items():
        inner = whole_template(folder, _file_of(folder, stack))
        given = stack["Properties"].get("Parameters", {})
        inner = _with_references(inner, partial(_from_without, name, given))
        template["Resources"] |= {name + within: each for within, each in inner["Resources"].items()}
        outputs |= {f"{name}.Outputs.{output}": each["Value"] for output, each in inner.get("Outputs", {}).items()}
        del template["Resources"][name]
    whole: dict[str, Any] = _with_references(template, lambda to: outputs.get(to, to))
    return whole


def nested_files(folder: Path, file: str) -> list[Path]:
    """The templates of a stack's nested stacks."""
    return [folder / _file_of(folder, each) for each in _nested(json.loads((folder / file).read_text())).values()]


def _nested(template: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == _NESTED}


def _file_of(folder: Path, stack: dict[str, Any]) -> str:
    """Its address ends with the hash that the assembly knows it by."""
    hashed = Path(stack["Properties"]["TemplateURL"]["Fn::Join"][1][-1]).stem
    for assets in folder.glob("*.assets.json"):
        known = json.loads(assets.read_text())["files"].get(hashed)
        if known is not None:
            return str(known["source"]["path"])
    raise FileNotFoundError(f"no template of a nested stack: {hashed}")


def _from_without(stack: str, given: Mapping[str, Any], to: str) -> Any:
    """What a nested stack's reference is to: a parameter that it was given, or a resource of its own."""
    return given.get(to, stack + to)


def _with_references(value: Any, to: Callable[[str], Any]) -> Any:
    """The value with its references as `to` says: a name for another name, or a value in the reference's place. Of an
    attribute it is asked by `name.attribute` first."""
    if isinstance(value, list):
        return [_with_references(each, to) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)} if not name.startswith("AWS::"):
            found = to(name)
            return {"Ref": found} if isinstance(found, str) else found
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            whole = f"{name}.{attribute}"
            found = to(whole)
            return {"Fn::GetAtt": [to(name), attribute]} if isinstance(found, str) else found
    changed = {name: _with_references(each, to) for name, each in value.items()}
    if "DependsOn" in value and "Type" in value:
        waits = value["DependsOn"]
        changed["DependsOn"] = to(waits) if isinstance(waits, str) else [to(name) for name in waits]
    return changed
