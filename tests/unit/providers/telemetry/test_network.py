"""Where tenants' collectors may be."""

import pytest

from promptyard.domain.errors import EndpointRefused
from promptyard.domain.otlp import Destination
from promptyard.providers.telemetry.network import SpanPoster, plain_endpoint
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.fake_upstream import FakeUpstream


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Cloud.Example.com:443/api/otel/", "https://cloud.example.com/api/otel"),
        ("https://c.example/v1/traces", "https://c.example"),
        ("https://c.example/api/v1/traces/", "https://c.example/api"),
        ("https://192.0.2.7:4318", "https://192.0.2.7:4318"),
    ],
)
def test_in_its_plainest_form(given: str, kept: str) -> None:
    assert plain_endpoint(given, "off") == kept


@pytest.mark.parametrize("url", ["", "c.example", "ftp://c.example", "https://u@c.example", "https://c.example/?a=b"])
def test_what_is_none(url: str) -> None:
    with pytest.raises(EndpointRefused, match=r"^endpoint must"):
        plain_endpoint(url, "private")


@pytest.mark.parametrize("setting", ["off", "loopback", "private"])
def test_http_is_for_deployments_whose_callers_may_go_inside(setting: str) -> None:
    if setting == "off":
        with pytest.raises(EndpointRefused, match="endpoint must be https"):
            plain_endpoint("http://127.0.0.1:4318", setting)
    else:
        assert plain_endpoint("http://127.0.0.1:4318", setting) == "http://127.0.0.1:4318"


async def test_a_tenants_collector_is_dialled_through_the_guard_and_the_deployments_may_be_beside_it() -> None:
    with FakeUpstream() as inside:
        guarded, own = SpanPoster("off"), SpanPoster(None)
        to, run = Destination(inside.url, {"key": "k"}, content=False), settled(new_run())
        with pytest.raises(EndpointRefused):
            await guarded.post(to, run, None, None)
        assert inside.requests == []
        assert await own.post(to, run, None, None) == 404
        for poster in (guarded, own):
            await poster.aclose()
