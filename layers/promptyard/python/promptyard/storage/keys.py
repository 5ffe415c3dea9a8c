"""Every table, key and index of the store, and what is read through them.

One table per aggregate family, so that each function is granted its own and nothing else. Every table has the string
keys `pk` and `sk`; every item carries `v`, the version of its schema. A partition key begins with the tenant, which
holds no `#`, so that no id can reach into another tenant; exceptions are marked with a dagger (†) and say why. Ids are
UUIDv7 (they sort by time): the newest come first by reading backwards, and a range of time is a range of ids. Nothing
is ever found by a Scan. DynamoDB's TTL removes items with `expires_at` (Unix seconds) some time after that moment;
readers leave them out from that moment on.

Requests are those that one page, or one record, costs, whatever the number of items. `GSI` indexes are sparse (only
items that carry the index's key are in them), hold keys only, and are followed by a BatchGetItem of the page's items.

`runs`
======
    pattern                        where             key                                              requests
    one run                        table             {tenant}#run | run id                            1
    history, a range of time,      table             {tenant}#run | between two ids, backwards,       1 + 1 (total)
      after a cursor                                 consistent
    … with an offset (at most      table             the keys before it are read first                + 1 a MB skipped
      1,000)
    … by provider, model, status   table             the same, filtered while reading:                1 to 5, at most
                                                     at most 5 × 200 items, then the cursor            1,000 items
    runs of a prompt               GSI by_prompt     {tenant}#prompt#{prompt id} | run id             2 (with total)
    runs of a prompt version       GSI by_version    {tenant}#version#{version id} | run id           2 (with total)
    runs of a playground           GSI by_playground {tenant}#playground#{playground id} | run id     2 (with total)
    runs of a comparison           GSI by_comparison {tenant}#comparison#{comparison id} | run id     2 (with total)
    … by one of these and any      the GSI           the same, filtered while reading:                2 to 10, at most
      other filter                                   at most 5 × 99 items, then the cursor             495 items
    runs still open past their     GSI open          open#{shard} | deadline †                        1 a shard + 1
      deadline
    how many runs there are        table             {tenant}#count | all, prompt#{id},               1, or in a page's
                                                     version#{id}, playground#{id}                     BatchGetItem
    one saved run                  table             {tenant}#saved-run | saved run id                1
    saved runs of a version        GSI by_version    {tenant}#saved-version#{version id} | id         2
    a comparison's own record      table             {tenant}#comparison | comparison id              1

† `open`: the sweeper settles what died in any tenant, so the shard comes first and the tenant is in the table's key.
The shards spread its writes; a run is in the index only until it is settled.

`prompts`
=========
    one prompt                     table             {tenant}#prompt | prompt id                      1
    a prompt by namespace/slug     table             {tenant}#slug | {namespace}/{slug}               1, then the prompt
    prompts, by namespace          table             {tenant}#slug | begins with {namespace}/         1 + 1
    a version by number, newest    table             {tenant}#prompt#{prompt id} | version#{number:010}  1
    a version by its id            table             {tenant}#version | version id                    1
    a prompt's labels              table             {tenant}#prompt#{prompt id} | label#{name}       1

`playgrounds`
=============
    one playground, all of them    table             {tenant}#playground | playground id              1
    one LLM blueprint              table             {tenant}#blueprint | blueprint id                1
    a playground's blueprints      GSI by_playground {tenant}#blueprint#{playground id} | id          2
    its metric configurations      table             {tenant}#playground#{playground id} | metric#{id}      1
    its moderation reports         table             {tenant}#playground#{playground id} | report#{run id}  1

`account`
=========
    a tenant                       table             {tenant}#tenant | tenant                         1
    all tenants (operators)        table             operator#tenants | {tenant} †                    1
    an API key, when it is shown   table             apikey#{hash} | key †                            1
    a tenant's API keys            table             {tenant}#key | key id                            1
    audit, newest first            table             {tenant}#audit | entry id                        1

† Operators stand outside the tenants, and who shows a key is not known before the key is found.

`usage`
=======
    a month, what is reserved      table             {tenant}#month | {YYYY-MM}                       1
    ledger, newest first           table             {tenant}#ledger | run id                         1
    an idempotency key             table             {tenant}#idempotency | {route}#{hash}            1

`benchmarks`
============
    datasets, one dataset          table             {tenant}#dataset | dataset id                    1
    a dataset's versions           table             {tenant}#dataset#{dataset id} | version#{number:010}  1
    benchmarks, one benchmark      table             {tenant}#benchmark | benchmark id                1
    benchmarks that watch a label  GSI by_watch      {tenant}#watch#{prompt id}#{label} | id          2
    one benchmark run              table             {tenant}#benchmark-run | run id                  1
    a benchmark's runs             GSI by_benchmark  {tenant}#benchmark#{benchmark id} | run id       2
    a run's cells                  table             {tenant}#benchmark-run#{run id} | cell#{number:010}    1

Objects (S3)
============
    a run's content that is too    runs bucket       {tenant}/runs/{run id}/{part}-{hash of content}
      large for its item
"""

from datetime import UTC, datetime
from typing import TypedDict

SCHEMA_VERSION = 1

OPEN_INDEX = "open"
OPEN_SHARDS = 4

COUNT_ALL = "all"


class Key(TypedDict):
    """An item's primary key."""

    pk: str
    sk: str


def run_key(tenant: str, run_id: str) -> Key:
    return Key(pk=runs_partition(tenant), sk=run_id)


def runs_partition(tenant: str) -> str:
    return _partition(tenant, "run")


def tenant_of(partition: str) -> str:
    return partition.partition("#")[0]


def link_partition(tenant: str, kind: str, linked_id: str) -> str:
    """The partition, within the index `by_{kind}`, of the runs that belong to a prompt, version, playground or
    comparison."""
    return _partition(tenant, kind, linked_id)


def link_index(kind: str) -> str:
    return f"by_{kind}"


def link_attribute(kind: str) -> str:
    """The attribute that holds a link's partition: an index's partition key."""
    return f"{kind}_key"


def open_partition(shard: int) -> str:
    return f"open#{shard}"


def open_shard(run_id: str) -> int:
    """A run's shard, from the random end of its id."""
    return int(run_id[-1], 16) % OPEN_SHARDS


def open_until(deadline: datetime) -> str:
    """A deadline as a sort key: UTC, of one width."""
    return deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def count_key(tenant: str, what: str) -> Key:
    """`what` is COUNT_ALL or what `count_of` returns."""
    return Key(pk=counts_partition(tenant), sk=what)


def counts_partition(tenant: str) -> str:
    return _partition(tenant, "count")


def count_of(kind: str, linked_id: str) -> str:
    return f"{kind}#{linked_id}"


def run_object(tenant: str, run_id: str, part: str, digest: str) -> str:
    """The S3 key of a part of a run's content. The content's own digest is in it, so that a writer that loses a race
    never overwrites what the winner's item points at."""
    return f"{_checked(tenant)}/runs/{run_id}/{part}-{digest}.json"


def _partition(tenant: str, *parts: str) -> str:
    return "#".join((_checked(tenant), *parts))


def _checked(tenant: str) -> str:
    if not tenant or "#" in tenant or "/" in tenant:
        raise ValueError("a tenant's id is not empty and holds neither # nor /")
    return tenant
