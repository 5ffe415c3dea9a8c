"""docs/operations.md says of every alarm what to do."""

import json
import re
from pathlib import Path

from templates import Template

from promptyard_cdk.groups import load_groups

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "operations.md"


def headings() -> set[str]:
    section = PAGE.read_text().partition("\n## Alarms\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^### (\w+)$", section, re.MULTILINE))


def test_every_alarm_has_its_heading_and_there_are_no_others(template: Template) -> None:
    groups = "|".join(name.capitalize().replace("_", "") for name in load_groups())
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    kinds = {re.sub(rf"^\w+Monitoring(?:{groups})?|[0-9A-F]{{8}}$", "", name) for name in alarms}
    assert kinds == headings()
    counted = json.loads((REPOSITORY / "tests" / "performance" / "cost" / "counted.json").read_text())["idle"]
    assert counted["alarms"] == len(alarms), "run: python -m tests.performance.cost --write"
    looked_at = [metric for alarm in alarms.values() for metric in alarm["Properties"].get("Metrics", [{}])]
    assert counted["alarm_metrics"] == len([metric for metric in looked_at if "Expression" not in metric])
    assert counted["dashboards"] == len(template.of_type("AWS::CloudWatch::Dashboard"))
    rules = template.of_type("AWS::Events::Rule").values()
    assert len(counted["calls"]) == len([rule for rule in rules if "ScheduleExpression" in rule["Properties"]])


def test_alarms_point_at_the_page(template: Template) -> None:
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmDescription"].endswith("What to do: docs/operations.md")
