"""How the driver connects: TLS, timeouts, keepalive, names. A closed list: nothing else reaches the driver."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from airflow_provider_rsauth.auth.fields import DRIVER, Flag, Settings, Ui

CONNECT_TIMEOUT = 30
SERVERLESS_CONNECT_TIMEOUT = 60
"""An idle workgroup wakes up on the first contact."""

WEAKER_MODES = ("allow", "prefer", "require")
"""libpq's modes that do not verify; the driver turns them into verify-full, and so do we."""


def _sslmode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    mode = value.strip().lower()
    if mode == "disable":
        raise ValueError(
            "cannot be 'disable': a sign-in without TLS would send the password in the clear. Clear the field"
        )
    return "verify-full" if mode in WEAKER_MODES else mode


def _ca_bundle(value: str | None) -> str | None:
    if value is None:
        return None
    if "-----BEGIN" in value:
        raise ValueError("must be the path of a PEM file that every worker has, not the certificate itself")
    try:
        is_there = Path(value).is_file()
        if is_there:
            ssl.create_default_context(cafile=value)
    except OSError:
        raise ValueError("cannot be read as a PEM file with CA certificates") from None
    if not is_there:
        raise ValueError(
            "there is no such file on this machine. Give the path of a PEM file that every worker has"
        )
    return value


CaBundle = Annotated[
    str | None,
    AfterValidator(_ca_bundle),
    Ui(
        "CA file",
        "PEM file with certificate authorities to trust besides Amazon's and the system's; for a corporate identity "
        "provider, too.",
        DRIVER,
    ),
]


class DriverSettings(Settings):
    """The arguments of the driver that a connection may set."""

    sslmode: Annotated[
        Literal["verify-full", "verify-ca"],
        BeforeValidator(_sslmode),
        Ui(
            "TLS verification",
            "How the server's certificate is verified; its name too (verify-full) when empty. Only the issuer "
            "(verify-ca) is for load balancers and tunnels.",
            DRIVER,
            words=("Issuer and name (verify-full)", "Issuer only (verify-ca)"),
        ),
    ] = "verify-full"
    ca_bundle: CaBundle = None
    connect_timeout: Annotated[
        int | None,
        Field(ge=1, le=600),
        Ui(
            "Connect timeout",
            "Seconds until a connection must stand, 1 to 600; 30 (Serverless: 60) when empty. Queries are not limited.",
            DRIVER,
        ),
    ] = None
    tcp_keepalive_idle: Annotated[
        int,
        Field(ge=1, le=299),
        Ui(
            "Keepalive idle",
            "Seconds of silence before TCP asks whether the server is there, below 300; 60 when empty.",
            DRIVER,
        ),
    ] = 60
    tcp_keepalive_interval: Annotated[
        int,
        Field(ge=1, le=300),
        Ui("Keepalive interval", "Seconds between two such questions; 15 when empty.", DRIVER),
    ] = 15
    tcp_keepalive_count: Annotated[
        int,
        Field(ge=1, le=127),
        Ui("Keepalive count", "Unanswered questions until the connection is given up; 8 when empty.", DRIVER),
    ] = 8
    application_name: Annotated[
        str | None,
        Field(max_length=250),
        Ui("Application name", "Name shown in Redshift; by default DAG, task and run.", DRIVER),
    ] = None
    credential_cache: Annotated[
        Literal["process", "off"],
        Ui(
            "Credential cache",
            "Whether the connections of one task share a credential; they do when empty.",
            DRIVER,
            words=("Shared within a task (process)", "A new one for each connection (off)"),
        ),
    ] = "process"
    numeric_to_float: Annotated[
        Flag, Ui("NUMERIC as float", "Read NUMERIC values as float, not Decimal.", DRIVER)
    ] = False
    max_prepared_statements: Annotated[
        int | None,
        Field(ge=0),
        Ui("Prepared statements", "How many prepared statements the driver keeps.", DRIVER),
    ] = None
    client_protocol_version: Annotated[
        int | None,
        Field(ge=0, le=2),
        Ui("Protocol version", "Version of the driver's wire protocol, 0 to 2.", DRIVER),
    ] = None
    database_metadata_current_db_only: Annotated[
        Flag | None,
        Ui("Metadata of this database only", "Leave datashares out of the driver's metadata calls.", DRIVER),
    ] = None

    def timeout(self, is_serverless: bool) -> int:
        """
        Return the seconds until a connection must stand.

        :param is_serverless: whether a workgroup may have to wake up first.
        """
        return self.connect_timeout or (SERVERLESS_CONNECT_TIMEOUT if is_serverless else CONNECT_TIMEOUT)

    def arguments(self) -> dict[str, Any]:
        """Return the driver's keyword arguments that do not depend on the sign-in."""
        chosen = {
            name: getattr(self, name)
            for name in (
                "sslmode",
                "tcp_keepalive_idle",
                "tcp_keepalive_interval",
                "tcp_keepalive_count",
                "numeric_to_float",
                "max_prepared_statements",
                "client_protocol_version",
                "database_metadata_current_db_only",
            )
        }
        return {name: value for name, value in chosen.items() if value is not None}
