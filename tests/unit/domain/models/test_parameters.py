"""What is left of parameters when one of them is taken away."""

from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.targets import Parameters

NAMES = st.sampled_from(["seed", "top_k", "brand_new", "extra_new"])


@given(st.dictionaries(st.sampled_from(["seed", "top_k"]), st.just(4)), st.dictionaries(NAMES, st.just(4)), NAMES)
def test_what_is_taken_away_is_gone_whether_it_is_ours_or_extra(
    own: dict[str, int], extra: dict[str, int], name: str
) -> None:
    """Or whoever leaves out what is refused would do so without an end."""
    parameters = Parameters.model_validate({**own, "extra": extra or None})
    assert parameters.without(name).names() == parameters.names() - {name}
