"""Random expressions, most of which hold for some items, and updates that most items take."""

from typing import Any

from tests.support.aws.random_values import GROUPS, NUMBERS, PARTITIONS, PLAIN, SORTS, TEXTS, Attribute, RandomValues


class Builder:
    """Puts one request's expressions together, with the names and values that they use."""

    def __init__(self, values: RandomValues) -> None:
        self._made, self._random = values, values.random
        self._names: dict[str, str] = {}
        self._values: dict[str, Attribute] = {}

    def placeholders(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self._names:
            given["ExpressionAttributeNames"] = self._names
        if self._values:
            given["ExpressionAttributeValues"] = self._values
        return given

    def name(self, attribute: str) -> str:
        self._names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, attribute: Attribute) -> str:
        name = f":v{len(self._values)}"
        self._values[name] = attribute
        return name

    def path(self, *among: str) -> str:
        chosen = self._random.choice(among or (*PLAIN, "n", "s", "t", "m.x", "m.y", "l[0]", "l[1]"))
        head = chosen.partition(".")[0].partition("[")[0]
        return self.name(head) + chosen[len(head) :]

    def condition(self, depth: int = 2) -> str:
        one_of = self._random.choice
        kind = one_of(("and", "or", "not", *(["simple"] * 4))) if depth else "simple"
        if kind in {"and", "or"}:
            return f" {kind.upper()} ".join(self._in_parentheses(depth - 1) for _ in range(2))
        if kind == "not":
            return f"NOT {self._in_parentheses(depth - 1)}"
        made = self._made
        match one_of(("=", "order", "between", "in", "exists", "missing", "type", "begins", "contains", "size")):
            case "=":
                return f"{self.path()} {one_of(('=', '<>'))} {self.value(made.any())}"
            case "order":
                return (
                    f"{self.path()} {one_of(('<', '<=', '>', '>='))} {self.value(one_of((made.number, made.text))())}"
                )
            case "between":
                low, high = sorted(NUMBERS[:4], key=lambda _: self._random.random())[:2]
                low, high = sorted((low, high), key=float)
                return f"{self.path()} BETWEEN {self.value({'N': low})} AND {self.value({'N': high})}"
            case "in":
                return f"{self.path()} IN ({self.value(made.scalar())}, {self.value(made.scalar())})"
            case "exists":
                return f"attribute_exists({self.path()})"
            case "missing":
                return f"attribute_not_exists({self.path()})"
            case "type":
                return f"attribute_type({self.path()}, {self.value({'S': one_of(('S', 'N', 'M', 'L', 'SS', 'BOOL'))})})"
            case "begins":
                return f"begins_with({self.path()}, {self.value({'S': one_of(TEXTS)})})"
            case "contains":
                return f"contains({self.path()}, {self.value(one_of((made.number, made.text))())})"
        return f"size({self.path()}) {one_of(('<', '=', '>='))} {self.value({'N': one_of(('0', '1', '2'))})}"

    def _in_parentheses(self, depth: int) -> str:
        inner = self.condition(depth)
        return f"({inner})" if " AND " in inner or " OR " in inner or inner.startswith("NOT") else inner

    def update(self) -> str:
        targets = list(self._random.sample((*PLAIN, "n", "s", "t", "group", "rank", "m.x", "l[0]", "l[1]"), 4))
        clauses: dict[str, list[str]] = {}
        for target in targets[: self._random.randint(1, 4)]:
            verb, action = self._action(target)
            clauses.setdefault(verb, []).append(action)
        if self._overlapping(targets):
            clauses.pop("SET", None)
        verbs = list(clauses.items()) or [("SET", [f"{self.path('c')} = {self.value(self._made.any())}"])]
        self._random.shuffle(verbs)
        return " ".join(f"{verb} {', '.join(actions)}" for verb, actions in verbs)

    def _overlapping(self, targets: list[str]) -> bool:
        return len({target.partition("[")[0] for target in targets}) < len(targets)

    def _action(self, target: str) -> tuple[str, str]:
        made, one_of = self._made, self._random.choice
        if target == "group":
            return one_of(
                (("SET", f"{self.path('group')} = {self.value({'S': one_of(GROUPS)})}"), ("REMOVE", self.path("group")))
            )
        if target == "rank":
            return one_of((("ADD", f"{self.path('rank')} {self.value(made.number())}"), ("REMOVE", self.path("rank"))))
        if target == "n":
            return "ADD", f"{self.path('n')} {self.value(made.number())}"
        if target in {"s", "t"}:
            return one_of(
                ("ADD", "DELETE")
            ), f"{self.path(target)} {self.value(made.set_of('SS' if target == 's' else 'NS'))}"
        path = self.path(target)
        match one_of(("set", "set", "missing", "sum", "append", "copy", "remove")):
            case "missing":
                return "SET", f"{path} = if_not_exists({path}, {self.value(made.any())})"
            case "sum":
                return "SET", f"{path} = {self.path('n')} {one_of('+-')} {self.value(made.number())}"
            case "append":
                return "SET", f"{path} = list_append({self.path('l')}, {self.value(made.list_of())})"
            case "copy":
                # Nothing that holds anything into what it may hold: both referees put a list into itself, at once or by
                # way of another thing that is set, and die of it.
                copied = [name for name in ("m", "n", "a", "l") if name != target] if target in PLAIN else ["n"]
                return "SET", f"{path} = {self.path(*copied)}"
            case "remove":
                return "REMOVE", path
        return "SET", f"{path} = {self.value(made.any())}"

    def key_condition(self, hash_key: str, range_key: str) -> str:
        partition = self._random.choice(PARTITIONS if hash_key == "pk" else GROUPS)
        condition = f"{self.name(hash_key)} = {self.value({'S': partition})}"
        if self._random.random() < 0.4:
            return condition
        values: tuple[Attribute, ...] = tuple({"S": value} for value in (PARTITIONS if range_key == "pk" else SORTS))
        if range_key == "rank":
            values = tuple({"N": value} for value in NUMBERS[:5])
        path = self.name(range_key)
        signs = ("=", "<", "<=", ">", ">=", "BETWEEN", *(() if range_key == "rank" else ("begins_with",)))
        match self._random.choice(signs):
            case "BETWEEN":
                low, high = sorted(
                    self._random.sample(values, 2),
                    key=lambda value: float(value.get("N", 0)) if "N" in value else value["S"],
                )
                return f"{condition} AND {path} BETWEEN {self.value(low)} AND {self.value(high)}"
            case "begins_with":
                return f"{condition} AND begins_with({path}, {self.value(self._random.choice(values))})"
            case sign:
                return f"{condition} AND {path} {sign} {self.value(self._random.choice(values))}"
