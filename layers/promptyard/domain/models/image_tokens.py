"""What a provider counts for an image: by its size where that is known, else the most that the model counts for one.

OpenAI: https://developers.openai.com/api/docs/guides/images-vision; Anthropic:
https://platform.claude.com/docs/en/build-with-claude/vision; Google: https://ai.google.dev/gemini-api/docs/tokens."""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard.domain.models.image_sizes import Size, size_of

if TYPE_CHECKING:
    from promptyard.domain.models.messages import ImageUrl


@dataclass(frozen=True, slots=True)
class _Tiles:
    """OpenAI's older rule: within 2,048 pixels, the shorter side down to 768, then tiles of 512."""

    base: int
    tile: int

    def count(self, size: Size | None, detail: str | None) -> int:
        if detail == "low":
            return self.base
        width, height = _within(size or (2048, 768), 2048)
        scale = min(1, 768 / min(width, height))
        return self.base + self.tile * _grid((width * scale, height * scale), 512)


@dataclass(frozen=True, slots=True)
class _Patches:
    """Patches of some pixels a side, at most so many: a larger image is made smaller until it fits."""

    pixels: int
    budget: int
    longest: int
    tokens: float = 1

    def count(self, size: Size | None, _: str | None) -> int:
        patches = self.budget if size is None else min(self.budget, _grid(_within(size, self.longest), self.pixels))
        return math.ceil(patches * self.tokens)


@dataclass(frozen=True, slots=True)
class _Original:
    """OpenAI's newest models: an image is left as it is but in high detail, and in low detail is 512 pixels long."""

    def count(self, size: Size | None, detail: str | None) -> int:
        longest, budget = {"low": (512, 256), "high": (2048, 2_500)}.get(detail or "auto", (6000, 10_000))
        return _Patches(32, budget, longest).count(size, detail)


@dataclass(frozen=True, slots=True)
class _Crops:
    """Gemini up to 2.5: crops of 256 to 768 pixels at 258 tokens each, and the whole image beside them."""

    def count(self, size: Size | None, _: str | None) -> int:
        if size and max(size) <= 384:
            return 258
        side = min(max(min(size) // 1.5, 256), 768) if size else 0
        return 258 * (1 + (min(16, _grid(size, side)) if size else 16))


@dataclass(frozen=True, slots=True)
class _Flat:
    tokens: int

    def count(self, _: Size | None, __: str | None) -> int:
        return self.tokens


_Rule = _Tiles | _Patches | _Original | _Crops | _Flat

_RULES: list[tuple[str, _Rule]] = [
    (r"gpt-4o-mini", _Tiles(2_833, 5_667)),
    (r"gpt-[\d.]+-nano", _Patches(32, 1_536, 2_048, 2.46)),
    (r"gpt-[\d.]+-mini", _Patches(32, 1_536, 2_048, 1.62)),
    (r"\bo4-mini", _Patches(32, 1_536, 2_048, 1.72)),
    (r"gpt-4", _Tiles(85, 170)),
    (r"gpt-5(\.1)?(?![.\d])", _Tiles(70, 140)),
    (r"gpt-5\.[23]", _Patches(32, 1_536, 2_048)),
    (r"gpt-", _Original()),
    (r"\bo[13]\b", _Tiles(75, 150)),
    (r"computer-use-preview", _Tiles(65, 129)),
    (r"claude-(2|3|(opus-|sonnet-|haiku-)?4(?![.-][7-9]))", _Patches(28, 1_568, 1_568)),
    (r"claude", _Patches(28, 4_784, 2_576)),
    (r"gemini-[12]", _Crops()),
    (r"gemini", _Flat(1_120)),
]

_UNKNOWN = (_Patches(28, 5_000, 8_000), _Patches(32, 1_536, 2_048, 2.46), _Crops())
"""Of other models the dearest rule that is common; none is known to count more than 5,000."""


def image_tokens(image: "ImageUrl", model: str) -> int:
    """At least what the provider of that model counts for the image."""
    size, name = size_of(image.url), model.lower()
    rules = next(((rule,) for pattern, rule in _RULES if re.search(pattern, name)), _UNKNOWN)
    return max(rule.count(size, image.detail) for rule in rules)


def _within(size: Size, longest: int) -> tuple[float, float]:
    scale = min(1, longest / max(size))
    return size[0] * scale, size[1] * scale


def _grid(size: tuple[float, float], side: float) -> int:
    """How many squares cover it."""
    return math.ceil(size[0] / side) * math.ceil(size[1] / side)
