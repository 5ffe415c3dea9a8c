"""Reads the packaged data file of models and prices, which scripts/make_catalogue.py makes."""

import json
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from promptyard.domain.models.catalogue import ModelInfo


@cache
def load_models() -> tuple[ModelInfo, ...]:
    """The packaged rows, in the order in which bare names are looked up. Reads a file, once in a process."""
    data = json.loads(files("promptyard.domain.models").joinpath("data/models.json").read_bytes())
    for model in data["models"]:
        if "prices" in model:
            model["price_date"] = data["price_date"]
    return tuple(TypeAdapter(list[ModelInfo]).validate_python(data["models"]))
