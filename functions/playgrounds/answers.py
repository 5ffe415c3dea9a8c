"""Answers about playgrounds."""

from pydantic import AliasGenerator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.playgrounds.pages import OffsetPage
from promptyard.api.answers.fields import LeftOut, Timestamp
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.playgrounds.playground import Playground


class CamelAnswer(DeferredModel):
    """An answer whose fields are written in camel case."""

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))


class VersionResponse(CamelAnswer):
    major: int
    """The major version of the DataRobot API that these paths are of."""
    minor: int
    """The minor version of it."""
    version_string: str
    """The whole version, as a text."""
    released_version: str
    """The whole version, as a text."""


class PlaygroundResponse(CamelAnswer):
    """A playground. `keepBlocked` is there only where it is on."""

    creation_date: Timestamp
    """When the playground was made, in UTC."""
    creation_user_id: str
    """Who made the playground, as a run names its `caller`."""
    description: str
    id: str
    """The playground's id."""
    last_update_date: Timestamp
    """When the playground was last changed, in UTC."""
    last_update_user_id: str
    """Who last changed the playground, as a run names its `caller`."""
    llm_blueprints_count: int
    """How many LLM blueprints the playground has."""
    name: str
    saved_llm_blueprints_count: int = Field(serialization_alias="savedLLMBlueprintsCount")
    """How many of its LLM blueprints are saved."""
    use_case_id: str
    user_name: str
    """The name of who made the playground."""
    keep_blocked: LeftOut[bool] = None
    """True where what its guards block is kept for the tenant's admins. Left out where it is not."""

    @classmethod
    def of(cls, playground: Playground) -> "PlaygroundResponse":
        return PlaygroundResponse(
            creation_date=playground.created_at,
            creation_user_id=playground.created_by,
            description=playground.description,
            id=playground.id,
            last_update_date=playground.updated_at,
            last_update_user_id=playground.updated_by,
            llm_blueprints_count=playground.llm_blueprints_count,
            name=playground.name,
            saved_llm_blueprints_count=playground.saved_llm_blueprints_count,
            use_case_id=playground.use_case_id,
            user_name=playground.created_by_name,
            keep_blocked=playground.keep_blocked or None,
        )


class ListPlaygroundsResponse(OffsetPage[PlaygroundResponse]):
    pass
