"""`python -m promptyard.admin`: what only those who run a deployment may do, with their own AWS credentials.

It works on the account table that `PROMPTYARD_ACCOUNT_TABLE` names; `repair-counters` and `delete-expired` also on the
runs (`PROMPTYARD_RUNS_TABLE`, `PROMPTYARD_RUNS_BUCKET`), `delete-expired` on benchmark runs
(`PROMPTYARD_BENCHMARKS_TABLE`), too, by the deployment's `PROMPTYARD_RETENTION_DAYS`, `reconcile` on what is metered
(`PROMPTYARD_USAGE_TABLE`), `add-indexes` on all tables that are named. For the local server's data there is
`python -m promptyard_local.admin`.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from promptyard.aws.indexes import add_missing, lacking
from promptyard.aws.resources import indexed_tables
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.retention import delete_expired
from promptyard.bootstrap.whole import WHOLE
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import NewApiKey
from promptyard.domain.account.tenants import OPERATORS, Tenant
from promptyard.domain.errors import NotFound, PromptyardError
from promptyard.domain.metering.ledger import month_bounds, month_of
from promptyard.domain.paging import PageRequest
from promptyard.services.metering.reconciliation import Reconciliation
from promptyard.settings import BadSetting

AUDIT_LINES = 100

COMMAND_LINE = Caller(tenant=OPERATORS, role=Role.OPERATOR, name="command line")
"""Who the audit log says it was."""


def run(arguments: Sequence[str], services: Parts) -> None:
    """Carry out one command: its result goes to standard output, everything else to standard error.

    Raises PromptyardError, and SystemExit for a wrong command.
    """
    command = _parser().parse_args(arguments)
    asyncio.run(_carry_out(command, services))


async def _carry_out(command: argparse.Namespace, services: Parts) -> None:
    try:
        match command.command:
            case "make-operator-key":
                await _hand_over(command, services, Role.OPERATOR, OPERATORS)
            case "make-admin-key":
                tenant = await services.account.tenants.get(command.tenant)
                await _hand_over(command, services, Role.ADMIN, tenant.id)
            case "operator-keys":
                for key in await services.account.api_keys.all_of(OPERATORS):
                    used = key.last_used_at.isoformat(timespec="minutes") if key.last_used_at else "never used"
                    sys.stdout.write(f"{key.id}  {key.prefix}…  {used}  {key.name}\n")
            case "operator-audit":
                for entry in (await services.callers.audit.page(OPERATORS, PageRequest(AUDIT_LINES))).items:
                    sys.stdout.write(entry.model_dump_json() + "\n")
            case "revoke-operator-key":
                await services.account.api_keys.revoke(COMMAND_LINE, command.key_id)
                sys.stderr.write("Revoked. It stops within a minute.\n")
            case "repair-counters" | "delete-expired" | "reconcile":
                await _over_tenants(command, services)
            case "add-indexes":
                _add_indexes(services, only_look=command.check)
    finally:
        await services.close()


async def _over_tenants(command: argparse.Namespace, services: Parts) -> None:
    """Raises SystemExit when a month's counts are not those of its ledger."""
    differs = False
    if command.command == "delete-expired" and services.retention is None:
        sys.stderr.write(
            "PROMPTYARD_RETENTION_DAYS is not set: only what is of tenants with a retention of their own is deleted.\n"
        )
    async for tenant in _tenants(command, services):
        match command.command:
            case "repair-counters":
                number = await services.runs.store.repair_counters(tenant.id)
                sys.stdout.write(f"{tenant.id}: {number} corrected\n")
            case "delete-expired":
                number = await delete_expired(services, tenant)
                sys.stdout.write(f"{tenant.id}: {number} deleted\n")
            case "reconcile":
                month = command.month or month_of(datetime.now(UTC))
                found = await services.metering.reconciler.reconcile(tenant.id, month)
                sys.stdout.write(_reconciled(found))
                differs = differs or bool(found.differences)
    if differs:
        sys.exit(1)


