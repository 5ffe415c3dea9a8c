"""The data file is what the script makes of the pinned prices and the overlay."""

import importlib.util
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("make_catalogue", ROOT / "scripts" / "make_catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()

Change = Callable[[str], str]


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Changes the overlay's text for one test."""

    def change(with_text: Change) -> None:
        text = script.OVERLAY.read_text(encoding="utf-8")
        changed = with_text(text)
        assert changed != text
        path = tmp_path / "overlay.toml"
        path.write_text(changed, encoding="utf-8")
        monkeypatch.setattr(script, "OVERLAY", path)

    return change


def test_the_data_file_is_what_the_script_makes() -> None:
    assert script.DATA.read_text(encoding="utf-8") == script.build(), "run make prices"


def test_one_model_a_line() -> None:
    lines = script.DATA.read_text(encoding="utf-8").splitlines()
    models = [json.loads(line.strip().rstrip(",")) for line in lines if line.startswith("  {")]
    assert models == json.loads(script.DATA.read_text(encoding="utf-8"))["models"]


def test_the_installed_prices_are_those_that_the_lock_and_the_overlay_name() -> None:
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    named = tomllib.loads(script.OVERLAY.read_text(encoding="utf-8"))["genai_prices"]
    assert f"genai-prices=={named}" in pins


def test_other_prices_than_the_overlay_names_are_refused(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace('genai_prices = "', 'genai_prices = "9.'))
    with pytest.raises(ValueError, match="another genai-prices"):
        script.build()


def test_a_rule_that_matches_nothing_is_refused(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace('match = "^o3-mini"', 'match = "^o3-tiny"'))
    with pytest.raises(ValueError, match="matches no model"):
        script.build()


def test_a_field_that_there_is_not_is_refused(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace("responses_only = true", "responses_always = true"))
    with pytest.raises(ValueError, match="responses_always"):
        script.build()


def test_a_name_that_no_price_is_known_for_is_refused(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace('["codex-mini-latest"]', '["codex-tiny-latest"]'))
    with pytest.raises(ValueError, match="codex-tiny-latest"):
        script.build()


def test_the_shutdown_of_a_model_that_is_not_there_is_refused(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace('2025-07-28 = ["o1-preview"]', '2025-07-28 = ["o1-review"]'))
    with pytest.raises(ValueError, match="openai/o1-review"):
        script.build()


def test_prices_that_ended_are_left_out_and_announced_ones_kept(overlay: Callable[[Change], None]) -> None:
    overlay(lambda text: text.replace("price_date = 2026-11-10", "price_date = 2027-01-01"))
    models = {(each["provider"], each["model"]): each for each in json.loads(script.build())["models"]}
    now = {(each["provider"], each["model"]): each for each in json.loads(script.DATA.read_text())["models"]}
    flash = ("google", "gemini-3.8-flash")
    assert now[flash]["price_changes"] == [{"from_date": "2027-01-01", "prices": models[flash]["prices"]}]
    assert "price_changes" not in models[flash]
    # Prices by the hour have no end.
    pro = ("deepseek", "deepseek-v4-pro")
    assert models[pro]["price_changes"] == now[pro]["price_changes"]
    assert [each["from_time"] for each in now[pro]["price_changes"]] == ["01:00:00", "06:00:00"]
