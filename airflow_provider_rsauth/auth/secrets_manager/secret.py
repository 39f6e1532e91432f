"""What a secret in Secrets Manager says: user, password and perhaps host, port, database or cluster; or a token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr, ValidationError

from airflow_provider_rsauth.auth.errors import UnusableSecret
from airflow_provider_rsauth.auth.problems import problems_of
from airflow_provider_rsauth.auth.target import Target, TargetSettings, resolve, split_endpoint
from airflow_provider_rsauth.auth.tokens.token import problem_with

_USER = ("username", "user")
_PASSWORD = ("password",)
_ENGINE = ("engine",)
_NAMESPACE = ("namespaceName",)
_TOKEN = ("token", "access_token", "id_token", "jwt", "web_identity_token")
_PLACE = {
    "host": ("host",),
    "port": ("port",),
    "database": ("dbname", "database"),
    "cluster_identifier": ("dbClusterIdentifier", "clusterIdentifier"),
    "serverless_work_group": ("workgroupName",),
}
"""A field of ours, and the keys that it may have in a secret, in any case; AWS's own spelling first."""

_HARMLESS_KEY = re.compile(r"[A-Za-z][A-Za-z_.-]*[0-9]{0,2}", re.ASCII)
_ENGINE_NAME = re.compile(r"[a-z][a-z-]{1,20}", re.ASCII)
LONGEST_KEY, MOST_KEYS = 30, 20

_AS_IT_SHOULD_BE = (
    'Store it as the console does for "Credentials for Amazon Redshift": a JSON object with username, password and, '
    "where it is to say so, host, port, dbname, dbClusterIdentifier. Or name another secret in secret_id."
)
_STORE_IT = "Store the token as it is, or as token in a JSON object. Or name another secret in secret_id."
_KINDS = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Secret:
    """
    What a secret says.

    :param title: which secret, for messages.
    :param user: the database user.
    :param password: its password.
    :param place: what it says of cluster or workgroup, under the names of our fields.
    :param keys: the names of its keys, for messages.
    :param names_a_namespace: whether it names a Serverless namespace.
    """

    title: str
    user: str
    password: str = field(repr=False)
    place: Mapping[str, Any] = field(repr=False)
    keys: str
    names_a_namespace: bool


def read_secret(answer: Mapping[str, Any], title: str) -> Secret | UnusableSecret:
    """
    Read the answer of GetSecretValue.

    An error is returned, so that it can be raised where no frame holds the content.

    :param answer: the answer.
    :param title: which secret, for messages.
    """
    raw = answer.get("SecretString")
    try:
        content = json.loads(answer.get("SecretBinary", b"") if raw is None else raw)
    except (ValueError, RecursionError):
        return UnusableSecret(f"{title} is not JSON.", remedy=_AS_IT_SHOULD_BE, code="SecretNotJson")
    if not isinstance(content, dict):
        kind = _KINDS.get(type(content), "null")
        text = f"{title} is JSON, but {kind} and not an object."
        return UnusableSecret(text, remedy=_AS_IT_SHOULD_BE, code="SecretNotJson")
    if refusal := _another_engine(_value(content, _ENGINE), title):
        return refusal
    faults = [fault for names in (_USER, _PASSWORD) if (fault := _fault(content, names))]
    if faults:
        text = f"{title} cannot be used: {' and '.join(faults)}. {_keys(content)}"
        return UnusableSecret(text, remedy=_AS_IT_SHOULD_BE, code="SecretIncomplete")
    found = {name: _value(content, names) for name, names in _PLACE.items()}
    return Secret(
        title=title,
        user=_value(content, _USER),
        password=_value(content, _PASSWORD),
        place={name: value for name, value in found.items() if value},
        keys=_keys(content),
        names_a_namespace=bool(_value(content, _NAMESPACE)),
    )


def read_token(answer: Mapping[str, Any], title: str, *, is_jwt: bool) -> SecretStr | UnusableSecret:
    """
    Read the answer of GetSecretValue where the secret is a token, as it is or in a JSON object.

    :param answer: the answer.
    :param title: which secret, for messages.
    :param is_jwt: whether it has to be a JWT.
    """
    raw = answer.get("SecretString")
    text = answer.get("SecretBinary", b"").decode(errors="replace") if raw is None else raw
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        if fault := _fault(content, _TOKEN):
            refusal = f"{title} holds no token: {fault}. {_keys(content)}"
            return UnusableSecret(refusal, remedy=_STORE_IT, code="SecretIsNoToken")
        text = _value(content, _TOKEN)
    token = SecretStr(text.strip())
    if problem := problem_with(token, is_jwt=is_jwt):
        return UnusableSecret(
            f"{title} holds no token: it {problem}.", remedy=_STORE_IT, code="SecretIsNoToken"
        )
    return token


