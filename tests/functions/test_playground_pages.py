"""The addresses of a list's neighbouring pages, as a client beyond API Gateway needs them."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel

from functions.playgrounds.pages import LinkedPageQuery, OffsetPage

PATH = "/api/v2/genai/playgrounds/"


def request(**scope: Any) -> Request:
    known = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "server": ("10.0.0.1", 443),
        "path": PATH,
        "query_string": b"search=a%26b&useCaseId=1&useCaseId=2&offset=10&limit=10",
        "headers": [(b"host", b"abc.execute-api.eu-west-1.amazonaws.com")],
    }
    return Request(known | scope)


class Number(BaseModel):
    number: int


def links(of: Request) -> tuple[str | None, str | None]:
    query = LinkedPageQuery(offset=10, limit=10)
    page = OffsetPage[Number].of(of, query, range(40), lambda number: Number(number=number))
    return page.next, page.previous


def test_they_are_where_the_request_was_sent_to() -> None:
    base = f"https://abc.execute-api.eu-west-1.amazonaws.com{PATH}?search=a%26b&useCaseId=1&useCaseId=2"
    assert links(request()) == (f"{base}&offset=20&limit=10", f"{base}&offset=0&limit=10")


def test_the_stage_that_api_gateway_takes_off_the_path_is_put_back() -> None:
    context = {"stage": "prod", "path": f"/prod{PATH}"}
    following, _ = links(request(**{"aws.event": {"path": PATH, "requestContext": context}}))
    assert following is not None
    assert following.startswith(f"https://abc.execute-api.eu-west-1.amazonaws.com/prod{PATH}?")
