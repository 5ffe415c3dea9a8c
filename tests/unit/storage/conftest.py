"""What the repositories ask of the embedded DynamoDB is asked of moto, too: every test here referees it. Each kind of
request is then made again while random items are there."""

from collections.abc import Iterator
from typing import Any

import pytest

from promptyard.aws.resources import create_tables
from promptyard_local.aws import LocalAws, open_aws
from tests.support.aws.moto_dynamodb import emptied_moto
from tests.support.aws.observed_client import observed
from tests.support.aws.referee import Referee
from tests.support.aws.replays import replay


@pytest.fixture
def local_aws() -> Iterator[LocalAws]:
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    referee = Referee(emptied_moto())
    create_tables(referee.moto, aws.names)
    watched = observed(aws, referee.around)
    yield watched
    watched.clients.close()
    client: Any = aws.clients.dynamodb()
    differences = list(replay(client, referee))
    aws.close()
    if found := [*referee.differences, *differences]:
        pytest.fail("\n".join(found), pytrace=False)
