"""``rsauth from-url``: a JDBC URL or an ODBC connection string as an Airflow connection."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.jdbc_url import UrlReading, read_url, secrets_in
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES, setting_names
from airflow_provider_rsauth.auth.settings import CONN_TYPE, RawConnection, SignIn, parse

STANDARD = {"host": "host", "port": "port", "login": "login", "password": "password", "database": "schema"}
"""Setting → field of the Airflow connection; all others are in the extra."""

WRONG_URL, WRONG_USE = 1, 2


class WrongUse(Exception):
    """The command cannot be carried out as it is given."""


def run(options: argparse.Namespace) -> int:
    """
    Print the connection.

    :param options: ``url``, ``conn_id``, ``format``, ``out``.
    """
    try:
        _check(options)
        reading = _reading(options.url)
        settings, sign_in = _complete(reading, options.conn_id)
        for notice in (*reading.notices, *sign_in.notices):
            print(f"Note: {notice}", file=sys.stderr)
        connection = _connection(settings, sign_in)
        if options.out:
            _write(Path(options.out), {options.conn_id: connection})
            print(_import_command(options.out))
        else:
            _show(connection, options)
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        return WRONG_URL
    except WrongUse as error:
        print(f"rsauth from-url: {error}", file=sys.stderr)
        return WRONG_USE
    return 0


def _check(options: argparse.Namespace) -> None:
    if not re.fullmatch(r"\w[\w.-]{0,199}", options.conn_id, re.ASCII):
        raise WrongUse("--conn-id: an id has letters, digits and _ . - only")
    if options.out and Path(options.out).suffix != ".json":
        raise WrongUse(
            "--out: the name must end in .json, by which `airflow connections import` knows the format"
        )
    if options.out and Path(options.out).exists():
        raise WrongUse(f"--out: {options.out} exists already. Remove it or name another file")


def _reading(url: str) -> UrlReading:
    if url == "-":
        text = getpass("JDBC URL or ODBC string (not shown): ") if sys.stdin.isatty() else sys.stdin.read()
        if not text.strip():
            raise WrongUse(
                "nothing was given. Name the URL, pipe it in, or paste it when you are asked for it"
            )
        return read_url(text)
    reading = read_url(url)
    if secrets := ", ".join(secrets_in(reading.options)):
        raise WrongUse(
            f"the URL holds a secret ({secrets}), which the shell's history and the list of processes now show; "
            "consider changing it. Leave the URL out and paste it when you are asked for it, or pipe it in"
        )
    return reading


def _complete(reading: UrlReading, conn_id: str) -> tuple[dict[str, Any], SignIn]:
    """Check the settings; ask for the secrets that alone are missing."""
    settings: dict[str, Any] = dict(reading.options)
    while True:
        try:
            sign_in = parse(RawConnection(conn_id, extra=settings))
        except InvalidSettings as error:
            problems = _joined(reading.problems, error.problems)
        else:
            problems = reading.problems
        if not problems:
            return settings, sign_in
        missing = [problem for problem in problems if _is_missing_secret(problem, settings)]
        if len(missing) < len(problems) or not sys.stdin.isatty():
            raise InvalidSettings("The URL", problems, reading.notices)
        for problem in missing:
            settings[problem.field] = getpass(f"{problem.label} (not shown): ")
            if not settings[problem.field]:
                raise InvalidSettings("The URL", problems, reading.notices)


def _joined(first: list[Problem], more: tuple[Problem, ...]) -> list[Problem]:
    known = {problem.field for problem in first}
    return [*first, *(problem for problem in more if problem.field not in known)]


def _is_missing_secret(problem: Problem, settings: dict[str, Any]) -> bool:
    mode = MODES.get(settings["auth_mode"])
    return bool(
        mode
        and problem.field in mode.model_fields
        and problem.field not in settings
        and is_secret(mode, problem.field)
    )


def _connection(settings: dict[str, Any], sign_in: SignIn) -> dict[str, Any]:
    used = setting_names(type(sign_in.mode)) | {"login"}
    fields = {STANDARD[name]: settings[name] for name in STANDARD if name in settings and name in used}
    if "port" in fields:
        fields["port"] = int(fields["port"])
    rest = {name: value for name, value in sorted(settings.items()) if name in used - STANDARD.keys()}
    return {"conn_type": CONN_TYPE, **fields, "extra": {"auth_mode": sign_in.mode.name, **rest}}


def _show(connection: dict[str, Any], options: argparse.Namespace) -> None:
    as_json, uri = json.dumps(connection), _uri(connection)
    add = "\n".join(_add(connection, as_json, options.conn_id))
    one = {"json": as_json, "uri": uri, "add": add}
    if options.format in one:
        print(one[options.format])
        return
    variable = f"AIRFLOW_CONN_{options.conn_id.upper()}"
    print(f"# As JSON, for {variable} or a secrets backend:\n{as_json}\n")
    print(f"# As URI, for the same places:\n{uri}\n")
    print(f"# Into Airflow's database:\n{add}")


def _uri(connection: dict[str, Any]) -> str:
    """Return the connection in Airflow's own form of a URI."""
    part = {name: quote(str(connection.get(name, "")), safe="") for name in STANDARD.values()}
    user = part["login"] + (f":{part['password']}" if part["password"] else "")
    place = part["host"] + (f":{part['port']}" if part["port"] else "")
    # As one JSON text: spread over the query, "true" and "1" would come back as other types.
    query = urlencode({"__extra__": json.dumps(connection["extra"])})
    at = "@" if user or (part["port"] and not part["host"]) else ""
    return f"{CONN_TYPE.replace('_', '-')}://{user}{at}{place}/{part['schema']}?{query}"


def _add(connection: dict[str, Any], as_json: str, conn_id: str) -> Iterator[str]:
    if "password" not in connection and not secrets_in(connection["extra"]):
        yield f"airflow connections add {conn_id} --conn-json {shlex.quote(as_json)}"
        return
    file = f"{conn_id}.json"
    yield "# It holds a secret, so it goes through a file that only you may read. Paste the URL when it is asked for."
    yield f"rsauth from-url --conn-id {conn_id} --out {file}"
    yield _import_command(file)


def _import_command(file: str) -> str:
    name = shlex.quote(file if not file.startswith("-") else f"./{file}")
    return f"airflow connections import {name} && rm {name}"


def _write(path: Path, connections: dict[str, Any]) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WrongUse(f"--out: {path} cannot be written ({error.strerror})") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(connections, file, indent=2)
        file.write("\n")
