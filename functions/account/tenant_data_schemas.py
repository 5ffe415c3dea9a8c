"""The wire of a tenant's data as a whole: requests."""

from promptyard.api.requests import WireRequest, example


class EraseRequest(WireRequest):
    model_config = example({"confirm": "the id of the tenant"})

    confirm: str
    """The tenant's id, so that nothing is erased by mistake."""
