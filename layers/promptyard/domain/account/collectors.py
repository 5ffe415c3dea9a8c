"""A tenant's own collector of traces."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import ConfigDict, SecretStr

from promptyard.domain.account.provider_keys import ProviderKey, origin_of
from promptyard.domain.deferred import FrozenModel
from promptyard.domain.otlp import Destination, traces_url


class Collector(FrozenModel):
    """All of it is in one secret, so that headers go to no address but the one that they were set with."""

    model_config = ConfigDict(hide_input_in_errors=True)

    endpoint: str
    """That of all signals."""
    headers: Mapping[str, SecretStr]
    """By lower-case names; keys among them."""
    content: bool
    """Whether its spans have what was said and answered."""
    updated_at: datetime

    def destination(self) -> Destination:
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        return Destination(traces_url(self.endpoint), headers, self.content)

    def kept(self) -> ProviderKey:
        """As secrets of tenants are kept: what is secret as one text."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        text = json.dumps({"endpoint": self.endpoint, "headers": headers, "content": self.content})
        return ProviderKey(key=SecretStr(text), origin=origin_of(self.endpoint) or "", updated_at=self.updated_at)

    @classmethod
    def of_kept(cls, kept: ProviderKey) -> Self:
        return cls(**json.loads(kept.key.get_secret_value()), updated_at=kept.updated_at)