def completed(target: Target, secret: Secret, region: str | None) -> Target:
    """
    Fill in what the connection leaves open with what the secret says.

    :param target: what the connection says, which wins.
    :param secret: the secret.
    :param region: the secret's own region, where known.
    :raises UnusableSecret: nothing says where to connect, or the secret says something that cannot be.
    """
    theirs, _, _ = resolve(_place(target, secret))
    ours, other = (target.identifier, target.is_serverless), (theirs.identifier, theirs.is_serverless)
    if target.identifier and theirs.identifier and ours != other:
        # The connection names another cluster or workgroup: the secret's host is not where it is.
        theirs = replace(theirs, host=None, port=None, region=None, account="")
    filled = replace(
        target,
        identifier=target.identifier or theirs.identifier,
        is_serverless=(target if target.identifier else theirs).is_serverless,
        region=theirs.region or target.region or region,
        host=target.host or theirs.host,
        port=target.port or theirs.port,
        database=target.database or theirs.database,
        account=target.account or theirs.account,
    )
    if not filled.host and not filled.identifier:
        raise _nowhere(secret)
    return filled


def _place(target: Target, secret: Secret) -> TargetSettings:
    """Return what the secret says of the place, as far as the connection does not say it."""
    unused = {name for name in ("port", "database") if getattr(target, name)}
    unused |= {"host", "cluster_identifier", "serverless_work_group"} if target.host else set()
    values = {name: value for name, value in secret.place.items() if name not in unused}
    for name in ("cluster_identifier", "serverless_work_group"):
        if isinstance(values.get(name), str):
            values[name] = values[name].lower()
    if isinstance(host := values.get("host"), str):
        values = {**split_endpoint(host), **{name: value for name, value in values.items() if name != "host"}}
    try:
        return TargetSettings.model_validate(values)
    except ValidationError as error:
        problems = problems_of(error, TargetSettings, {})  # without values: they could be anything
    faults = "; ".join(f"{_PLACE[problem.field][0]} {problem.text}" for problem in problems)
    raise UnusableSecret(
        f"{secret.title} cannot be used: {faults}.",
        remedy="Correct it in the secret, or fill it in in the connection, which wins.",
        code="SecretIncomplete",
    )


def _nowhere(secret: Secret) -> UnusableSecret:
    namespace = (
        "Its namespaceName does not tell the workgroup: fill in serverless_work_group. "
        if secret.names_a_namespace
        else ""
    )
    return UnusableSecret(
        "Nothing says where Redshift is: the connection has no host, cluster identifier or workgroup, and "
        f"{secret.title[0].lower()}{secret.title[1:]} no host, dbClusterIdentifier or workgroupName. {secret.keys}",
        remedy=f"{namespace}Fill in the host, or cluster identifier or workgroup from which AWS tells the host, in the "
        "connection; or add host to the secret.",
        code="SecretWithoutHost",
    )


def _another_engine(engine: Any, title: str) -> UnusableSecret | None:
    name = str(engine or "redshift").lower()
    if name.startswith("redshift"):
        return None
    called = repr(name) if _ENGINE_NAME.fullmatch(name) else "another one"
    return UnusableSecret(
        f"{title} is not for Redshift: its engine is {called}.",
        remedy="Name the secret of a Redshift user in secret_id. If this is one, correct its engine to redshift.",
        code="SecretOfAnotherEngine",
    )


def _fault(content: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Tell what is wrong with a key that must hold a text."""
    value = _value(content, names)
    if value is None:
        return f"{names[0]} is missing"
    if not isinstance(value, str):
        return f"{names[0]} is not a text"
    return "" if value.strip() else f"{names[0]} is empty"


def _value(content: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the value of the first key that has one; ``None`` where there is no such key."""
    by_name = {**{key.lower(): value for key, value in content.items()}, **content}  # an exact spelling wins
    values = [by_name[each] for name in names for each in (name, name.lower()) if each in by_name]
    return next((value for value in values if value not in (None, "")), "" if values else None)


def _keys(content: Mapping[str, Any]) -> str:
    """Tell the names of the keys that surely are names."""
    shown = [key for key in content if len(key) <= LONGEST_KEY and _HARMLESS_KEY.fullmatch(key)][:MOST_KEYS]
    more = len(content) - len(shown)
    names = [*shown, *([f"{more} not shown here"] if more else [])]
    return f"Its keys are: {', '.join(names)}." if names else "It has no keys."
