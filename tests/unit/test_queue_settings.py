"""The queue of benchmarks, where a setting that names it is missing: that is said, and no half of it is used."""

import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.settings import BadSetting, Settings
from promptyard_local.aws import LocalAws

NAMES = ("PROMPTYARD_BENCHMARKS_QUEUE", "PROMPTYARD_BENCHMARKS_ASIDE")
MESSAGE = PlanMessage(tenant="acme", benchmark_run_id="01900000-0000-7000-8000-000000000000")


@pytest.mark.parametrize("missing", [*NAMES, None])
async def test_each_of_its_names_is_needed(local_aws: LocalAws, missing: str | None) -> None:
    assert set(NAMES) <= local_aws.names.keys()
    names = {name: value for name, value in local_aws.names.items() if name != missing}
    queue = whole(Settings.from_environment({}), names, local_aws.clients).benchmarks.queue
    if missing is None:
        await queue.send([MESSAGE])
    else:
        with pytest.raises(BadSetting, match="is not set"):
            await queue.send([MESSAGE])
