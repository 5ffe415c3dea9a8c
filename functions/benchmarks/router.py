"""Paths of datasets."""

from fastapi import Response

from functions.benchmarks.answers import DatasetAnswer, DatasetPageAnswer
from functions.benchmarks.paths import DATASETS
from functions.benchmarks.schemas import DatasetChanges, NewDatasetRequest
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import CursorPaging
from promptyard.bootstrap.services import Datasets

router = group_router("benchmarks")


@router.get(DATASETS, summary="List datasets, newest first")
async def list_datasets(query: CursorPaging, caller: Viewer, datasets: Datasets) -> DatasetPageAnswer:
    page = await datasets.page(caller.tenant, query.request())
    return DatasetPageAnswer.of(page.map(DatasetAnswer.of), query)


@router.post(DATASETS, status_code=201, summary="Make a dataset")
async def create_dataset(body: NewDatasetRequest, caller: Member, datasets: Datasets) -> DatasetAnswer:
    """Without rows: they come with its versions."""
    made = await datasets.create(caller, name=body.name, description=body.description, playground_id=body.playground_id)
    return DatasetAnswer.of(made)


@router.get(DATASETS + "/{dataset_id}", summary="One dataset")
async def get_dataset(dataset_id: str, caller: Viewer, datasets: Datasets) -> DatasetAnswer:
    return DatasetAnswer.of(await datasets.get(caller.tenant, dataset_id))


@router.patch(DATASETS + "/{dataset_id}", summary="Rename or describe a dataset")
async def change_dataset(dataset_id: str, body: DatasetChanges, caller: Member, datasets: Datasets) -> DatasetAnswer:
    return DatasetAnswer.of(await datasets.change(caller, dataset_id, body.changes()))


@router.delete(DATASETS + "/{dataset_id}", status_code=204, summary="Delete a dataset")
async def delete_dataset(dataset_id: str, caller: Member, datasets: Datasets) -> Response:
    """With all its versions and rows. Sent again within a day it is answered the same."""
    await datasets.delete(caller, dataset_id)
    return Response(status_code=204)
