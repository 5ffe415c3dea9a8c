"""A benchmark run as JUnit's XML, which every CI shows: its gates are the tests."""

from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from promptyard_cli.client.wire import BenchmarkReport, BenchmarkRunAnswer


def junit(run: "BenchmarkRunAnswer", report: "BenchmarkReport | None") -> str:
    """A run that did not end as it should is one error; one without gates one test that says that it is complete."""
    suite = ElementTree.Element("testsuite", name=run["name"], id=run["id"])
    failures = errors = 0
    if run["status"] != "completed":
        errors = 1
        case = ElementTree.SubElement(suite, "testcase", classname=run["name"], name="the run is completed")
        ElementTree.SubElement(case, "error", message=run["error"] or run["status"])
    elif report is None or not report["gates"]:
        ElementTree.SubElement(suite, "testcase", classname=run["name"], name="the run is completed")
    else:
        for verdict in report["gates"]:
            gate = verdict["gate"]
            name = f"{gate['metric']}: {gate.get('verdict') or _bound(verdict['bound'], gate.get('op'))}"
            case = ElementTree.SubElement(suite, "testcase", classname=verdict["column"], name=name)
            if not verdict["passed"]:
                failures += 1
                ElementTree.SubElement(case, "failure", message=verdict["words"])
    if report is not None:
        ElementTree.SubElement(suite, "system-out").text = report["sentence"]
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _bound(bound: float | None, op: str | None) -> str:
    return f"{op} {bound}"
