"""Two tenants do things at random, among them every attempt to reach what is the other's: nothing ever crosses.

What they can do are the tables of `tests.support.samples.tenant_routes`.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from functions.local import create_local_app
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Role
from promptyard.domain.account.tenants import Tenant
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.doubles.tenancy import OPERATOR
from tests.support.samples.routes import group_routes, methods_of
from tests.support.samples.tenant_routes import (
    FILTERS,
    LISTS,
    MAKERS,
    NONE_AT_FIRST,
    OWN,
    PLAYGROUND,
    REACHES,
    REFERENCES,
    SHARED_LISTS,
    WORD_PATHS,
    Body,
    Maker,
    Side,
)
from tests.support.servers.declared_answers import Watch, held_to_document

WORDS = ("a", "b", "c")
SIDES = st.sampled_from((0, 1))


class Api:
    """The app in this process, on one event loop, with as many tenants as are asked for."""

    def __init__(self, aws: LocalAws, watch: Watch) -> None:
        self._runner = asyncio.Runner()
        self._services = whole(Settings(auth="required"), aws.names, aws.clients)
        app = create_local_app(lambda: self._services)
        transport = httpx.ASGITransport(watch.around(app))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://promptyard.test")
        self._numbers = count()
        self.steps = 0

    def two_sides(self) -> tuple[Side, Side]:
        number = next(self._numbers)
        return self._side(f"acme-{number}"), self._side(f"other-{number}")

    def _side(self, tenant: str) -> Side:
        return self._runner.run(self._make_side(tenant))

    async def _make_side(self, tenant: str) -> Side:
        record = Tenant.model_validate({"id": tenant, "name": tenant, "created_at": "2026-11-21T10:30:00Z"})
        await self._services.callers.tenant_store.add(record)
        made = await self._services.account.api_keys.make(OPERATOR, name="admin", role=Role.ADMIN, tenant=tenant)
        return Side(tenant, made.secret.get_secret_value())

    def request(self, key: str, method: str, path: str, body: Body | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"}
        response = self._runner.run(self._client.request(method, path, headers=headers, json=body))
        note(f"{method} {path} {json.dumps(body)} -> {response.status_code}")
        assert response.status_code < 500, response.text
        return response

    def close(self) -> None:
        self._runner.run(self._services.close())
        self._runner.run(self._client.aclose())
        self._runner.close()


class TwoTenants(RuleBasedStateMachine):
    api: Api

    def __init__(self) -> None:
        super().__init__()
        self.sides = self.api.two_sides()

    def ask(self, side: Side, method: str, path: str, body: Body | None = None) -> httpx.Response:
        """A request whose answer must hold nothing that is the other's."""
        response = self.api.request(side.admin_key, method, path, body)
        self.api.steps += 1
        other = self.sides[0] if side is self.sides[1] else self.sides[1]
        asked_for = path + json.dumps(body)
        assert other.marker not in response.text
        assert other.tenant not in response.text
        for _, thing in other.things:
            assert thing in asked_for or thing not in response.text
        return response

    @rule(number=SIDES, maker=st.sampled_from(MAKERS), word=st.sampled_from(WORDS))
    def make(self, number: int, maker: Maker, word: str) -> None:
        side = self.sides[number]
        if maker.needs is not None and maker.needs not in {kind for kind, _ in side.things}:
            return
        path = maker.path.format(id="" if maker.needs is None else side.newest(maker.needs))
        response = self.ask(side, maker.method, path, maker.body(side, word))
        assert response.status_code in {200, 201, 202, 409}, response.text
        made = {} if response.status_code == 409 else maker.made(response.json())
        side.things += [thing for thing in made.items() if thing not in side.things]
        if "key" in made:
            side.spare_keys[made["key"]] = response.json()["key"]

    @precondition(lambda self: any(side.things for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999), which=st.integers(0, 99))
    def reach_over(self, number: int, choice: int, which: int) -> None:
        side, other = self.sides[number], self.sides[1 - number]
        if other.things:
            kind, thing = other.things[choice % len(other.things)]
            method, path, body = REACHES[kind][which % len(REACHES[kind])]
            dataset = next((id_ for kind, id_ in reversed(side.things) if kind == "dataset"), thing)
            response = self.ask(side, method, path.format(id=thing, dataset=dataset), body)
            assert response.status_code == 404, response.text

    @precondition(lambda self: any(side.things for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999), which=st.integers(0, 99))
    def refer_to(self, number: int, choice: int, which: int) -> None:
        side, other = self.sides[number], self.sides[1 - number]
        usable = [(kind, thing) for kind, thing in other.things if kind in REFERENCES]
        if usable:
            kind, thing = usable[choice % len(usable)]
            path, body = REFERENCES[kind][which % len(REFERENCES[kind])]
            response = self.ask(side, "POST", path, body(thing))
            assert response.status_code in {404, 400 if path.startswith("/v1/") else 422}, response.text

    @rule(number=SIDES, path=st.sampled_from(LISTS))
    def list_things(self, number: int, path: str) -> None:
        status = self.ask(self.sides[number], "GET", path).status_code
        assert status == 200 or (status == 404 and path in NONE_AT_FIRST)

    @precondition(lambda self: any(side.things for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999))
    def filter_by(self, number: int, choice: int) -> None:
        side, other = self.sides[number], self.sides[1 - number]
        usable = [(FILTERS[kind], thing) for kind, thing in other.things if kind in FILTERS]
        if usable:
            name, thing = usable[choice % len(usable)]
            assert self.ask(side, "GET", f"{PLAYGROUND}/history?{name}={thing}").json()["items"] == []

    @rule(number=SIDES, path=st.sampled_from([path for path in LISTS if "limit=100" in path]))
    def go_on_with_the_others_cursor(self, number: int, path: str) -> None:
        side, other = self.sides[number], self.sides[1 - number]
        short = path.replace("limit=100", "limit=1")
        cursor = self.ask(other, "GET", short).json()["next_cursor"]
        if cursor:
            assert self.ask(side, "GET", f"{short}&cursor={cursor}").status_code == 400

    @precondition(lambda self: any(side.things for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999))
    def look_at_own(self, number: int, choice: int) -> None:
        side = self.sides[number]
        visible = [(kind, thing) for kind, thing in side.things if kind in OWN]
        if visible:
            kind, thing = visible[choice % len(visible)]
            response = self.ask(side, "GET", OWN[kind].format(id=thing))
            assert response.status_code == 200, response.text
            assert thing in response.text

    @precondition(lambda self: any(side.things for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999))
    def delete_own_run(self, number: int, choice: int) -> None:
        side = self.sides[number]
        runs = [thing for thing in side.things if thing[0] == "run"]
        if runs:
            thing = runs[choice % len(runs)]
            assert self.ask(side, "DELETE", f"{PLAYGROUND}/runs/{thing[1]}").status_code == 204
            side.things.remove(thing)

    @precondition(lambda self: any(side.spare_keys for side in self.sides))
    @rule(number=SIDES, choice=st.integers(0, 999))
    def revoke_own_key(self, number: int, choice: int) -> None:
        side = self.sides[number]
        if side.spare_keys:
            key_id = list(side.spare_keys)[choice % len(side.spare_keys)]
            assert self.ask(side, "DELETE", f"/api/v1/keys/{key_id}").status_code == 204
            key = side.spare_keys.pop(key_id)
            side.things.remove(("key", key_id))
            assert self.api.request(key, "GET", LISTS[0]).status_code == 401

    def teardown(self) -> None:
        """Each still has all that is its own."""
        for side in self.sides:
            listed = {item["id"] for item in self._all(side, f"{PLAYGROUND}/history")}
            assert {thing for kind, thing in side.things if kind == "run"} <= listed
            keys = {item["id"] for item in self._all(side, "/api/v1/keys")}
            assert set(side.spare_keys) <= keys

    def _all(self, side: Side, path: str) -> Iterator[Any]:
        offset = 0
        while items := self.ask(side, "GET", f"{path}?limit=100&offset={offset}").json()["items"]:
            yield from items
            offset += 100


