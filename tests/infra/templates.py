"""Reading a synthesised template."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whole_template import whole_template

Resource = dict[str, Any]


@dataclass(frozen=True)
class Template:
    document: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, stack: str) -> "Template":
        """A stack's, with its nested ones in it."""
        return cls(whole_template(folder, f"{stack}.template.json"))

    @property
    def resources(self) -> dict[str, Resource]:
        resources: dict[str, Resource] = self.document["Resources"]
        return resources

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The resources of a type, by logical id."""
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == kind}

    def one(self, kind: str) -> Resource:
        [resource] = self.of_type(kind).values()
        return resource

    def functions(self) -> dict[str, Resource]:
        """The functions' properties, by group."""
        return {
            function["Properties"]["Handler"].split(".")[1]: function["Properties"]
            for function in self.of_type("AWS::Lambda::Function").values()
        }

    def group_of_alias(self, alias: str) -> str:
        """By the alias's logical id."""
        function = self.resources[alias]["Properties"]["FunctionName"]["Ref"]
        return str(self.resources[function]["Properties"]["Handler"].split(".")[1])

    def paths(self) -> dict[str, str]:
        """The paths of the API's resources, by logical id."""
        parts = {name: resource["Properties"] for name, resource in self.of_type("AWS::ApiGateway::Resource").items()}

        def path(name: str) -> str:
            parent = parts[name]["ParentId"].get("Ref")
            return (path(parent) if parent in parts else "") + "/" + str(parts[name]["PathPart"])

        return {name: path(name) for name in parts}

    def methods(self) -> dict[tuple[str, str], Resource]:
        """The methods' properties, by path and verb."""
        paths = self.paths()
        return {
            (paths.get(properties["ResourceId"].get("Ref"), "/"), properties["HttpMethod"]): properties
            for properties in (method["Properties"] for method in self.of_type("AWS::ApiGateway::Method").values())
        }

    def statements(self, group: str) -> list[Resource]:
        """All statements of a function's role."""
        role = self.functions()[group]["Role"]["Fn::GetAtt"][0]
        policies = [
            policy["Properties"]["PolicyDocument"]["Statement"]
            for policy in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Properties"]["Roles"]
        ]
        return [statement for policy in policies for statement in policy]


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


def flat(value: Any) -> str:
    """A value with its references in angle brackets."""
    if isinstance(value, str):
        return value
    [(function, arguments)] = value.items()
    match function:
        case "Ref":
            return f"<{arguments}>"
        case "Fn::GetAtt":
            return f"<{'.'.join(arguments)}>"
        case "Fn::Join":
            return str(arguments[0]).join(flat(part) for part in arguments[1])
    raise ValueError(f"{function} is not known here")


def references(value: Any) -> Iterator[str]:
    """The logical ids that a value refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
