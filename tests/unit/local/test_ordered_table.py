"""An ordered table answers as moto's own does."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from promptyard_local.ordered_table import OrderedTable

NAMES = st.sampled_from(["a", "ab", "b", "c", "ca"])
ITEMS = st.fixed_dictionaries(
    {"pk": st.sampled_from(["p", "q"]), "sk": NAMES}, optional={"group": NAMES, "rank": NAMES}
)
RANGES = st.one_of(
    st.just((None, [])),
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">=", "BEGINS_WITH"]), st.lists(NAMES, min_size=1, max_size=1)),
    st.tuples(st.just("BETWEEN"), st.lists(NAMES, min_size=2, max_size=2).map(sorted)),
)
INDEXES = {None: ("pk", "sk"), "by_group": ("group", "sk"), "by_group_and_rank": ("group", "rank")}


def empty_table() -> Table:
    return Table(
        "t",
        "123456789012",
        "us-east-1",
        schema=schema("pk", "sk"),
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "group", "rank")],
        global_indexes=[
            {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for name, keys in INDEXES.items()
            if name is not None
        ],
    )


def schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]


def wire(value: dict[str, str]) -> dict[str, Any]:
    return {name: {"S": text} for name, text in value.items()}


@given(
    written=st.lists(st.tuples(ITEMS, st.booleans()), max_size=25),
    loaded=st.lists(ITEMS, max_size=10, unique_by=lambda item: (item["pk"], item["sk"])),
    index=st.sampled_from(list(INDEXES)),
    partition=NAMES,
    condition=RANGES,
    limit=st.none() | st.integers(1, 4),
    forward=st.booleans(),
)
def test_queries_walk_the_same_pages(
    written: list[tuple[dict[str, str], bool]],
    loaded: list[dict[str, str]],
    index: str | None,
    partition: str,
    condition: tuple[str | None, list[str]],
    limit: int | None,
    forward: bool,
) -> None:
    plain, ordered = empty_table(), OrderedTable.take_over(empty_table())
    for item in loaded:
        plain.put_item(wire(item))
    ordered.load(wire(item) for item in loaded)
    for item, deleted in written:
        for table in (plain, ordered):
            if deleted:
                table.delete_item(DynamoType({"S": item["pk"]}), DynamoType({"S": item["sk"]}))
            else:
                table.put_item(wire(item))
        ordered.refresh(item["pk"], item["sk"])

    hash_name, range_name = INDEXES[index]
    value = "p" if index is None else partition
    comparison, range_values = condition
    values = [DynamoType({"S": text}) for text in range_values]
    start: Any = None
    for _ in range(30):
        (items, scanned, last), expected = (
            table.query(
                DynamoType({"S": value}),
                comparison,
                values,
                limit,  # type: ignore[arg-type]
                start,
                forward,
                None,
                index,
                hash_key_conditions=[(hash_name, DynamoType({"S": value}))],
                range_key_conditions=[(range_name, comparison, values)] if comparison else [],
            )
            for table in (ordered, plain)
        )
        assert (items, scanned) == expected[:2]
        if last is None:
            break
        assert last == expected[2]
        start = {name: key.to_json() for name, key in last.items()}
