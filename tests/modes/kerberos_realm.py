"""A Kerberos realm of its own: an ordinary KDC process with configuration, database and port in a temporary directory."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TOOLS = ("krb5-config", "kinit", "krb5kdc", "kadmin.local", "kdb5_util")
DEFAULT_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin"
SERVICE = "HTTP/localhost"


def need_kerberos() -> None:
    """Leave a test out where there is no Kerberos, but never in CI."""
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=DEFAULT_PATH)]
    missing += [package for package in ("gssapi", "k5test") if not importlib.util.find_spec(package)]
    if missing:
        reason = f"needs {', '.join(missing)} (Debian: krb5-kdc krb5-admin-server krb5-user libkrb5-dev)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@contextmanager
def realm(name: str) -> Iterator[Any]:
    """
    Run a realm with the service of AD FS at ``localhost``, whose key is in ``realm.keytab``.

    :param name: such as ``EXAMPLE.COM``.
    """
    from k5test import K5Realm

    kdc = "127.0.0.1:$port0"
    running = K5Realm(
        realm=name,
        portbase=free_port(),
        create_user=False,
        get_creds=False,
        create_host=False,
        krb5_conf={
            "libdefaults": {"dns_canonicalize_hostname": "false", "dns_lookup_realm": "false"},
            "realms": {"$realm": {"kdc": kdc}},
            "domain_realm": {"localhost": "$realm"},
        },
        kdc_conf={"realms": {"$realm": {"kdc_listen": kdc, "kdc_tcp_listen": kdc}}},
    )
    try:
        running.addprinc(f"{SERVICE}@{name}")
        running.extract_keytab(f"{SERVICE}@{name}", running.keytab)
        yield running
    finally:
        running.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Worker:
    """
    A worker that belongs to a realm: with neither ticket nor keytab, until it is given one.

    :param home: where its ticket cache is.
    """

    def __init__(self, realm: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._realm, self._patch = realm, monkeypatch
        self._cache = f"FILE:{home / 'tickets'}"
        environment = {
            "KRB5_CONFIG": realm.env["KRB5_CONFIG"],
            "KRB5CCNAME": self._cache,
            "KRB5_CLIENT_KTNAME": str(home / "no keytab"),
            "KRB5RCACHEDIR": str(home),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    def kinit(self, person: str, *options: str) -> None:
        """Get a ticket, as a person does."""
        self._realm.kinit(
            person,
            self._realm.password(person),
            flags=[*options],
            env={**self._realm.env, "KRB5CCNAME": self._cache},
        )

    def use_keytab(self, keytab: str) -> None:
        """Name a keytab, and get no ticket."""
        self._patch.setenv("KRB5_CLIENT_KTNAME", keytab)
