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
      other filter                                   at most 5 × 100 items, then the cursor            500 items
    runs not counted, or deleted   GSI open          open#{shard} | until when somebody works on it † 1 a shard + 1
      by half
    how many runs there are        table             {tenant}#count | all, prompt#{id},               1, or in a page's
                                                     version#{id}, playground#{id}                     BatchGetItem
    whether a run is to stop       table             {tenant}#cancel | run id, eventually             1 (half a unit)
                                                     consistent
    a stream's pieces after an     table             {tenant}#stream | {run or comparison id}#{last   1 a MB
      event, its newest piece                        event:010}, maybe #{part:04}
    one saved run                  table             {tenant}#saved-run | saved run id                1
    a version's newest saved runs  GSI by_version    {tenant}#saved-version#{version id} | id         2

What asks a run to stop is an item of its own, so that the process that carries the run asks for it at half a read unit,
however large the run's record is. It expires an hour after the run's deadline.

A stream that can be resumed is written by the piece while it goes on: what has come in half a second, under the number
of its last event, so that a reader finds what it lacks by the number of the last event that it has. What is too large
for one item goes on in parts, which are written before the item that counts them. Pieces expire an hour after the run's
deadline. All of a tenant's are under one partition key, so that an erasure finds them; what DynamoDB throttles goes
with the next piece.

† `open`: the sweeper finishes what died in any tenant, so the shard comes first and the tenant is in the table's key.
The shards spread its writes; a run is in the index only while it is being deleted, and where it could not be counted
(`storage.runs.run_claims`). One that goes on is found by its reservation.

`prompts`
=========
    one prompt, with its labels    table             {tenant}#prompt | prompt id                      1
    the prompt that has an alias   table             {tenant}#prompt-alias | alias                    1
    prompts by name, searched      table             {tenant}#prompt, all of it                       1 a MB, which is
                                                                                                      some 2,000 prompts
    a version by its number or id  table             {tenant}#version#{prompt id} | {number:010}      1
    the newest version             table             {tenant}#version#{prompt id}, backwards          1
    a prompt's versions            table             {tenant}#version#{prompt id} | up to a number,   1 a MB + 1 (total)
                                                     backwards

Neither name nor version id needs a row of its own: a prompt's id is a hash of its name, a version's id is its prompt's
with the number put in (`domain.prompts.names`). So a version is one write, which claims its number: only a number that
is not there can be written, and only the one after the newest is tried. A process that dies leaves the version or
nothing. What it may leave undone is the prompt's note of its newest number, which lists show; the next save mends it.

`playgrounds`
=============
    one playground                 table             {tenant}#playground | playground id              1
    playgrounds, searched, sorted  table             {tenant}#playground, all of it                   1 a MB: some 1,000
                                                                                                      playgrounds
    one LLM blueprint              table             {tenant}#blueprint | blueprint id                1 + 1 (playground)
    a playground's blueprints      table             the ids that the playground's item holds         1 + 1 a 100
    a tenant's blueprints          table             {tenant}#blueprint, all of it                    1 a MB, beside all
                                                                                                      playgrounds
    its metric configurations      table             {tenant}#metric#{playground id} | id             1 a MB
    its moderation reports         table             {tenant}#report#{playground id} | run id         1 + 1 a MB skipped

A playground's item holds the ids of its LLM blueprints, and of each whether it is saved. A blueprint is there when its
playground's item says so: that one write makes it, saves it or removes it, and the counts are those of what is there.
A process that dies may leave a blueprint's item that no playground names, which nobody sees.

A playground that is made with another one's metrics has an item without content before they are copied: nobody sees a
part of it, and an erasure finds what a process that died has left. One that is deleted leaves such an item for a day
(`deleted_at`): a repeated deletion finishes what an interrupted one has left.

