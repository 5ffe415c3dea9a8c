"""The code whose mistakes cost the most, and the tests that are to notice them."""

PACKAGE = "layers/promptyard"
AREAS: dict[str, tuple[tuple[str, ...], ...]] = {
    "money": (
        (
            f"{PACKAGE}/domain/metering/*.py",
            f"{PACKAGE}/domain/models/pricing.py",
            f"{PACKAGE}/domain/models/estimates.py",
            f"{PACKAGE}/storage/metering/months.py",
            f"{PACKAGE}/services/runs/idempotency.py",
        ),
        (
            "tests/unit/domain/metering",
            "tests/unit/domain/models",
            "tests/unit/storage/metering",
            "tests/unit/storage/runs/test_idempotency.py",
            "tests/unit/services/metering",
            "tests/unit/services/runs/test_run_costs.py",
            "tests/unit/test_promised_times.py",
            "tests/unit/scripts/test_make_openapi.py",
        ),
        ("tests/contract/metering", "tests/contract/runs/test_idempotency.py"),
    ),
    "access": (
        (
            f"{PACKAGE}/domain/account/*.py",
            f"{PACKAGE}/api/auth/*.py",
            f"{PACKAGE}/services/account/key_directory.py",
            f"{PACKAGE}/services/account/provider_keys.py",
        ),
        ("tests/unit/domain/account", "tests/unit/api/auth", "tests/unit/services/account",
         "tests/unit/test_promised_times.py", "tests/unit/test_access_settings.py",
         "tests/unit/scripts/test_make_openapi.py"),
        ("tests/contract/account", "tests/contract/test_every_post.py"),
    ),
    "guards": (
        (
            f"{PACKAGE}/domain/runs/moderation.py",
            f"{PACKAGE}/domain/runs/metrics/pii/*.py",
            f"{PACKAGE}/services/playgrounds/stream_hold.py",
            f"{PACKAGE}/services/playgrounds/playground_guard.py",
        ),
        ("tests/unit/domain/runs/test_moderation.py", "tests/unit/domain/runs/metrics/pii",
         "tests/unit/services/playgrounds"),
        ("tests/contract/playgrounds",),
    ),
    "wires": (
        (f"{PACKAGE}/providers/wires/*.py", f"{PACKAGE}/providers/reading/*.py"),
        ("tests/unit/providers", "tests/unit/protocols", "tests/unit/test_promised_times.py"),
        ("tests/contract/providers",),
    ),
}  # fmt: skip
"""By area: its modules, the tests that are to notice, and those over HTTP that are asked where these did not."""
