"""Nunjucks templates: those that only name variables are templates of ours."""

import re
from collections.abc import Mapping
from typing import Any

_TAG = re.compile(r"\{\{-?(.*?)-?\}\}|\{%|\{#", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_ROUNDS = 5
"""How deep variables of variables are filled in."""


class TemplateRefused(ValueError):
    """The message names what is not taken."""


def taken(template: str) -> str:
    """The template in our form. Raises TemplateRefused."""

    def replace(tag: re.Match[str]) -> str:
        expression = tag[1]
        if expression is None:
            what = "a block ({% … %})" if tag[0] == "{%" else "a comment ({# … #})"
            raise TemplateRefused(f"has {what} of Nunjucks")
        name = expression.strip()
        if not _NAME.fullmatch(name):
            what = "a filter" if "|" in name else "an expression"
            raise TemplateRefused(f"has {what} of Nunjucks: {{{{ {name[:80]} }}}}")
        if name.startswith("env."):
            raise TemplateRefused(f"reads the environment: {{{{ {name} }}}}")
        return f"{{{{{name}}}}}"

    if re.search(r"\\\{\{|\{\{\{|\}\}\}", template):
        raise TemplateRefused("has braces beside braces ({{{ or \\{{)")
    found = _TAG.sub(replace, template)
    if "{{" in _TAG.sub("", found):
        raise TemplateRefused("has braces that are not closed")
    return found


def names_in(template: str) -> list[str]:
    """The variables of a template of ours, in order."""
    return list(dict.fromkeys(tag[1].strip() for tag in _TAG.finditer(template) if tag[1]))


def resolved(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables, with those that stand in texts of others put in, as promptfoo does it. What names none stays.
    Raises TemplateRefused."""
    found = dict(variables)
    for _ in range(_ROUNDS):
        changed = False
        for name, value in found.items():
            if isinstance(value, str) and "{{" in value:
                text = _filled(value, found)
                changed = changed or text != value
                found[name] = text
        if not changed:
            break
    return found


def _filled(template: str, variables: Mapping[str, Any]) -> str:
    text = taken(template)
    return _TAG.sub(lambda tag: as_nunjucks(variables[tag[1]]) if tag[1] in variables else tag[0], text)


def as_nunjucks(value: Any) -> str:
    """A value as a template shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
