"""The columns of a benchmark run."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.benchmarks.benchmark import Column
from promptyard.domain.benchmarks.matrix import NamedTarget, baseline_of, columns_of, versions_held, versions_of
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.names import prompt_id, version_id
from tests.support.samples.sample_benchmarks import new_benchmark

PROMPT = prompt_id("acme", "billing", "invoice-parser")
V2, V3, V4 = (version_id(PROMPT, number) for number in (2, 3, 4))


def named(*names: str) -> list[NamedTarget]:
    return [NamedTarget(Target(model=name), name) for name in names]


def names(columns: list[Column]) -> list[str]:
    return [column.name for column in columns]


def test_columns_are_the_product_of_versions_targets_and_intensities() -> None:
    benchmark = new_benchmark(intensities=["raw", "full"])
    columns = columns_of(benchmark, [(V3, named("openai/gpt-4o")), (V4, named("a/b", "c/d"))])
    assert names(columns) == [
        "v3·openai/gpt-4o·raw",
        "v3·openai/gpt-4o·full",
        "v4·a/b·raw",
        "v4·a/b·full",
        "v4·c/d·raw",
        "v4·c/d·full",
    ]
    assert [column.index for column in columns] == list(range(6))
    assert [column.version_id for column in columns] == [V3, V3, V4, V4, V4, V4]


def test_what_there_is_none_of_is_left_out_of_the_name() -> None:
    assert names(columns_of(new_benchmark(), [(None, named("demo/echo"))])) == ["demo/echo"]
    [column] = columns_of(new_benchmark(), [(V3, named("demo/echo"))])
    assert (column.name, column.intensity) == ("v3·demo/echo", "raw")


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "b"]), min_size=1, max_size=12))
def test_names_are_unique_and_the_first_of_a_name_keeps_it(wanted: list[str]) -> None:
    found = names(columns_of(new_benchmark(), [(None, named(*wanted))]))
    assert len(set(found)) == len(found)
    for name in set(wanted):
        assert found[wanted.index(name)] == name
    assert all(one.startswith(asked) for one, asked in zip(found, wanted, strict=True))


def test_a_baseline_is_found_by_its_name_also_when_its_version_has_moved_on() -> None:
    columns = columns_of(new_benchmark(), [(version, named("a/b", "c/d")) for version in (V3, V4)])
    assert baseline_of(columns, None) == 0
    for index, name in enumerate(names(columns)):
        assert baseline_of(columns, name) == index
    assert baseline_of(columns, "v1·c/d") == 1
    assert baseline_of(columns, "c/d") == 1
    assert baseline_of(columns, "vx·c/d") is None
    assert baseline_of(columns, "v3·e/f") is None


def test_which_versions_a_run_is_on() -> None:
    of_prompt, of_versions = new_benchmark(prompt_id=PROMPT), new_benchmark(version_ids=[V2, V3])
    assert versions_of(new_benchmark()) == []
    assert versions_of(of_prompt, newest=V4) == [V4]
    assert versions_of(of_prompt, newest=V4, asked=V3) == [V3]
    # The version that has the guarded label is what the others are compared with.
    assert versions_of(of_prompt, newest=V4, labelled=V2) == [V2, V4]
    assert versions_of(of_prompt, newest=V4, labelled=V2, asked=V2) == [V2]
    assert versions_of(of_versions, newest=V4) == [V2, V3]
    assert versions_of(of_versions, asked=V4) == [V2, V3, V4]
    assert versions_of(of_versions, asked=V2, labelled=V3) == [V3, V2]


def test_gates_speak_of_what_is_held_to_them() -> None:
    columns = columns_of(new_benchmark(), [(version, named("a/b", "c/d")) for version in (V3, V4)])
    assert versions_held(columns, 0, None) == [V3, V4]
    assert versions_held(columns[::2], 0, None) == [V4]
    assert versions_held(columns[:1], 0, None) == [V3]
    for baseline, asked in product(range(4), (V2, V3)):
        assert versions_held(columns, baseline, asked) == [asked]
    assert versions_held(columns_of(new_benchmark(), [(None, named("a/b"))]), 0, None) == []
