"""Ids that whoever makes them makes alike."""

import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.identifiers import id_for, is_id, moment_of

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(st.text(), st.text(), MOMENTS)
def test_an_id_made_of_a_name_is_of_its_moment_and_of_nobody_else(name: str, other: str, moment: datetime) -> None:
    made = id_for(name, moment)
    assert is_id(made)
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)
    assert moment_of(made) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert made == id_for(name, moment_of(made))
    assert (made == id_for(other, moment)) is (name == other)
