"""What our pydantic models have in common: what validates and writes one is built when that is first asked for, not
while its module is imported. So a function starts without those that it does not use yet. Requests' own models are
built with their routes."""

from pydantic import BaseModel, ConfigDict


class DeferredModel(BaseModel):
    model_config = ConfigDict(defer_build=True)


class FrozenModel(DeferredModel):
    model_config = ConfigDict(frozen=True)


def build_models(base: type[DeferredModel] = DeferredModel) -> None:
    """All that are imported by now."""
    for model in base.__subclasses__():
        model.model_rebuild()
        build_models(model)
