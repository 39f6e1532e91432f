"""
What IAM policy documents allow.

Source: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements". Unknown condition
operators never match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str]
"""Condition keys in lower case, and their values."""

VARIABLE = re.compile(r"\$\{([^}]+)\}")


class Decision(Enum):
    """What policies say about an action."""

    ALLOWED = "allowed"
    DENIED = "explicitly denied"
    UNMENTIONED = "not allowed"


def decide(documents: Iterable[Document], action: str, resource: str, context: Context) -> Decision:
    """
    Evaluate identity policies.

    :param documents: the policies of the caller.
    :param action: such as ``redshift:GetClusterCredentials``.
    :param resource: the ARN of what it concerns.
    :param context: the condition keys of the call.
    """
    effects = {
        statement.get("Effect")
        for document in documents
        for statement in statements(document)
        if _names(statement, "Action", action.lower(), lambda each: each.lower())
        and _names(statement, "Resource", resource, lambda each: substitute(each, context))
        and conditions_hold(statement, context)
    }
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.UNMENTIONED


def trusted_principals(document: Document, action: str, context: Context, kind: str = "AWS") -> set[str]:
    """
    List the principals whom a role's trust policy lets assume the role in this context.

    :param kind: of which kind; ``Federated`` for identity providers.
    """
    allowed: set[str] = set()
    denied: set[str] = set()
    for statement in statements(document):
        if _names(statement, "Action", action.lower(), str.lower) and conditions_hold(statement, context):
            principal = statement.get("Principal", {})
            named = principal if isinstance(principal, str) else principal.get(kind, [])
            (allowed if statement.get("Effect") == "Allow" else denied).update(as_list(named))
    return allowed - denied


def statements(document: Document) -> list[Mapping[str, Any]]:
    """List the statements of a policy; a single one needs no list."""
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def conditions_hold(statement: Mapping[str, Any], context: Context) -> bool:
    """Whether all conditions of a statement hold."""
    return all(
        _holds(operator, context.get(key.lower()), [substitute(each, context) for each in as_list(wanted)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def substitute(text: str, context: Context) -> str:
    """Put the context's values in place of policy variables such as ``${aws:username}``."""
    return VARIABLE.sub(lambda match: context.get(match[1].lower(), match[0]), text)


def as_list(value: Any) -> list[str]:
    """Read one or several texts; booleans and numbers count as texts."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]


def matches(pattern: str, text: str) -> bool:
    """Compare as IAM does: ``*`` and ``?`` are wildcards, brackets are not."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _names(statement: Mapping[str, Any], element: str, text: str, prepare: Callable[[str], str]) -> bool:
    if element in statement:
        return any(matches(prepare(each), text) for each in as_list(statement[element]))
    if f"Not{element}" in statement:
        return not any(matches(prepare(each), text) for each in as_list(statement[f"Not{element}"]))
    return element == "Resource"  # a trust policy has none


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: matches(wanted, actual),
    "ArnEquals": lambda actual, wanted: matches(wanted, actual),
    "ArnLike": lambda actual, wanted: matches(wanted, actual),
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def _holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    operator = operator.rsplit(":", 1)[-1]  # our keys have one value: ForAnyValue and ForAllValues agree
    optional = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    if operator == "Null":
        return str(actual is None).lower() in wanted
    if operator in NEGATIONS:
        return actual is None or not _holds(NEGATIONS[operator], actual, wanted)
    if actual is None:
        return optional
    compare = COMPARISONS.get(operator)
    return compare is not None and any(compare(actual, each) for each in wanted)
