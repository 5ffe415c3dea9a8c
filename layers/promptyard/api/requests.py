"""What every request has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class WireRequest(BaseModel):
    """A request's body or query: an unknown field is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


def example(request: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with a request that works: what `/docs` offers to send."""
    return ConfigDict(json_schema_extra={"examples": [request]})
