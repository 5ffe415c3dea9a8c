from decimal import Decimal
from typing import Any

import pytest

from promptyard.storage.table.attributes import from_attributes, to_attributes


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ("", {"S": ""}),
        (True, {"BOOL": True}),
        (0, {"N": "0"}),
        (-12, {"N": "-12"}),
        (Decimal("0.00001"), {"N": "0.00001"}),
        (Decimal("1E-20"), {"N": "1E-20"}),
        ({"a": {"b": 1}}, {"M": {"a": {"M": {"b": {"N": "1"}}}}}),
        ([1, "x"], {"L": [{"N": "1"}, {"S": "x"}]}),
    ],
)
def test_values_and_attributes(value: Any, attribute: dict[str, Any]) -> None:
    assert to_attributes({"name": value}) == {"name": attribute}
    back = from_attributes({"name": attribute})["name"]
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [1.5, None, b"x", {1}])
def test_what_no_item_holds_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_attributes({"name": value})


def test_an_attribute_type_that_no_item_holds_is_refused() -> None:
    with pytest.raises(TypeError):
        from_attributes({"name": {"NULL": True}})
