"""The keys of the table `benchmarks` and of its objects: as `keys`, which says what holds for all tables.

`benchmarks`
============
    pattern                        where             key                                              requests
    one dataset                    table             {tenant}#dataset | dataset id                    1
    datasets, newest first         table             {tenant}#dataset, backwards                      1 + 1 a MB skipped
    a dataset version              table             {tenant}#dataset-version#{dataset id} |          1
                                                     {number:010}
    a dataset's versions           table             the same, up to a number, backwards              1 a MB + 1 (total)
    an upload                      table             {tenant}#dataset-upload#{dataset id} | id        1
    a version's rows               bucket            {tenant}/datasets/{dataset id}/{version id}/     1 a 256 KB of rows
                                                     {number of the first:010}
    an uploaded file               bucket            {tenant}/datasets/{dataset id}/uploads/{id}      1
    one benchmark                  table             {tenant}#benchmark | benchmark id                1
    benchmarks, newest first       table             {tenant}#benchmark, backwards                    1 + 1 a MB skipped
    whose a benchmark is           table             benchmark#{benchmark id} | tenant †              1
    what watches a prompt or a     table             {tenant}#benchmark-watch | {watched id}#         1
      dataset                                        {benchmark id}
    one benchmark run              table             {tenant}#benchmark-run | run id                  1
    benchmark runs, newest first   table             {tenant}#benchmark-run, backwards                1 + 1 a MB skipped
    … that began before a moment   table             the same, up to that moment's id                 1 a MB
    … of one benchmark             table             {tenant}#benchmark-runs-of | {benchmark id}#     1 + 1 a 100
                                                     {run id}, backwards
    the run of a request           table             {tenant}#benchmark-request | {benchmark id}#     1
                                                     {hash of the request's id}
    what the gates say of a        table             {tenant}#benchmark-verdict | {benchmark id}#     1
      prompt version                                 {version id}
    a benchmark's webhook          table             {tenant}#webhook-delivery | {benchmark id}#      1 + 1 a MB skipped
      deliveries, newest first                       {delivery id}, backwards
    one cell's result              table             {tenant}#cell#{run id} | {number:010}            1
    a run's results, in order,     table             {tenant}#cell#{run id} | between two numbers     1 a MB: some 1,000
      or those of some rows
    how far a run has come         table             {tenant}#cell-block#{run id} | {block:010}       1 a MB: some
                                                                                                      100,000 cells
    who works on which cell        table             {tenant}#cell-slots#{run id} | slots             1
    an ended run's results         bucket            {tenant}/benchmark-runs/{run id}/                1 a 1,000 cells
                                                     results-{part:06}.jsonl
    a run's report                 bucket            {tenant}/benchmark-runs/{run id}/report.{kind}   1

A run's cells are numbered by row, column and repeat; a block counts 100 of them.

† An event names a benchmark and no tenant. This is a pointer, made before the benchmark and deleted after it; so are
those of a benchmark's runs. One that points at nothing is left out.
"""

from promptyard.storage.table import keys
from promptyard.storage.table.keys import Key


def datasets_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "dataset")


def dataset_key(tenant: str, dataset_id: str) -> Key:
    return Key(pk=datasets_partition(tenant), sk=dataset_id)


def dataset_versions_partition(tenant: str, dataset_id: str) -> str:
    return keys.tenant_partition(tenant, "dataset-version", dataset_id)


def dataset_version_key(tenant: str, dataset_id: str, number: int) -> Key:
    return Key(pk=dataset_versions_partition(tenant, dataset_id), sk=keys.version_number(number))


def dataset_uploads_partition(tenant: str, dataset_id: str) -> str:
    return keys.tenant_partition(tenant, "dataset-upload", dataset_id)


def dataset_upload_key(tenant: str, dataset_id: str, upload_id: str) -> Key:
    return Key(pk=dataset_uploads_partition(tenant, dataset_id), sk=upload_id)


def dataset_objects(tenant: str, dataset_id: str) -> str:
    """What the S3 keys of all that is a dataset's begin with."""
    return f"{keys.tenant_objects(tenant)}datasets/{dataset_id}/"


def rows_object(tenant: str, dataset_id: str, version_id: str, first: int) -> str:
    """The S3 key of a version's rows from that number on."""
    return f"{dataset_objects(tenant, dataset_id)}{version_id}/{first:010}"