`account`
=========
    a tenant                       table             {tenant}#tenant | tenant                         1
    how far its erasure has come   table             {tenant}#tenant | erasure                        1
    tenants, by id (operators)     table             operator#tenants | tenant's id †                 1 + 1
    how far a round over all       table             operator#rounds | the round's name †             1
      tenants has come
    an API key, when it is shown   table             apikey#{hash} | key †                            1
    a tenant's API keys            table             {tenant}#key | key id                            1 + 1
    an API key by its id           table             {tenant}#key | key id                            1, then the key
    audit, newest first            table             {tenant}#audit | entry id                        1 + 1 a MB skipped
    whether it has a collector     table             {tenant}#collector | collector                   1
      of its own

† Operators stand outside the tenants, and who shows a key is not known before the key is found. Operators' own keys and
audit are under `operator` in a tenant's place: no tenant can have that id. What lists tenants and keys are pointers,
made before what they point at and deleted after it; one that points at nothing is left out.

`usage`
=======
    a month, what is reserved      table             {tenant}#month | {YYYY-MM}                       1
    months with reservations past  GSI open          open#{shard} | the first deadline †              1 a shard, 1 a 100
      their deadline
    one ledger entry               table             {tenant}#ledger | run id                         1
    ledger, a range of time,       table             {tenant}#ledger | between two ids, backwards     1 + 1 a MB skipped
      newest first
    the ledger's sums by hour      table             {tenant}#hour | {YYYY-MM}, {YYYY-MM-DDTHH}       1 a MB + 1 a MB of
                                                                                                      entries after them
    an idempotency key             table             {tenant}#idempotency | {hash}                    1
    the parts of a kept answer     table             {tenant}#idempotency | {hash}#{claim}#{number}   1 a 100

A month's item is all that a run's reservation is checked against, in the one write that makes it: the tenant's sums,
those of its API keys that have quotas, this minute's runs, and an attribute for each reservation that is open. What
that costs, and what it bounds, is in docs/scale.md; why no charge is lost or counted twice, in
`storage.metering.months`.

† A month is in the index while something is reserved in it, and under the deadline of what was reserved first since
the sweeper last looked.

An erased tenant leaves its item without settings, so that nobody else gets its id; the report of its erasure; and of
its months what they add up to.

`benchmarks`: see `benchmark_keys`, which also has its objects.

Objects (S3)
============
    a run's content that is too    runs bucket       {tenant}/runs/{run id}/{part}-{hash of content}
      large for its item
    a saved run's, likewise        runs bucket       {tenant}/runs/{saved run id}/saved-{hash of content}
    what expired runs have left    runs bucket       {tenant}/runs/, up to an id                      1 a 1,000, 1 a 50
                                                                                                      of their runs
    a prompt version's, likewise   runs bucket       {tenant}/prompts/{prompt id}/{hash of content}
    an archive to be imported      runs bucket       _/imports/{tenant}/{upload id} ‡                 1
    all that is a tenant's         runs bucket       {tenant}/, _/imports/{tenant}/                   1 a 1,000

‡ S3 deletes by itself what stays below `_/imports/`: a rule of it has one beginning of keys, whoever's they are. No
tenant can have the id `_`.
"""

import zlib
from datetime import UTC, datetime
from typing import TypedDict

SCHEMA_VERSION = 1

OPEN_INDEX = "open"
OPEN_SHARDS = 4
_OPEN_UNTIL = "%Y-%m-%dT%H:%M:%S.%fZ"

COUNT_ALL = "all"

IMPORTS = "_/imports/"
"""What the S3 keys of archives that are to be imported begin with."""

TENANTS_PARTITION = "operator#tenants"


class Key(TypedDict):
    """An item's primary key."""

    pk: str
    sk: str


def run_key(tenant: str, run_id: str) -> Key:
    return Key(pk=runs_partition(tenant), sk=run_id)


def runs_partition(tenant: str) -> str:
    return _partition(tenant, "run")


def cancel_key(tenant: str, run_id: str) -> Key:
    return Key(pk=_partition(tenant, "cancel"), sk=run_id)


