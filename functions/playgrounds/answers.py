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
    minor: int
    version_string: str
    released_version: str


class PlaygroundResponse(CamelAnswer):
    """A playground. `keepBlocked` is there only where it is on."""

    creation_date: Timestamp
    creation_user_id: str
    description: str
    id: str
    last_update_date: Timestamp
    last_update_user_id: str
    llm_blueprints_count: int
    name: str
    saved_llm_blueprints_count: int = Field(serialization_alias="savedLLMBlueprintsCount")
    use_case_id: str
    user_name: str
    keep_blocked: LeftOut[bool] = None

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