def upload_object(tenant: str, dataset_id: str, upload_id: str) -> str:
    """The S3 key of an uploaded file."""
    return f"{dataset_objects(tenant, dataset_id)}uploads/{upload_id}"


def upload_of_object(key: str) -> tuple[str, str, str] | None:
    """The tenant, dataset and id of the upload whose file has that S3 key; None where it is no such file."""
    parts = key.split("/")
    if len(parts) != 5 or (parts[1], parts[3]) != ("datasets", "uploads"):
        return None
    return parts[0], parts[2], parts[4]


def benchmarks_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "benchmark")


def benchmark_key(tenant: str, benchmark_id: str) -> Key:
    return Key(pk=benchmarks_partition(tenant), sk=benchmark_id)


def benchmark_owner_key(benchmark_id: str) -> Key:
    return Key(pk=f"benchmark#{benchmark_id}", sk="tenant")


def benchmark_watches_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "benchmark-watch")


def benchmark_watch_key(tenant: str, watched_id: str, benchmark_id: str) -> Key:
    return Key(pk=benchmark_watches_partition(tenant), sk=f"{watched_id}#{benchmark_id}")


def benchmark_runs_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "benchmark-run")


def benchmark_run_key(tenant: str, run_id: str) -> Key:
    return Key(pk=benchmark_runs_partition(tenant), sk=run_id)


def runs_of_benchmark_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "benchmark-runs-of")


def run_of_benchmark_key(tenant: str, benchmark_id: str, run_id: str) -> Key:
    return Key(pk=runs_of_benchmark_partition(tenant), sk=f"{benchmark_id}#{run_id}")


def benchmark_request_key(tenant: str, benchmark_id: str, request_hash: str) -> Key:
    return Key(pk=keys.tenant_partition(tenant, "benchmark-request"), sk=f"{benchmark_id}#{request_hash}")


def benchmark_verdict_key(tenant: str, benchmark_id: str, version_id: str) -> Key:
    return Key(pk=keys.tenant_partition(tenant, "benchmark-verdict"), sk=f"{benchmark_id}#{version_id}")


def webhook_deliveries_partition(tenant: str) -> str:
    return keys.tenant_partition(tenant, "webhook-delivery")


def webhook_delivery_key(tenant: str, benchmark_id: str, delivery_id: str) -> Key:
    return Key(pk=webhook_deliveries_partition(tenant), sk=f"{benchmark_id}#{delivery_id}")


def cells_partition(tenant: str, benchmark_run_id: str) -> str:
    return keys.tenant_partition(tenant, "cell", benchmark_run_id)


def cell_key(tenant: str, benchmark_run_id: str, number: int) -> Key:
    return Key(pk=cells_partition(tenant, benchmark_run_id), sk=cell_number(number))


def cell_number(number: int) -> str:
    """A cell's number, or a block's, as a sort key."""
    return f"{number:010}"


def cell_blocks_partition(tenant: str, benchmark_run_id: str) -> str:
    return keys.tenant_partition(tenant, "cell-block", benchmark_run_id)


def cell_block_key(tenant: str, benchmark_run_id: str, block: int) -> Key:
    return Key(pk=cell_blocks_partition(tenant, benchmark_run_id), sk=cell_number(block))


def cell_slots_key(tenant: str, benchmark_run_id: str) -> Key:
    return Key(pk=keys.tenant_partition(tenant, "cell-slots", benchmark_run_id), sk="slots")


def results_object(tenant: str, benchmark_run_id: str, part: int) -> str:
    """The S3 key of a part of a run's results, as JSONL."""
    return f"{run_objects(tenant, benchmark_run_id)}/results-{part:06}.jsonl"


def report_object(tenant: str, benchmark_run_id: str, kind: str) -> str:
    """The S3 key of a run's report; `kind` is `json` or `html`."""
    return f"{run_objects(tenant, benchmark_run_id)}/report.{kind}"


def run_objects(tenant: str, benchmark_run_id: str) -> str:
    """What the S3 keys of all that a benchmark run leaves begin with."""
    return f"{keys.tenant_objects(tenant)}benchmark-runs/{benchmark_run_id}"


def below(identifier: str) -> tuple[str, str]:
    """The sort keys that begin with an id and `#`."""
    return f"{identifier}#", f"{identifier}#~"
