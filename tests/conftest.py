"""Fixtures for all tests."""

from hypothesis import HealthCheck, settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

pytest_plugins = (
    "tests.support.aws.local_aws",
    "tests.support.servers.dynalite_server",
    "tests.support.servers.server",
    "tests.support.doubles.tenancy",
    "tests.support.aws.gateway_calls",
    "tests.support.servers.packages",
    "tests.support.servers.walk",
    "tests.support.servers.moto_server",
)
