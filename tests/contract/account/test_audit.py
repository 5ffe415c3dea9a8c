"""What the audit log says of labels and playgrounds, over real HTTP."""

from typing import Any

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy

AUDIT = "/api/v1/audit"
LABEL = "/api/v1/prompts/acme/greeting/labels/production"
PLAYGROUNDS = "/api/v2/genai/playgrounds/"


def logged(admin: As, kind: str) -> list[dict[str, Any]]:
    """The entries of a kind of thing, oldest first."""
    entries = admin.get(f"{AUDIT}?limit=100")["items"]
    return [entry for entry in reversed(entries) if entry["action"].startswith(f"{kind}.")]


def test_the_log_says_who_moved_a_label(tenancy: Tenancy, admin: As) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    for text in ("Hello {{name}}", "Good morning {{name}}"):
        saved = {"namespace": "acme", "slug": "greeting", "content": text}
        assert member("POST", "/api/v1/playground/save-version", saved).status_code == 201
    for number in (1, 2):
        assert member("PUT", LABEL, {"version_number": number}).status_code == 200
    assert member("DELETE", LABEL).status_code == 204
    assert member("DELETE", LABEL).status_code == 404
    assert member("PUT", LABEL, {"version_number": 3}).status_code == 422
    entries = logged(admin, "label")
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("label.set", {"version_number": 1, "was": None}),
        ("label.set", {"version_number": 2, "was": 1}),
        ("label.removed", {"was": 2}),
    ]
    assert {entry["subject"] for entry in entries} == {"acme/greeting@production"}
    assert {entry["actor_role"] for entry in entries} == {"member"}


def test_the_log_says_who_made_changed_and_deleted_a_playground(tenancy: Tenancy, admin: As) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    body = {"name": "Drafts", "description": "of ours", "useCaseId": "u"}
    made = member("POST", PLAYGROUNDS, body).json()
    path = f"{PLAYGROUNDS}{made['id']}/"
    assert member("PATCH", path, {"name": "Finals"}).status_code == 200
    assert member("DELETE", path).status_code == 204
    assert member("DELETE", path).status_code == 204
    assert member("PATCH", path, {"name": "Again"}).status_code == 404
    entries = logged(admin, "playground")
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("playground.created", {"name": "Drafts"}),
        ("playground.changed", {"changes": ["name"]}),
        ("playground.deleted", {"name": "Finals"}),
    ]
    assert {entry["subject"] for entry in entries} == {made["id"]}


def test_the_log_says_who_made_changed_and_deleted_a_metric_or_its_guard(tenancy: Tenancy, admin: As) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    playground = member("POST", PLAYGROUNDS, {"name": "n", "description": "", "useCaseId": "u"}).json()["id"]
    configurations = f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/"
    guard = {
        "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
        "intervention": {"action": "block", "message": "No personal data"},
    }
    body = {"ootbMetricName": "pii_violation", "customOotbMetricName": "Names", "moderationConfiguration": guard}
    made = member("POST", configurations, body).json()["ootbMetricConfigurationId"]
    path = f"{configurations}{made}/"
    assert member("PATCH", path, {"moderationConfiguration": None}).status_code == 200
    assert member("PATCH", path, {"moderationConfiguration": None}).status_code == 200
    for _ in range(2):
        assert member("DELETE", path).status_code == 204
    assert member("POST", configurations, {"ootbMetricName": "no_such"}).status_code == 422
    assert member("PATCH", path, {"customOotbMetricName": "Again"}).status_code == 404
    entries = logged(admin, "metric_configuration")
    about = {"metric": "pii_violation", "playground_id": playground}
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("metric_configuration.created", about | {"guard": "block"}),
        ("metric_configuration.changed", about | {"guard": None, "changes": ["moderation"]}),
        ("metric_configuration.deleted", about | {"guard": None}),
    ]
    assert {entry["subject"] for entry in entries} == {made}
    assert {entry["actor_role"] for entry in entries} == {"member"}
