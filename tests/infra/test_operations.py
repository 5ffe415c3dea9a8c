"""docs/operations.md says of every alarm what to do."""

import re
from pathlib import Path

from templates import Template

from promptyard_cdk.groups import load_groups

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def headings() -> set[str]:
    section = PAGE.read_text().partition("\n## Alarms\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^### (\w+)$", section, re.MULTILINE))


def test_every_alarm_has_its_heading_and_there_are_no_others(template: Template) -> None:
    groups = "|".join(name.capitalize() for name in load_groups())
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    kinds = {re.sub(rf"^\w+Monitoring(?:{groups})?|[0-9A-F]{{8}}$", "", name) for name in alarms}
    assert kinds == headings()
    assert f"alarms: {len(alarms)}," in PAGE.read_text()


def test_alarms_point_at_the_page(template: Template) -> None:
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmDescription"].endswith("What to do: docs/operations.md")
