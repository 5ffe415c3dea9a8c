"""Paths of benchmarks as they are defined."""

from fastapi import Request, Response

from functions.benchmarks.benchmark_answers import BenchmarkPageAnswer, DefinedBenchmark
from functions.benchmarks.benchmark_schemas import BenchmarkChanges, NewBenchmarkRequest
from functions.benchmarks.paths import BENCHMARKS
from functions.benchmarks.run_answers import WebhookDeliveryAnswer, WebhookDeliveryPageAnswer
from promptyard.api.answers.benchmarks import BenchmarkAnswer
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.claims import answer_again
from promptyard.api.paging import CursorPaging
from promptyard.bootstrap.services import Benchmarks, Deliveries
from promptyard.services.benchmarks.defining.benchmarks import Defined

SHOWN_ONCE = {"cache-control": "no-store"}

router = group_router("benchmarks")


@router.get(BENCHMARKS, summary="List benchmarks, newest first")
async def list_benchmarks(query: CursorPaging, caller: Viewer, benchmarks: Benchmarks) -> BenchmarkPageAnswer:
    page = await benchmarks.page(caller.tenant, query.request())
    return BenchmarkPageAnswer.of(page.map(BenchmarkAnswer.of), query)


@router.post(BENCHMARKS, status_code=201, summary="Make a benchmark")
async def create_benchmark(
    request: Request, body: NewBenchmarkRequest, response: Response, caller: Member, benchmarks: Benchmarks
) -> DefinedBenchmark:
    """Its columns are the product of versions, targets and intensities, named `v3·openai/gpt-4o·full`; what there is
    only one kind of is left out of the name. What could never be run or judged is a 422 that names the field."""
    return _shown_once(request, response, await benchmarks.create(caller, body.definition()))


@router.get(BENCHMARKS + "/{benchmark_id}", summary="One benchmark")
async def get_benchmark(benchmark_id: str, caller: Viewer, benchmarks: Benchmarks) -> BenchmarkAnswer:
    return BenchmarkAnswer.of(await benchmarks.get(caller.tenant, benchmark_id))


@router.patch(BENCHMARKS + "/{benchmark_id}", summary="Change a benchmark")
async def change_benchmark(
    request: Request,
    benchmark_id: str,
    body: BenchmarkChanges,
    response: Response,
    caller: Member,
    benchmarks: Benchmarks,
) -> DefinedBenchmark:
    """A 409 where somebody else changes it at the same time. A webhook at another URL has another secret."""
    return _shown_once(request, response, await benchmarks.change(caller, benchmark_id, body.changes()))


def _shown_once(request: Request, response: Response, defined: Defined) -> DefinedBenchmark:
    """With the webhook's secret, where it is new."""
    answer = DefinedBenchmark.of_defined(defined)
    if defined.secret is not None:
        response.headers.update(SHOWN_ONCE)
        answer_again(request, answer.without_secret())
    return answer


@router.delete(BENCHMARKS + "/{benchmark_id}", status_code=204, summary="Delete a benchmark")
async def delete_benchmark(benchmark_id: str, caller: Member, benchmarks: Benchmarks) -> Response:
    """Its runs stay, and what goes on goes on. Sent again within a day it is answered the same."""
    await benchmarks.delete(caller, benchmark_id)
    return Response(status_code=204)


@router.get(
    BENCHMARKS + "/{benchmark_id}/webhook-deliveries", summary="Every attempt at telling the webhook, newest first"
)
async def list_webhook_deliveries(
    benchmark_id: str, query: CursorPaging, caller: Viewer, deliveries: Deliveries
) -> WebhookDeliveryPageAnswer:
    """Of the last thirty days."""
    page = await deliveries.page(caller.tenant, benchmark_id, query.request())
    return WebhookDeliveryPageAnswer.of(page.map(WebhookDeliveryAnswer.of), query)
