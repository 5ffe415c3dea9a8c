"""Fixtures for all tests."""

pytest_plugins = (
    "tests.support.local_aws",
    "tests.support.dynalite_server",
    "tests.support.server",
    "tests.support.tenancy",
    "tests.support.gateway_calls",
    "tests.support.packages",
)
