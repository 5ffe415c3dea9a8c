"""What somebody writes with the generated client. Runs in an environment of its own, beside the package; prints what it
saw."""

import json
import sys

sys.path.insert(0, ".")

from promptyard_client import AuthenticatedClient
from promptyard_client.api.account import change_tenant_api_v1_tenants_tenant_id_patch as change_tenant
from promptyard_client.api.history import history_api_v1_playground_history_get as history
from promptyard_client.api.run import run_api_v1_playground_run_post as run
from promptyard_client.models import HistoryPage, PromptRunRequest, RunAnswer, RunStatus, TenantAnswer, TenantPatch


def client(url: str, key: str) -> AuthenticatedClient:
    return AuthenticatedClient(url, key, httpx_args={"trust_env": False}, raise_on_unexpected_status=True)


url, member_key, operator_key, tenant = sys.argv[1:]
member, operator = client(url, member_key), client(url, operator_key)

answer = run.sync(client=member, body=PromptRunRequest(model="demo/echo", prompt_text="Hello"))
assert isinstance(answer, RunAnswer), answer
assert answer.status is RunStatus.SUCCEEDED
page = history.sync(client=member)
assert isinstance(page, HistoryPage), page
changed = change_tenant.sync(tenant, client=operator, body=TenantPatch(retention_days=30))
assert isinstance(changed, TenantAnswer), changed
print(json.dumps({"run": answer.id, "output": answer.output, "history": [item.id for item in page.items]}))
