"""What groups and tenants may take of what the account does at once."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from templates import Template

import app
from promptyard_cdk import InvalidProps, PromptyardApiProps, Throttle
from promptyard_cdk.groups import Group, load_groups
from promptyard_cdk.limits.concurrency import LEFT_TO_ALL, USUAL_ACCOUNT, Concurrency

GROUPS = load_groups()


def concurrency(groups: Mapping[str, Group] = GROUPS, **props: Any) -> Concurrency:
    return Concurrency(PromptyardApiProps(**props), groups)


def test_where_nothing_is_said_nothing_is_reserved_and_a_tenant_has_a_fifth() -> None:
    """An account may begin with so little that nothing can be reserved: the deployment would fail."""
    usual = concurrency()
    assert usual.reserved == {}
    assert (usual.of(GROUPS["run"]), usual.runs_at_once) == (1_000, 200)
    assert (usual.throttle(GROUPS["run"]), usual.throttle(GROUPS["web"])) == (Throttle(50, 100), Throttle(200, 400))
    assert usual.fitted(GROUPS["benchmark_worker"]) == GROUPS["benchmark_worker"]


def test_the_sweeper_has_its_own_where_the_account_is_known_to_have_room() -> None:
    assert concurrency(account_concurrency=1_000).reserved == {"sweeper": 2}
    assert concurrency(account_concurrency=101).reserved == {}
    assert concurrency(account_concurrency=1_000, reserved_concurrency={"sweeper": 5}).reserved == {"sweeper": 5}
    assert concurrency({"run": GROUPS["run"]}, account_concurrency=1_000).reserved == {}


def test_a_small_account_has_small_throttles() -> None:
    small = concurrency(account_concurrency=10)
    assert (small.runs_at_once, small.throttle(GROUPS["run"])) == (2, Throttle(10, 10))
    assert small.fitted(GROUPS["benchmark_worker"]).at_once == 5


def test_who_has_calls_reserved_has_those_and_the_others_the_rest() -> None:
    apart = concurrency(
        account_concurrency=2_000, reserved_concurrency={"run": 300, "benchmark_worker": 20}, runs_at_once=250
    )
    assert apart.of(GROUPS["run"]) == 300
    assert apart.of(GROUPS["history"]) == 2_000 - 300 - 20 - 2
    assert apart.fitted(GROUPS["benchmark_worker"]).at_once == 20
    assert apart.runs_at_once == 250
    assert concurrency(reserved_concurrency={"run": 300}).runs_at_once == 60


@pytest.mark.parametrize(
    ("props", "sentence"),
    [
        ({"reserved_concurrency": {"run": 901}}, "reserved_concurrency: takes 901 of the 1,000 calls at once"),
        (
            {"account_concurrency": 500, "reserved_concurrency": {"run": 300, "openai": 101}},
            "reserved_concurrency: takes 401 of the 500 .*, and Lambda keeps 100 .* say so in account_concurrency",
        ),
        ({"reserved_concurrency": {"sweeper": 0}}, "reserved_concurrency: sweeper is given 0; it needs 1 or more"),
        ({"reserved_concurrency": {"benchmark_worker": 1}}, "benchmark_worker is given 1; it needs 2 or more"),
        ({"runs_at_once": 301, "reserved_concurrency": {"run": 300}}, "runs_at_once: is 301; .* than the 300 calls"),
        ({"runs_at_once": 1_001, "account_concurrency": 5_000}, "runs_at_once: is 1,001; it takes 1 to 1,000"),
        (
            {"throttle": {"run": Throttle(50, 100)}, "reserved_concurrency": {"run": 99}},
            "throttle: burst of run is 100, and Lambda carries out 99 of its calls at once",
        ),
        ({"throttle": {"web": Throttle(1, 11)}, "account_concurrency": 10}, "throttle: burst of web is 11"),
    ],
)
def test_what_does_not_fit_is_refused(props: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProps, match=sentence):
        concurrency(**props)


def test_whatever_is_accepted_fits_into_the_account() -> None:
    chance = random.Random(5)
    accepted = 0
    for _ in range(2_000):
        account = chance.choice([None, chance.randint(1, 300), chance.randint(300, 3_000)])
        asked = {name: chance.randint(1, 400) for name in chance.sample(sorted(GROUPS), chance.randint(0, 3))}
        at_once = chance.choice([None, chance.randint(1, 1_000)])
        try:
            made = concurrency(account_concurrency=account, reserved_concurrency=asked, runs_at_once=at_once)
        except InvalidProps:
            continue
        accepted += 1
        total = sum(made.reserved.values())
        assert made.reserved.items() >= asked.items()
        assert not total or total + LEFT_TO_ALL <= (account or USUAL_ACCOUNT)
        for group in GROUPS.values():
            most = made.of(group)
            if group.has_routes:
                throttle = made.throttle(group)
                assert 0 < throttle.burst <= most
                assert throttle.rate > 0
                if group.models:
                    assert 1 <= made.runs_at_once <= most
            if group.at_once is not None:
                assert 2 <= (made.fitted(group).at_once or 0) <= max(2, most)
    assert accepted > 500


def test_the_template_has_all_of_it(tmp_path: Path) -> None:
    settings = {"account_concurrency": 500, "reserved_concurrency": {"run": 60, "benchmark_worker": 10}}
    app.make_app(settings, tmp_path).synth()
    template = Template.read(tmp_path, "Promptyard")
    reserved = {name: f.get("ReservedConcurrentExecutions") for name, f in template.functions().items()}
    given = {name: number for name, number in reserved.items() if number is not None}
    assert given == {"run": 60, "benchmark_worker": 10, "sweeper": 2}
    variables = {name: f["Environment"]["Variables"] for name, f in template.functions().items()}
    known = {variables[name].get("PROMPTYARD_RUNS_AT_ONCE") for name, group in GROUPS.items() if group.models}
    assert known == {"12"}
    limits = template.one("AWS::ApiGateway::Stage")["Properties"]["MethodSettings"]
    [run] = [limit for limit in limits if limit["ResourcePath"].endswith("playground~1run")]
    assert (run["ThrottlingRateLimit"], run["ThrottlingBurstLimit"]) == (50, 60)
    source = template.one("AWS::Lambda::EventSourceMapping")["Properties"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": 10}
