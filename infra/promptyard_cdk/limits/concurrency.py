"""What groups and tenants may take of the calls that Lambda carries out at once. An account has so many of them in a
region: a group with a reservation takes those and no others, all others share what is left.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from collections.abc import Mapping
from dataclasses import replace

from promptyard_cdk.groups import Group
from promptyard_cdk.props import InvalidProps, PromptyardApiProps, Throttle

USUAL_ACCOUNT = 1_000
"""Of an account whose own number is not said. AWS begins some with less."""
LEFT_TO_ALL = 100
"""What Lambda keeps for functions without a reservation."""
SWEEPER = "sweeper"
SWEEPER_RESERVED = 2
"""It is called once a minute, and takes up to four."""
PART_OF_A_TENANT = 5
"""A tenant may have a fifth of the calls going on that carry runs."""
MAX_RUNS_AT_ONCE = 1_000
MIN_OF_A_QUEUE = 2
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

THROTTLES = {"stream": Throttle(rate=50, burst=100), "buffered": Throttle(rate=100, burst=200)}
"""What each method takes, by its group's mode. Tenants have limits of their own, which the functions know."""
PAGE_THROTTLE = Throttle(rate=200, burst=400)
"""Of the group `web`: who opens the page for the first time asks for some tens of files at once."""


class Concurrency:
    """What of it each of the groups has."""

    def __init__(self, props: PromptyardApiProps, groups: Mapping[str, Group]) -> None:
        """Raises InvalidProps where it does not fit together."""
        self._props = props
        self._groups = groups
        self._account = USUAL_ACCOUNT if props.account_concurrency is None else props.account_concurrency
        self.reserved = _reserved(props, groups)
        """By group."""
        self._check()
        self.runs_at_once = self._runs_at_once()
        """How many runs each tenant may have going on."""

    def of(self, group: Group) -> int:
        """How many calls of it may go on at once."""
        return self.reserved.get(group.name, self._account - sum(self.reserved.values()))

    def throttle(self, group: Group) -> Throttle:
        """What each of its methods takes: no more at once than there can be calls."""
        usual = PAGE_THROTTLE if group.name == "web" else THROTTLES[group.mode]
        most = self.of(group)
        return self._props.throttle.get(group.name, Throttle(min(usual.rate, most), min(usual.burst, most)))

    def fitted(self, group: Group) -> Group:
        """One that a queue calls, with no more calls at once than it has; where it has none of its own, half of all."""
        if group.at_once is None:
            return group
        most = self.reserved.get(group.name, self.of(group) // 2)
        return replace(group, at_once=max(MIN_OF_A_QUEUE, min(group.at_once, most)))

    def _check(self) -> None:
        props, total = self._props, sum(self.reserved.values())
        for name, number in self.reserved.items():
            least = MIN_OF_A_QUEUE if self._groups[name].mode == "queue" else 1
            if number < least:
                raise InvalidProps(f"reserved_concurrency: {name} is given {number}; it needs {least} or more")
        if total and total > self._account - LEFT_TO_ALL:
            raise InvalidProps(
                f"reserved_concurrency: takes {total:,} of the {self._account:,} calls at once that the account has, "
                f"and Lambda keeps {LEFT_TO_ALL} for functions without a reservation: reserve less, or ask for more in "
                "Service Quotas (Concurrent executions) and say so in account_concurrency"
            )
        for name, limit in props.throttle.items():
            most = self.of(self._groups[name])
            if limit.burst > most:
                raise InvalidProps(
                    f"throttle: burst of {name} is {limit.burst:,}, and Lambda carries out {most:,} of its calls at "
                    "once: lower it, or raise reserved_concurrency or account_concurrency"
                )

    def _runs_at_once(self) -> int:
        carry_runs = [group for group in self._groups.values() if group.models and group.has_routes]
        most = min(map(self.of, carry_runs), default=self._account)
        given = self._props.runs_at_once
        if given is None:
            return max(1, min(most // PART_OF_A_TENANT, MAX_RUNS_AT_ONCE))
        if not 1 <= given <= min(most, MAX_RUNS_AT_ONCE):
            raise InvalidProps(
                f"runs_at_once: is {given:,}; it takes 1 to {MAX_RUNS_AT_ONCE:,}, and no more than the {most:,} calls "
                "that Lambda carries out at once of a group that runs models"
            )
        return given


def _reserved(props: PromptyardApiProps, groups: Mapping[str, Group]) -> dict[str, int]:
    """By group. Where the account's number is said and has room for it, the sweeper has its own, whoever floods."""
    reserved = dict(props.reserved_concurrency)
    has_room = sum(reserved.values()) + SWEEPER_RESERVED + LEFT_TO_ALL <= (props.account_concurrency or 0)
    if has_room and SWEEPER in groups:
        reserved.setdefault(SWEEPER, SWEEPER_RESERVED)
    return reserved