def _add_indexes(services: Parts, *, only_look: bool) -> None:
    """Raises SystemExit where indexes are missing and stay so."""
    client, names = services.clients.dynamodb, services.environment
    if not any(indexed_tables(names)):
        raise BadSetting("No table with indexes is named: set PROMPTYARD_RUNS_TABLE, PROMPTYARD_USAGE_TABLE, or both")
    if not only_look:
        add_missing(client, names, _tell)
    found = lacking(client, names)
    for table, indexes in found.items():
        sys.stdout.write(f"{table}: lacks {', '.join(indexes)}\n")
    if found:
        sys.exit(1)
    sys.stdout.write("All indexes are there.\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _reconciled(found: Reconciliation) -> str:
    month = found.month
    head = f"{month.tenant} {month.month}: {month.settled.runs} runs charged, {len(month.open)} open; "
    if found.differences is None:
        return f"{head}too busy to be compared\n"
    if not found.differences:
        return f"{head}as in the ledger\n"
    lines = (f"  {entry.what}: {entry.counted}, expected {entry.expected}\n" for entry in found.differences)
    return f"{head}DIFFERS from the ledger\n{''.join(lines)}"


def _month(text: str) -> str:
    try:
        month_bounds(text)
    except ValueError:
        raise argparse.ArgumentTypeError("takes YYYY-MM") from None
    return text


async def _tenants(command: argparse.Namespace, services: Parts) -> AsyncIterator[Tenant]:
    """Those that the command names, else all."""
    for tenant_id in command.tenant or ():
        tenant = await services.tenant_directory.find(tenant_id)
        if tenant is None:
            raise NotFound(f"There is no tenant {tenant_id}")
        yield tenant
    if not command.tenant:
        async for tenant in services.tenant_directory.every():
            yield tenant


async def _make(command: argparse.Namespace, services: Parts, role: Role, tenant: str) -> NewApiKey:
    days = command.expires_in_days
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    return await services.account.api_keys.make(
        COMMAND_LINE, name=command.name, role=role, expires_at=expires_at, tenant=tenant
    )


async def _hand_over(command: argparse.Namespace, services: Parts, role: Role, tenant: str) -> None:
    """The new key to standard output, or into a new file that its owner alone may read: it is opened first, for a key
    that could not be handed over would be of no use. Raises SystemExit."""
    if command.out is None:
        made = await _make(command, services, role, tenant)
        sys.stderr.write(f"{_named(made)}. It is shown this once:\n")
        sys.stdout.write(made.secret.get_secret_value() + "\n")
        return
    try:
        file = os.open(command.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        sys.exit(f"promptyard: {command.out} cannot be made: {error.strerror}")
    try:
        made = await _make(command, services, role, tenant)
        os.write(file, f"{made.secret.get_secret_value()}\n".encode())
    except BaseException:
        with suppress(OSError):
            os.unlink(command.out)
        raise
    finally:
        os.close(file)
    sys.stderr.write(f"{_named(made)} is in {command.out}, and nowhere else.\n")


def _named(made: NewApiKey) -> str:
    record = made.record
    return f"The key {record.id} ({record.role.value}, {record.name})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="admin", description="What no route of the API does.")
    commands = parser.add_subparsers(dest="command", required=True)
    operator = commands.add_parser("make-operator-key", help="make a key that manages tenants")
    admin = commands.add_parser("make-admin-key", help="make an admin key of a tenant that has lost its own")
    admin.add_argument("tenant", help="the tenant's id")
    for command in (operator, admin):
        command.add_argument("--name", default="Made on the command line", help="what the key is for")
        command.add_argument("--expires-in-days", type=int, metavar="DAYS", help="without it the key does not expire")
        command.add_argument("--out", metavar="FILE", help="a new file for the key, which you alone may read (0600)")
    commands.add_parser("operator-keys", help="list the operators' keys: id, beginning, last use, name")
    commands.add_parser("operator-audit", help=f"print the newest {AUDIT_LINES} entries of their audit log")
    commands.add_parser("revoke-operator-key", help="revoke one of them").add_argument("key_id")
    repair = commands.add_parser(
        "repair-counters", help="count runs again and correct the totals; best while little is going on"
    )
    expired = commands.add_parser(
        "delete-expired",
        help="delete benchmark runs, and the large content of runs, whose retention is over; records go by themselves",
    )
    indexes = commands.add_parser(
        "add-indexes",
        help="add the indexes of this version that tables lack, and wait until they are filled; for restored tables",
    )
    indexes.add_argument(
        "--check", action="store_true", help="only say what is missing; exit status 1 when anything is"
    )
    reconcile = commands.add_parser(
        "reconcile", help="compare a month's counts with its ledger; exit status 1 when they differ"
    )
    reconcile.add_argument("--month", type=_month, metavar="YYYY-MM", help="without it the current one")
    for command in (repair, expired, reconcile):
        command.add_argument("--tenant", action="append", metavar="ID", help="only of this tenant; may be repeated")
    return parser


if __name__ == "__main__":
    try:
        run(sys.argv[1:], Parts.from_environment(*WHOLE))
    except PromptyardError as error:
        sys.exit(f"promptyard: {error.message}")
