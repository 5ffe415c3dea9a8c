"""Small mistakes made in Python code: a comparison that is off by one, a condition turned round, a line left out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
_SAYS_NOTHING = ("logger", "warnings")


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` is the whole module's; `name` says what was changed: the same for the same code on another line. `lines`
    are where it stood; they run at a call where it is `called`, else as the module is imported."""

    name: str
    lines: range
    called: bool
    text: str


def count_of(source: str) -> int:
    """How many mutants there are of a module."""
    return sum(1 for _ in _places(ast.parse(source)))


def mutant(source: str, number: int) -> Mutant:
    """One of them, from 0 on, in the order of its lines."""
    tree = ast.parse(source)
    node, kind = next(islice(_places(tree), number, None))
    inside, before = _inside(tree, node), ast.unparse(node)
    scope = ".".join(scope.name for scope in inside) or "the module"
    called = any(_is_of_the_body(scope, node) for scope in inside)
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    after = _change(node, kind)
    return Mutant(f"{scope}: {_short(before)} -> {_short(after)}", lines, called, ast.unparse(tree))


_Scope = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[ast.expr | ast.stmt, str]


def _places(tree: ast.AST) -> Iterator[Place]:
    for node in _code(tree):
        match node:
            case ast.Compare(ops=[operator]) if type(operator) in _COMPARED:
                yield node, "compare"
            case ast.BinOp(op=operator, left=left) if type(operator) in _COUNTED and not _is_text(left):
                yield node, "count"
            case ast.BoolOp():
                yield node, "and or"
            case ast.UnaryOp(op=ast.Not()):
                yield node, "not"
            case ast.Constant(value=bool()):
                yield node, "truth"
            case ast.Constant(value=int()):
                yield node, "number"
            case ast.If() | ast.IfExp() | ast.While():
                yield node, "condition"
            case ast.Return(value=value) if value is not None and not _says_no(value):
                yield node, "return"
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.AugAssign() if not _only_tells(node):
                yield node, "statement"


def _change(node: ast.expr | ast.stmt, kind: str) -> str:
    """Changes it where it stands; returns what it is now."""
    match node, kind:
        case ast.Compare(), _:
            node.ops = [_COMPARED[type(node.ops[0])]()]
        case ast.BinOp(), _:
            node.op = _COUNTED[type(node.op)]()
        case ast.BoolOp(), _:
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(), _:
            node.op = ast.Not()
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool() as value), _:
            node.value = not value
        case ast.Constant(value=int() as value), _:
            node.value = value + 1
        case ast.If() | ast.IfExp() | ast.While(), _:
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return(), _:
            node.value = ast.Constant(None)
        case _:
            text = ast.unparse(node)
            node.__class__ = ast.Pass  # type: ignore[assignment]
            return f"without {text}"
    return ast.unparse(node)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What runs: no annotations, decorators, docstrings, and nothing that is there for type checkers."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Import() | ast.ImportFrom():
            return
    yield node
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _inside(tree: ast.AST, wanted: ast.AST) -> list[_Scope]:
    """The class and the function that it stands in, the outermost first."""
    scopes = [node for node in ast.walk(tree) if isinstance(node, _Scope)]
    return [scope for scope in scopes if any(child is wanted for child in ast.walk(scope))]


def _is_of_the_body(scope: _Scope, wanted: ast.AST) -> bool:
    """And not of a default, which is computed where the function is made."""
    if isinstance(scope, ast.ClassDef):
        return False
    return any(child is wanted for statement in scope.body for child in ast.walk(statement))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _says_no(node: ast.expr) -> bool:
    """As does None, to whoever asks whether it is so."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _only_tells(node: ast.AST) -> bool:
    return ast.unparse(node).removeprefix("await ").startswith(_SAYS_NOTHING)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}…"
