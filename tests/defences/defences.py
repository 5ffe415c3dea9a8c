"""The defences of SECURITY.md, each with the change that removes it and the tests that are to notice."""

from dataclasses import dataclass

PACKAGE = "layers/promptyard"
UNIT = "tests/unit"


@dataclass(frozen=True, slots=True)
class Defence:
    """`text` stands once in `file`; with `replacement` in its place the defence is gone, and each of `tests` fails."""

    what: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...]


NETWORK, AUTH = f"{PACKAGE}/providers/network", f"{PACKAGE}/api/auth"

DEFENCES = (
    Defence(
        "a caller's URL leads to no private address",
        f"{NETWORK}/url_policy.py",
        "                return self.allow_private\n",
        "                return True\n",
        (f"{UNIT}/providers/network/test_url_policy.py",),
    ),
    Defence(
        "redirects are not followed, nor taken for an answer",
        f"{NETWORK}/transport.py",
        "if response.status >= 300:",
        "if response.status >= 900:",
        ("tests/contract/providers/test_provider_failures.py::test_a_failure",),
    ),
    Defence(
        "a compressed answer is refused",
        f"{NETWORK}/transport.py",
        "        if compressed:\n",
        "        if False:\n",
        ("tests/contract/providers/test_provider_failures.py::test_a_failure",),
    ),
    Defence(
        "a collector is told nothing of what was blocked",
        f"{PACKAGE}/providers/telemetry/span.py",
        "    if content and run.status is not RunStatus.BLOCKED:\n",
        "    if content:\n",
        (f"{UNIT}/providers/telemetry/test_span.py",),
    ),
    Defence(
        "a tenant's collector is dialled through the guard",
        f"{PACKAGE}/providers/telemetry/network.py",
        "self._poster = GuardedPoster(allow_private_endpoints, keeps_connections=True)",
        'self._poster = GuardedPoster("private", keeps_connections=True)',
        (f"{UNIT}/providers/telemetry/test_network.py",),
    ),
    Defence(
        "what goes to a tenant's collector is what the tenant asks for",
        f"{PACKAGE}/domain/account/collectors.py",
        "return Destination(traces_url(self.endpoint), headers, self.content)",
        "return Destination(traces_url(self.endpoint), headers, True)",
        (
            "tests/contract/telemetry/test_tenant_collectors.py"
            "::test_what_is_said_is_told_where_the_tenant_asks_for_it_alone",
        ),
    ),
    Defence(
        "a body's values are counted",
        f"{PACKAGE}/api/json_text.py",
        "    if count_values(bare) > MAX_VALUES:\n",
        "    if False:\n",
        (f"{UNIT}/api/test_json_text.py", "tests/contract/test_loop_lag.py"),
    ),
    Defence(
        "who may begin no run is refused before the body comes",
        f"{AUTH}/authentication.py",
        "            if required.begins_runs:\n",
        "            if False:\n",
        ("tests/contract/metering/test_floods.py::test_every_route_of_runs_refuses_before_the_body_comes",),
    ),
    Defence(
        "of one tenant a few requests are worked on at once",
        f"{PACKAGE}/api/bulkheads/turns.py",
        "if self._working.get(tenant, 0) < self._at_once:",
        "if True:",
        (
            f"{UNIT}/api/bulkheads/test_turns.py",
            "tests/contract/metering/test_floods.py::test_more_requests_than_may_wait_are_refused",
        ),
    ),
    Defence(
        "no more runs go on than may",
        f"{PACKAGE}/storage/metering/months.py",
        'change.require_at_most("open_runs", limits.open_runs - 1)',
        'change.require_at_most("open_runs", 10**6)',
        (f"{UNIT}/storage/metering/test_months.py",),
    ),
    Defence(
        "an answer has an end",
        f"{NETWORK}/transport.py",
        "if size > self._limits.answer_bytes:",
        "if size < 0:",
        ("tests/contract/providers/test_provider_failures.py::test_a_failure",),
    ),
    Defence(
        "a stored key goes to its own origin alone",
        f"{PACKAGE}/services/account/provider_keys.py",
        " and stored.origin == origin_of(base_url) else None",
        " else None",
        (
            f"{UNIT}/services/account/test_provider_keys.py"
            "::test_a_key_goes_to_the_origin_it_was_stored_for_and_no_other",
        ),
    ),
    Defence(
        "the deployment's keys go to no address of a caller",
        f"{PACKAGE}/services/runs/targets.py",
        "own_only = own_keys_only or from_caller",
        "own_only = own_keys_only",
        (f"{UNIT}/services/runs/test_targets.py::test_an_address_of_the_callers_gets_no_key_of_ours",),
    ),
    Defence(
        "a key holds nothing that a header cannot",
        f"{PACKAGE}/domain/account/provider_keys.py",
        "return _SENDABLE.fullmatch(key) is not None",
        "return True",
        (f"{UNIT}/services/account/test_provider_keys.py::test_what_cannot_be_stored",),
    ),
    Defence(
        "roles are a ladder",
        f"{PACKAGE}/domain/account/access.py",
        "return _LADDER.index(self) >= _LADDER.index(required)",
        "return True",
        (f"{UNIT}/domain/account/test_roles.py",),
    ),
    Defence(
        "operators stand outside of the tenants",
        f"{PACKAGE}/domain/account/access.py",
        "            return self is required\n",
        "            return True\n",
        (f"{UNIT}/domain/account/test_roles.py",),
    ),
    Defence(
        "a route without a role cannot be defined",
        f"{AUTH}/authentication.py",
        '    raise TypeError(f"{route.path} declares no role: give it a `caller` parameter")',
        "    return RequiresRole(Role.VIEWER)",
        (f"{UNIT}/api/auth/test_authentication.py",),
    ),
    Defence(
        "a tenant's id reaches into no other tenant",
        f"{PACKAGE}/storage/table/keys.py",
        'if not tenant or "#" in tenant or "/" in tenant:',
        "if not tenant:",
        (f"{UNIT}/storage/table/test_tenants_in_keys.py",),
    ),
    Defence(
        "a token is signed as its issuer signs",
        f"{AUTH}/jwt_tokens.py",
        "algorithms=list(issuer.algorithms),",
        'algorithms=[header["alg"]],',
        (f"{UNIT}/api/auth/test_jwt_tokens.py",),
    ),
    Defence(
        "a token is for this API",
        f"{AUTH}/jwt_tokens.py",
        "audience=issuer.audience,",
        'audience=jwt.decode(token, options={"verify_signature": False}).get("aud"),',
        (f"{UNIT}/api/auth/test_jwt_tokens.py",),
    ),
    Defence(
        "a key ends when it is said to",
        f"{PACKAGE}/services/account/key_directory.py",
        "        if record.expired(datetime.now(UTC)):\n",
        "        if False:\n",
        (f"{UNIT}/services/account/test_api_keys.py",),
    ),
    Defence(
        "what is deployed never runs open",
        f"{PACKAGE}/settings.py",
        'if settings.auth == "open" and "AWS_LAMBDA_FUNCTION_NAME" in environment:',
        "if False:",
        (f"{UNIT}/test_access_settings.py",),
    ),
    Defence(
        "an open server answers no foreign page",
        "promptyard_local/host_guard.py",
        'return origins[0].lower() == f"http://{hosts[0]}".lower() or origins[0] in self._origins',
        "return True",
        ("tests/contract/test_requests.py::test_no_wildcard_opens_an_open_server_to_every_page",),
    ),
    Defence(
        "a quota is not overrun by runs at once",
        f"{PACKAGE}/storage/metering/months.py",
        "        room = quota.limit - quota.asked(reservation)\n",
        "        room = quota.limit\n",
        (f"{UNIT}/storage/metering/test_months.py::test_of_many_at_once_as_many_are_let_through_as_there_is_room_for",),
    ),
    Defence(
        "a limit on runs a minute is not overrun by runs at once",
        f"{PACKAGE}/storage/metering/months.py",
        "        change.require_at_most(attribute, rate.limit - 1)\n",
        "",
        (f"{UNIT}/storage/metering/test_months.py::test_a_limit_on_runs_a_minute_is_reached_by_itself",),
    ),
    Defence(
        "one Idempotency-Key is of one request",
        f"{PACKAGE}/services/runs/idempotency.py",
        "if record.fingerprint != fingerprint:",
        "if False:",
        (f"{UNIT}/storage/runs/test_idempotency.py",),
    ),
    Defence(
        "a cursor is of the list that gave it out",
        f"{PACKAGE}/storage/table/cursors.py",
        "if fingerprint != _fingerprint(list_) or not isinstance(position, dict):",
        "if not isinstance(position, dict):",
        (f"{UNIT}/storage/table/test_cursors.py",),
    ),
    Defence(
        "no cell of a CSV file is a formula",
        f"{PACKAGE}/api/text_files.py",
        "value.startswith(_FORMULA_STARTS)",
        "False",
        (f"{UNIT}/test_injection.py",),
    ),
    Defence(
        "a body that comes in pieces has an end",
        f"{PACKAGE}/api/middleware.py",
        "            if received > limit:\n",
        "            if False:\n",
        (f"{UNIT}/api/test_body_limit.py",),
    ),
    Defence(
        "a log has no exception's text",
        f"{PACKAGE}/domain/diagnostics.py",
        '        "error_type": type(error).__name__,\n',
        '        "error_type": repr(error),\n',
        (f"{UNIT}/api/test_failures_logged.py",),
    ),
    Defence(
        "what a report says is text",
        f"{PACKAGE}/api/reports/markup.py",
        "        return escape(_printable(content))\n",
        "        return _printable(content)\n",
        (f"{UNIT}/api/reports/test_markup.py", f"{UNIT}/api/reports/test_page.py"),
    ),
    Defence(
        "what a report says ends no attribute",
        f"{PACKAGE}/api/reports/markup.py",
        '"{escape(_printable(text))}"',
        '"{_printable(text)}"',
        (f"{UNIT}/api/reports/test_markup.py",),
    ),
    Defence(
        "an issuer's keys come with a 200 alone",
        f"{AUTH}/jwks.py",
        "if response.status_code != httpx.codes.OK:",
        "if False:",
        (f"{UNIT}/api/auth/test_jwks.py",),
    ),
    Defence(
        "a profile's key goes to the profile's address alone",
        "promptyard_cli/client/access.py",
        'if chosen.get("api_key") and _origin(address) == _origin(own_url):',
        'if chosen.get("api_key"):',
        (f"{UNIT}/cli/test_access.py",),
    ),
    Defence(
        "a file of keys is its owner's alone",
        "promptyard_cli/client/access.py",
        'if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):',
        "if False:",
        (f"{UNIT}/cli/test_access.py",),
    ),
    Defence(
        "what a model says commands no terminal",
        "promptyard_cli/display/output.py",
        'return CONTROLS.sub("", text) if for_people() else text',
        "return text",
        (f"{UNIT}/cli/test_output.py",),
    ),
    Defence(
        "files of an archive do not overlap",
        f"{PACKAGE}/api/zip_reading.py",
        "        if entry.header_offset + _HEADER_BYTES + entry.compress_size > end:\n",
        "        if False:\n",
        ("tests/functions/test_archive_reading.py",),
    ),
    Defence(
        "an archive has a size when it is unpacked",
        f"{PACKAGE}/api/zip_reading.py",
        "if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:",
        "if False:",
        ("tests/functions/test_archive_reading.py",),
    ),
    Defence(
        "a benchmark's id leads to its own tenant",
        f"{PACKAGE}/storage/benchmarks/benchmarks.py",
        '"tenant": benchmark.tenant}, own)',
        '"tenant": benchmark.tenant})',
        ("tests/contract/tenant_data/test_tenant_import.py::test_another_tenant_takes_it_with_prompts_of_its_own",),
    ),
)
