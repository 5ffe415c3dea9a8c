"""The environment, typed. Read once, by `bootstrap`; nothing else looks at environment variables."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from promptyard.domain.errors import PromptyardError


class BadSetting(PromptyardError):
    """A setting that cannot be used. The message says which, and what it may be."""


class Settings(BaseModel):
    """Each field is read from `PROMPTYARD_<NAME>`."""

    model_config = ConfigDict(frozen=True)

    auth: Literal["open", "required"] = "required"
    allow_private_endpoints: Literal["off", "loopback", "private"] = "off"
    """Which addresses, beside public ones, a caller's custom_base_url may have."""
    run_deadline_seconds: float = Field(300, gt=0, le=3600)
    """The longest that one run may take, all attempts together."""
    cors_origins: str = ""
    """Origins that browsers may call from, separated by commas."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises BadSetting."""
        given = {
            name: environment[variable].strip()
            for name in cls.model_fields
            if environment.get(variable := f"PROMPTYARD_{name.upper()}", "").strip()
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise BadSetting(_sentence(error)) from None

    def allowed_origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"PROMPTYARD_{str(first['loc'][0]).upper()}: {first['msg']}"
