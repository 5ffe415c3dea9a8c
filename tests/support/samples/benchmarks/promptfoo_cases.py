"""Answers and promptfoo's assertions on them: many of each kind, near what passes and what fails."""

import json
import random
from typing import Any

WORDS = [
    "The",
    "Danube",
    "rises",
    "in",
    "the",
    "Black",
    "Forest,",
    "flows",
    "east",
    "and",
    "ends",
    "in",
    "the",
    "Black",
    "Sea",
]
ANSWERS = [
    " ".join(WORDS),
    "The Danube rises in the Black Forest.",
    "the danube",
    "I'm sorry, but I cannot help with that.",
    "As an AI I do not have rivers.",
    '{"river": "Danube", "km": 2850}',
    '{"river": "Danube", "km": "2850"}',
    '[1, 2.0, {"a": null}]',
    "2850",
    "true",
    "null",
    'Sure: {"river": "Danube", "km": 2850} and so on.',
    "It's 2,850 km long; isn't that a lot?",
    "Die Donau fließt über Österreich nach Osten.",
    "line one\nline two\n\nline four",
    "\u00a0spaced\u2003out\ttext ",
    "a, b, c",
    "ÄÖÜ straße İ",
    "x" * 300,
    "The the the THE",
    "NaN",
    '{"a": NaN}',
    "{not json}",
    "won't can't I won't help you",
]
PIECES = [
    *("don't", "(see)", '"quoted"', "e.g.", "U.S.", "...", "—", "cannot", "gonna", "'tis", "a,b", "3:30", "$5", "50%"),
    *("end.", "What?!", "\n", "it's", "they'll", "[1]", "Danube", "the", "The", "Österreich", "漢字", "re-use", "--"),
    *("x;y", "#1", "A.", "I'm sorry", "{}", '{"a": 1}', "\t", "...and", "'single'", "“curly”", "’s", "more'n", "wanna"),
    *("Sea.)", "ok:", "1.5"),
]
PATTERNS = [
    "Danube", "^The", "Sea$", r"\d+", r"^\d{4}$", r"\w+\s\w+", r"\bthe\b", r"[A-Z][a-z]+", "(?:Black|White) Forest",
    "^$", r"^\s", r"\S+@\S+", "[^a-z ]", r"[\w-]+,", "a{2,3}", r"line one.line", r"line one\nline", r"\u00e4|\xe4|ß",
    "x{300}",
    r"[[{]", r"\{.*\}", "^[^{]*$", r"\/|\-|,", "(?<name>Danube)", r"\D\W\S", r"[\s\S]", r"[\b]|t", ".*east.*",
    "$^|Danube", r"\Bast", r"(?:^|\W)o", "(a|b|c)+$", r"[\x41-Z]", r"\t| {2}",
]  # fmt: skip
SCHEMAS: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "object", "required": ["river", "km"], "properties": {"km": {"type": "integer"}}},
    {"type": "object", "additionalProperties": False, "properties": {"river": {}, "km": {"minimum": 2851}}},
    {"type": "array", "minItems": 3, "items": {"type": ["number", "object"]}},
    {"anyOf": [{"type": "boolean"}, {"type": "null"}, {"const": 2850}]},
    {"not": {"type": "string"}},
]


def assertions(pick: random.Random, answer: str) -> list[dict[str, Any]]:
    """Some of every kind, made near the answer."""
    other = pick.choice(ANSWERS)
    piece = _piece(pick, answer)
    made: list[dict[str, Any]] = [
        {"type": "equals", "value": pick.choice([answer, other, answer.lower()])},
        {"type": "equals", "value": pick.choice([{"km": 2850, "river": "Danube"}, [1, 2, {"a": None}], 2850, True])},
        {"type": "contains", "value": pick.choice([piece, other[:7], piece.upper(), 2850])},
        {"type": "icontains", "value": pick.choice([piece.upper(), other[:7], "{{word}}"])},
        {"type": "contains-all", "value": pick.choice([[piece, "the"], "Danube, Black", 'a, "b, c"', [piece, 2850]])},
        {"type": "contains-any", "value": pick.choice([[piece, "zzz"], "zzz, yyy", "{{word}}, zzz", ["zzz"]])},
        {"type": "icontains-all", "value": pick.choice([[piece.upper(), "THE"], "DANUBE, black"])},
        {"type": "icontains-any", "value": pick.choice([["ZZZ", piece.upper()], "ZZZ,YYY"])},
        {"type": "starts-with", "value": pick.choice([answer[:4], other[:4], "The"])},
        {"type": "regex", "value": pick.choice(PATTERNS)},
        {"type": "is-json"},
        {"type": "is-json", "value": pick.choice(SCHEMAS)},
        {"type": "is-json", "value": json.dumps(pick.choice(SCHEMAS))},
        {"type": "word-count", "value": pick.choice([_words(answer), 3, {"min": 3}, {"max": 5}, {"min": 2, "max": 9}])},
        {"type": "levenshtein", "value": pick.choice([answer[:-3] + "abc", answer[4:], other]), **_threshold(pick, 20)},
        {"type": "bleu", "value": pick.choice([answer, [other, answer[5:]], other]), **_threshold(pick, 1)},
        {"type": "rouge-n", "value": pick.choice([answer, answer[5:] + " and more", other]), **_threshold(pick, 1)},
        {"type": "is-refusal"},
        {"type": "latency", "threshold": 60_000},
        {"type": "cost", "threshold": 0.1},
    ]
    if "{" not in answer or answer.startswith(('{"river', "Sure")):
        made.append({"type": "contains-json", "value": pick.choice(SCHEMAS)})
        made.append({"type": "contains-json"})
    return [_turned(pick, one) for one in made if one.get("value") not in ("", [])]


def config(seed: int, tests: int) -> dict[str, Any]:
    """A config whose answers are the prompts."""
    pick = random.Random(seed)
    made = []
    for _ in range(tests):
        answer = pick.choice(ANSWERS) if pick.random() < 0.5 else made_up(pick)
        every = assertions(pick, answer)
        some = pick.sample(every, pick.randint(1, len(every)))
        test: dict[str, Any] = {"vars": {"answer": answer, "word": pick.choice(["Danube", "zebra"])}, "assert": some}
        if pick.random() < 0.3:
            test["threshold"] = pick.choice([0.2, 0.5, 0.8])
        for one in some:
            if pick.random() < 0.2:
                one["weight"] = pick.choice([0, 2, 5])
        made.append(test)
    shared = [{"type": "not-equals", "value": "never"}, {"type": "icontains", "value": "e", "metric": "has e"}]
    return {"prompts": ["{{answer}}"], "providers": ["echo"], "defaultTest": {"assert": shared}, "tests": made}


def made_up(pick: random.Random) -> str:
    return " ".join(pick.choice(PIECES) for _ in range(pick.randint(1, 14))).strip() or "x"


def _piece(pick: random.Random, text: str) -> str:
    start = pick.randrange(len(text))
    return text[start : start + pick.randint(1, 12)].strip() or "the"


def _words(text: str) -> int:
    return len(text.split())


def _threshold(pick: random.Random, largest: int) -> dict[str, Any]:
    return (
        {}
        if pick.random() < 0.5
        else {"threshold": round(pick.random() * largest, 2) if largest == 1 else pick.randint(0, largest)}
    )


def _turned(pick: random.Random, assertion: dict[str, Any]) -> dict[str, Any]:
    return assertion | {"type": f"not-{assertion['type']}"} if pick.random() < 0.3 else assertion
