"""Makes the catalogue's data file of models and prices from genai-prices and `catalogue_overlay.toml`.

    python scripts/make_catalogue.py

Prices, tiers and context windows come from the installed genai-prices, which needs no network; names, capabilities
and shutdown dates from the overlay. The file has one model a line, so that a refresh reads as a diff of models.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.data import providers as sources
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

OVERLAY = Path(__file__).with_name("catalogue_overlay.toml")
DATA = Path(__file__).parents[1] / "layers/promptyard/domain/models/data/models.json"

Row = dict[str, Any]

TOKEN_PRICES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
}
REQUEST_PRICE = "requests_kcount"
NOT_USED = {
    # What is billed only for what Promptyard does not send: hosted tools, hour-long caches, sound.
    "web_searches_kcount",
    "storage_searches_kcount",
    "cache_write_1h_mtok",
    "input_audio_mtok",
    "cache_audio_read_mtok",
    "audio_hours",
    "input_audio_hours",
}
CAPABILITIES = {
    "sampling",
    "reasoning",
    "images",
    "tools",
    "json_schema",
    "responses_only",
    "tools_need_responses",
    "streaming",
}
OTHER_FIELDS = {"name", "context_window", "max_output_tokens"}
SNAPSHOT = re.compile(r"-(\d{4}(-\d{2}-\d{2})?|latest)$")


def main() -> None:
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(build(), encoding="utf-8")


def build() -> str:
    """The data file's text. Raises ValueError where the overlay names what is not there."""
    overlay = tomllib.loads(OVERLAY.read_text(encoding="utf-8"))
    if version("genai-prices") != overlay["genai_prices"]:
        raise ValueError("another genai-prices is installed: set genai_prices and price_date in the overlay")
    by_id = {source.id: source for source in sources}
    rows: list[Row] = list(overlay["model"])
    pages = {}
    for settings in overlay["provider"]:
        source = by_id[settings["source"]]
        pages[settings["id"]] = source.pricing_urls
        rows += _provider_rows(source, settings, overlay)
    _check_names(rows, overlay)
    _apply_rules(rows, overlay["rule"])
    _apply_shutdowns(rows, overlay["shutdowns"])
    head = {
        "source": f"genai-prices {overlay['genai_prices']}",
        "price_date": overlay["price_date"].isoformat(),
        "price_pages": pages,
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    models = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    return "{\n" + "\n".join(lines) + '\n "models": [\n' + models + "\n ]\n}\n"


def _provider_rows(source: Provider, settings: dict[str, Any], overlay: dict[str, Any]) -> Iterator[Row]:
    included = re.compile(settings.get("include", "."))
    excluded = re.compile(settings.get("exclude", "(?!)"))
    for model in source.models:
        if not included.search(model.id) or excluded.search(model.id):
            continue
        if settings.get("context_window_known") and model.context_window is None:
            continue
        if _makes_no_text(model) or (model.deprecated and not settings.get("deprecated_too", True)):
            continue
        # genai-prices' name is that of the first row; in lower case it is no better than the id.
        title = model.name if model.name and not model.name.islower() else None
        for names in _rows_of_names(source, model, settings, overlay):
            yield _row(model, names, title or names[0], settings["id"], overlay["price_date"])
            title = None


def _makes_no_text(model: ModelInfo) -> bool:
    prices = [model.prices] if isinstance(model.prices, ModelPrice) else [each.prices for each in model.prices]
    return any(vars(each) and each.output_mtok is None for each in prices)


# --- Names -----------------------------------------------------------------------------------------------------------


def _rows_of_names(
    source: Provider, model: ModelInfo, settings: dict[str, Any], overlay: dict[str, Any]
) -> list[list[str]]:
    """The names of each of the rows that this model makes; the first is the row's own."""
    given = overlay["names"].get(settings["id"], {}).get(model.id)
    profiles = overlay["inference_profiles"]
    if settings["id"] == profiles["provider"]:
        names = [profile for name in given or [model.id] for profile in _profile_names(name, profiles)]
    elif given:
        names = given
    else:
        not_a_name = re.compile(settings.get("not_names", "(?!)"))
        names = [name for name in dict.fromkeys([model.id, *_exact_names(model.match)]) if not not_a_name.search(name)]
    # genai-prices takes a provider's first model that matches: a name has to find this one there too.
    names = [name for name in names if source.find_model(name.lower()) is model]
    if given or not settings.get("own_rows"):
        return [names] if names else []
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(SNAPSHOT.sub("", name), []).append(name)
    return list(families.values())


def _exact_names(clause: MatchLogic) -> list[str]:
    """The whole names in a clause. Prefixes and patterns say what a price holds for, not what there is."""
    if isinstance(clause, ClauseEquals):
        return [clause.equals]
    if isinstance(clause, ClauseOr):
        return [name for each in clause.or_ for name in _exact_names(each)]
    return []


def _profile_names(name: str, profiles: dict[str, Any]) -> list[str]:
    """The names under which a model can be called, from genai-prices' one name."""
    prefix, _, rest = name.partition(".")
    if prefix == "regional":
        return [*(f"{group}.{rest}" for group in profiles["groups"]), rest]
    if re.search(profiles["others"], name):
        return [name, *(f"{group}.{name}" for group in profiles["others_groups"])]
    return [name]


# --- Rows ------------------------------------------------------------------------------------------------------------


def _row(model: ModelInfo, names: list[str], title: str, provider: str, price_date: date) -> Row:
    own, *aliases = names
    row: Row = {"provider": provider, "model": own}
    if aliases:
        row["aliases"] = aliases
    row["name"] = title
    if model.context_window:
        row["context_window"] = model.context_window
    prices, changes = _prices(model, price_date)
    if prices:
        row["prices"] = prices
    if changes:
        row["price_changes"] = changes
    return row


def _prices(model: ModelInfo, price_date: date) -> tuple[list[Row], list[Row]]:
    """The tiers that hold on `price_date`, and the changes after it: later days, and hours of the day.

    genai-prices lets the last condition that holds win, so what stands before one that holds from now on is history.
    """
    if isinstance(model.prices, ModelPrice):
        return _tiers(model.prices), []
    held = max(i for i, each in enumerate(model.prices) if _holds_from_now_on(each, price_date))
    changes = [_condition(each) | {"prices": _tiers(each.prices)} for each in model.prices[held + 1 :]]
    return _tiers(model.prices[held].prices), changes


def _holds_from_now_on(price: ConditionalPrice, price_date: date) -> bool:
    constraint = price.constraint
    return constraint is None or (isinstance(constraint, StartDateConstraint) and constraint.start_date <= price_date)


def _condition(price: ConditionalPrice) -> Row:
    match price.constraint:
        case StartDateConstraint(start_date):
            return {"from_date": start_date.isoformat()}
        case TimeOfDateConstraint(start, end):
            return {"from_time": _utc(start), "until_time": _utc(end)}
    raise ValueError(f"a condition of a kind that is not known: {price.constraint}")


def _utc(time: Any) -> str:
    if time.utcoffset():
        raise ValueError(f"a time of day that is not UTC: {time}")
    return str(time.replace(tzinfo=None).isoformat())


def _tiers(price: ModelPrice) -> list[Row]:
    """The price list as tiers of the whole request; none where it counts what `Usage` does not."""
    by_key = {key: value for key, value in vars(price).items() if value is not None and key not in NOT_USED}
    if not by_key or by_key.keys() - TOKEN_PRICES.keys() - {REQUEST_PRICE}:
        return []
    starts = {tier.start for value in by_key.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    tiers = []
    for start in (None, *sorted(starts)):
        tier: Row = {} if start is None else {"above_input_tokens": start}
        for key, field in TOKEN_PRICES.items():
            if key in by_key:
                tier[field] = str(_price_above(by_key[key], start))
        if REQUEST_PRICE in by_key:
            tier["request"] = str(_price_above(by_key[REQUEST_PRICE], start) / 1000)
        tiers.append(tier)
    return tiers


def _price_above(price: Decimal | TieredPrices, start: int | None) -> Decimal:
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if start is not None and tier.start <= start]
    return reached[-1] if reached else price.base


# --- What the overlay knows ------------------------------------------------------------------------------------------


def _check_names(rows: list[Row], overlay: dict[str, Any]) -> None:
    """Raises ValueError for a name in the overlay that genai-prices does not match."""
    found = {(row["provider"], name) for row in rows for name in (row["model"], *row.get("aliases", ()))}
    profiles = overlay["inference_profiles"]
    for provider, models in overlay["names"].items():
        for name in (each for names in models.values() for each in names):
            forms = _profile_names(name, profiles) if provider == profiles["provider"] else [name]
            if not any((provider, form) in found for form in forms):
                raise ValueError(f"a name that matches no model: {provider}/{name}")


def _apply_rules(rows: list[Row], rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        fields = {key: value for key, value in rule.items() if key not in {"providers", "match"}}
        if unknown := fields.keys() - CAPABILITIES - OTHER_FIELDS:
            raise ValueError(f"a rule sets {unknown}")
        matched = [
            row for row in rows if row["provider"] in rule["providers"] and re.search(rule["match"], row["model"])
        ]
        if not matched:
            raise ValueError(f"a rule matches no model: {rule}")
        for row in matched:
            _set(row, fields)


def _set(row: Row, fields: dict[str, Any]) -> None:
    for field, value in fields.items():
        into = row.setdefault("capabilities", {}) if field in CAPABILITIES else row
        if value == "unknown":
            del into[field]
        else:
            into[field] = value


def _apply_shutdowns(rows: list[Row], shutdowns: dict[str, dict[str, list[str]]]) -> None:
    by_id = {(row["provider"], row["model"]): row for row in rows}
    for provider, by_day in shutdowns.items():
        for day, models in by_day.items():
            for model in models:
                if (provider, model) not in by_id:
                    raise ValueError(f"shutdowns names a model that is not there: {provider}/{model}")
                by_id[provider, model]["deprecation_date"] = date.fromisoformat(day).isoformat()


if __name__ == "__main__":
    main()