@pytest.fixture
def api(local_aws: LocalAws) -> Iterator[Api]:
    with held_to_document() as watch:
        api = Api(local_aws, watch)
        yield api
        api.close()


def take_steps(api: Api, examples: int) -> int:
    """Run the machine; returns how many requests were made."""
    machine = type("Machine", (TwoTenants,), {"api": api})
    options = settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # what fails is shown as it was: making it smaller takes minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=options)
    return api.steps


def test_every_route_is_in_the_tables() -> None:
    """Or nobody would try it."""
    reached = {(method, _shape(path)) for reaches in REACHES.values() for method, path, _ in reaches}
    by_id = {
        (method, _shape(route.path_format))
        for route in group_routes()
        for method in methods_of(route)
        if route.param_convertors and route.path_format not in WORD_PATHS
    }
    assert by_id == reached
    listed = {path.partition("?")[0] for path in LISTS}
    lists = {route.path_format for route in group_routes() if "GET" in methods_of(route) and not route.param_convertors}
    assert lists - SHARED_LISTS == listed


def _shape(path: str) -> str:
    named = re.sub(r"/(labels|aliases)/production", r"/\1/{name}", path.partition("?")[0])
    return re.sub(r"\{\w+\}", "{}", named)


def test_nothing_crosses(api: Api) -> None:
    assert take_steps(api, 8) > 100


@pytest.mark.hard
def test_nothing_crosses_in_5000_steps(api: Api) -> None:
    assert take_steps(api, 150) >= 5_000
