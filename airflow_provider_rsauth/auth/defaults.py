"""Options that stand under a connection's own, each under the name of a setting of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rsauth.auth.aliases import TRUE_WORDS, canonical_options
from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.jdbc_url import plugin_mode, read_url, secrets_in
from airflow_provider_rsauth.auth.mode import IdentityMode
from airflow_provider_rsauth.auth.problems import shown
from airflow_provider_rsauth.auth.registry import MODES, setting_names
from airflow_provider_rsauth.auth.target import identifier_in, split_endpoint

_FILES_AND_SECRETS = frozenset({"secret_id", "token_file", "web_identity_token_file"})
"""Whoever says the host must not say what is read on a worker, or with its AWS identity, and sent there."""

_FOR_THE_CONNECTION = _FILES_AND_SECRETS | {"auth_mode", "auth_profile", "aws_conn_id", "iam", "jdbc_url"}

_SAYS_WHICH = frozenset({"cluster_identifier", "serverless_work_group", "is_serverless"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """
    Options for what a connection leaves open.

    :param source: where they come from, for messages.
    :param options: names, in any spelling, and values.
    """

    source: str
    options: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Merged:
    """
    A connection's own options over defaults.

    :param options: all of them, under the names of our settings.
    :param taken: the names of those that come from the defaults.
    :param problems: what contradicts itself in the defaults.
    :param notices: what of the defaults is not taken, and why.
    """

    options: dict[str, Any] = field(repr=False)
    taken: frozenset[str]
    problems: list[Problem]
    notices: list[str]


def merged(own: Mapping[str, Any], defaults: Defaults) -> Merged:
    """
    Put defaults under a connection's own options. What belongs together is not mixed.

    A plugin of the drivers chooses the auth mode, if there is one that does the same.

    :param own: the connection's options, the URL's among them, under the names of our settings.
    :param defaults: the defaults.
    """
    found, problems = canonical_options((str(key), value) for key, value in defaults.options.items())
    notices, mode = [], ""
    if plugin := found.pop("plugin_name", None):
        mode, reasons = plugin_mode(str(plugin))
        notices = [f"{defaults.source}: {reason}. The connection's own is used." for reason in reasons]
        mode = "" if reasons else mode
        own = _in_mode(mode, own) if mode else own
    notices += [
        f"{defaults.source}: {name} is not used: it is for the connection to say."
        for name in sorted(found.keys() & _for_the_connection(mode))
        if found.pop(name) is not None and name != "iam"
    ]
    if isinstance(host := found.get("host"), str):
        found = {**split_endpoint(host), **{k: v for k, v in found.items() if k != "host"}}
    beside = _unfitting(own, found)
    taken = {name: value for name, value in found.items() if name not in beside and name not in own}
    return Merged({**taken, **own}, frozenset(taken), problems, notices)


def with_url(own: dict[str, Any], subject: str) -> tuple[dict[str, Any], list[Problem], list[str]]:
    """
    Put what a URL, pasted into a connection, says under what the connection's own fields say.

    :param own: the connection's options, ``jdbc_url`` perhaps among them.
    :param subject: the connection, for messages.
    :return: all options, what is wrong with the URL, and what the user should know.
    """
    if "jdbc_url" not in own:
        return own, [], []
    own = dict(own)
    reading = read_url(str(own.pop("jdbc_url")), subject)
    if "iam" in own:
        del reading.options["auth_mode"]
    problems = [problem for problem in reading.problems if problem.field not in own]
    notices = list(reading.notices)
    mode = reading.options.get("auth_mode")
    if mode and own.get("auth_mode", mode) != mode:
        named = shown(own["auth_mode"]) or "(not repeated here)"
        notices.append(
            f"auth_mode {named} of the connection is used; by its URL it would be {mode!r}. "
            "Clear 'Sign in with' to follow the URL."
        )
    if secrets := ", ".join(secrets_in(reading.options)):
        notices.append(
            f"The URL in the connection holds secrets ({secrets}), and Airflow shows them to everybody who may see "
            "the connection. `rsauth from-url` makes a connection of the URL that keeps them where they are hidden."
        )
    return {**reading.options, **own}, problems, notices


def _for_the_connection(mode: str) -> set[str]:
    """
    Return what is not for somebody else to say: who signs in, and with whose keys.

    :param mode: the auth mode that a plugin chose; its settings come along with it. Empty for none.
    """
    of_the_mode = setting_names(MODES[mode]) if mode else frozenset(IdentityMode.model_fields)
    of_modes = setting_names(*MODES.values()) - setting_names()
    return set(_FOR_THE_CONNECTION | (of_modes - of_the_mode - {"login", "password"}))


def _in_mode(mode: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what belongs to the auth mode that has only read the defaults."""
    elsewhere = setting_names(*MODES.values()) - setting_names(MODES[mode])
    return {name: value for name, value in own.items() if name not in elsewhere} | {"auth_mode": mode}


def _unfitting(own: Mapping[str, Any], found: Mapping[str, Any]) -> set[str]:
    """Return the defaults that are about another cluster, host or user than the connection's own."""
    names: set[str] = set()
    mine, theirs = _which(own), _which(found)
    if mine:
        names |= _SAYS_WHICH
    if mine and theirs and mine != theirs:
        names |= {"host", "port", "custom_domain"}
    if "host" in own:
        names.add("custom_domain")
        names |= {"port"} if found.get("host", own["host"]) != own["host"] else set()
        names |= {"region"} if identifier_in(str(own["host"])) else set()
    if "login" in own:
        names.add("db_user")
    return names


def _which(options: Mapping[str, Any]) -> str:
    """Return what says which Redshift is meant; empty if nothing does."""
    host = str(options.get("host", ""))
    if name := options.get("cluster_identifier") or options.get("serverless_work_group"):
        return str(name)
    is_custom = str(options.get("custom_domain", "")).strip().lower() in TRUE_WORDS
    return host if is_custom else identifier_in(host)