def stream_piece_key(tenant: str, stream_id: str, last: int, part: int = 0) -> Key:
    """Of a run's or a comparison's stream; `last` is the number of the piece's last event."""
    head = f"{stream_id}#{last:010}"
    return Key(pk=stream_pieces_partition(tenant), sk=f"{head}#{part:04}" if part else head)


def stream_pieces_partition(tenant: str) -> str:
    return _partition(tenant, "stream")


def stream_pieces_between(stream_id: str, after: int) -> tuple[str, str]:
    """The sort keys of a stream's pieces that have events above that number; above -1: of all."""
    return f"{stream_id}#{after + 1:010}", f"{stream_id}#~"


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
    return deadline.astimezone(UTC).strftime(_OPEN_UNTIL)


def moment_of(until: str) -> datetime:
    """What `open_until` was given."""
    return datetime.fromisoformat(until)


def count_key(tenant: str, what: str) -> Key:
    """`what` is COUNT_ALL or what `count_of` returns."""
    return Key(pk=counts_partition(tenant), sk=what)


def counts_partition(tenant: str) -> str:
    return _partition(tenant, "count")


def count_of(kind: str, linked_id: str) -> str:
    return f"{kind}#{linked_id}"


def saved_run_key(tenant: str, saved_id: str) -> Key:
    return Key(pk=saved_runs_partition(tenant), sk=saved_id)


def saved_runs_partition(tenant: str) -> str:
    return _partition(tenant, "saved-run")


def saved_version_partition(tenant: str, version_id: str) -> str:
    """The partition, within the index of runs by version, of the saved runs of a version: apart from the executed
    ones, which the history lists."""
    return _partition(tenant, "saved-version", version_id)


def run_object(tenant: str, run_id: str, part: str, digest: str) -> str:
    """The S3 key of a part of a run's content. The content's own digest is in it, so that a writer that loses a race
    never overwrites what the winner's item points at."""
    return f"{run_objects(tenant, run_id)}/{part}-{digest}.json"


def run_objects(tenant: str, run_id: str = "") -> str:
    """What the S3 keys of a run's content begin with; without an id, those of all runs."""
    return f"{_checked(tenant)}/runs/{run_id}"


def run_of_object(key: str) -> str:
    """The id of the run that an object belongs to."""
    return key.split("/")[2]


def prompts_partition(tenant: str) -> str:
    return _partition(tenant, "prompt")


def prompt_key(tenant: str, prompt_id: str) -> Key:
    return Key(pk=prompts_partition(tenant), sk=prompt_id)


def prompt_alias_key(tenant: str, alias: str) -> Key:
    return Key(pk=_partition(tenant, "prompt-alias"), sk=alias)


def versions_partition(tenant: str, prompt_id: str) -> str:
    return _partition(tenant, "version", prompt_id)


def version_key(tenant: str, prompt_id: str, number: int) -> Key:
    return Key(pk=versions_partition(tenant, prompt_id), sk=version_number(number))


def version_number(number: int) -> str:
    """A version's number as a sort key."""
    return f"{number:010}"


def version_object(tenant: str, prompt_id: str, digest: str) -> str:
    """The S3 key of a version's content. Writers of the same content write the same object."""
    return f"{_checked(tenant)}/prompts/{prompt_id}/{digest}.json"


def import_object(tenant: str, upload_id: str) -> str:
    """The S3 key of an archive that is to be imported."""
    return f"{import_objects(tenant)}{upload_id}"


def import_objects(tenant: str) -> str:
    """What the S3 keys of all archives that a tenant is to import begin with."""
    return f"{IMPORTS}{_checked(tenant)}/"


def playgrounds_partition(tenant: str) -> str:
    return _partition(tenant, "playground")


def playground_key(tenant: str, playground_id: str) -> Key:
    return Key(pk=playgrounds_partition(tenant), sk=playground_id)


