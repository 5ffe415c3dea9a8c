"""What can be wrong with a provider's answer, the same for every wire: each fault with what may become of a run.

A request names its fault in its prompt (`prompt_of`), so that one rule of `FakeUpstream` answers all of them.
"""

import random
import re
from collections.abc import Mapping

from tests.support.faults.body_faults import BODY_FAULTS, OBJECT_FAULTS
from tests.support.faults.connection_faults import CONNECTION_FAULTS, STATUS_FAULTS
from tests.support.faults.fault_answers import Fault
from tests.support.faults.stream_faults import ENDING_FAULTS, STREAM_FAULTS
from tests.support.faults.wire_forms import FORMS, WireForm
from tests.support.servers.fake_upstream import NOT_SCRIPTED, Answer, FakeUpstream, Received

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (*CONNECTION_FAULTS, *STATUS_FAULTS, *BODY_FAULTS, *OBJECT_FAULTS, *STREAM_FAULTS, *ENDING_FAULTS)
}


def faults_of(form: WireForm) -> list[Fault]:
    return [fault for fault in FAULTS.values() if form.splits or not fault.lines_only]


def prompt_of(fault: str, number: int) -> str:
    return f"fault <{fault}> number {number}"


def answer_faults(upstream: FakeUpstream) -> None:
    """Each request is answered by the fault that it names."""
    upstream.answer(_answer)


def _answer(request: Received) -> Answer:
    form = next((form for form in FORMS.values() if form.path in request.path), None)
    named = re.search(rb"fault <([^>]*)> number (\d+)", request.body)
    if form is None or named is None:
        return NOT_SCRIPTED
    name, number = named[1].decode(), int(named[2])
    fault = FAULTS[name]
    return fault.script(form, random.Random(f"{form.name} {name} {number}"))