def blueprints_partition(tenant: str) -> str:
    return _partition(tenant, "blueprint")


def blueprint_key(tenant: str, blueprint_id: str) -> Key:
    return Key(pk=blueprints_partition(tenant), sk=blueprint_id)


def metrics_partition(tenant: str, playground_id: str) -> str:
    return _partition(tenant, "metric", playground_id)


def metric_key(tenant: str, playground_id: str, configuration_id: str) -> Key:
    return Key(pk=metrics_partition(tenant, playground_id), sk=configuration_id)


def reports_partition(tenant: str, playground_id: str) -> str:
    return _partition(tenant, "report", playground_id)


def report_key(tenant: str, playground_id: str, run_id: str) -> Key:
    return Key(pk=reports_partition(tenant, playground_id), sk=run_id)


def tenant_key(tenant: str) -> Key:
    return Key(pk=_partition(tenant, "tenant"), sk="tenant")


def tenant_pointer(tenant: str) -> Key:
    return Key(pk=TENANTS_PARTITION, sk=_checked(tenant))


def tenants_between(after: str, up_to: str) -> tuple[str, str]:
    """The sort keys of the pointers of those whose ids come after the one, up to the other; "" for no bound. No id
    holds a character before ! or after ~."""
    return f"{after}!", up_to or "~"


def round_key(name: str) -> Key:
    return Key(pk="operator#rounds", sk=name)


def api_key(key_hash: str) -> Key:
    return Key(pk=f"apikey#{key_hash}", sk="key")


def api_key_pointer(tenant: str, key_id: str) -> Key:
    return Key(pk=api_keys_partition(tenant), sk=key_id)


def api_keys_partition(tenant: str) -> str:
    return _partition(tenant, "key")


def erasure_key(tenant: str) -> Key:
    return Key(pk=_partition(tenant, "tenant"), sk="erasure")


def collector_key(tenant: str) -> Key:
    return Key(pk=_partition(tenant, "collector"), sk="collector")


def audit_key(tenant: str, entry_id: str) -> Key:
    return Key(pk=audit_partition(tenant), sk=entry_id)


def audit_partition(tenant: str) -> str:
    return _partition(tenant, "audit")


def months_partition(tenant: str) -> str:
    return _partition(tenant, "month")


def month_key(tenant: str, month: str) -> Key:
    """`month` is YYYY-MM."""
    return Key(pk=months_partition(tenant), sk=month)


def month_shard(tenant: str) -> int:
    return zlib.crc32(tenant.encode()) % OPEN_SHARDS


def ledger_key(tenant: str, run_id: str) -> Key:
    return Key(pk=ledger_partition(tenant), sk=run_id)


def ledger_partition(tenant: str) -> str:
    return _partition(tenant, "ledger")


def hours_partition(tenant: str) -> str:
    return _partition(tenant, "hour")


def hour_key(tenant: str, hour: str) -> Key:
    """`hour` is YYYY-MM-DDTHH, or YYYY-MM for the item that says how far a month is summed up."""
    return Key(pk=hours_partition(tenant), sk=hour)


def idempotency_key(tenant: str, key: str) -> Key:
    """`key` is the hash of the client's, or what `storage.runs.idempotency` makes of it for a part of an answer."""
    return Key(pk=_partition(tenant, "idempotency"), sk=key)


def tenant_partition(tenant: str, *parts: str) -> str:
    """Any of a tenant's partitions, by what its key says after the tenant."""
    return _partition(tenant, *parts)


def tenant_objects(tenant: str) -> str:
    """What the S3 keys of all that is a tenant's begin with."""
    return f"{_checked(tenant)}/"


def _partition(tenant: str, *parts: str) -> str:
    return "#".join((_checked(tenant), *parts))


def _checked(tenant: str) -> str:
    if not tenant or "#" in tenant or "/" in tenant:
        raise ValueError("a tenant's id is not empty and holds neither # nor /")
    return tenant
