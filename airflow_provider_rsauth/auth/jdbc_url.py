"""A JDBC URL or an ODBC connection string, as people copy it from their SQL client, in the names of our settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from airflow_provider_rsauth.auth.aliases import (
    ALIASES,
    NOT_OURS,
    TRUE_WORDS,
    WITHOUT_EFFECT,
    canonical_option,
    canonical_options,
)
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES, setting_names
from airflow_provider_rsauth.auth.target import REGION

FORMS = (
    "jdbc:redshift://host:port/database?option=value&option=value",
    "jdbc:redshift:iam://host:port/database?option=value",
    "jdbc:redshift:iam://cluster:region/database?option=value",
    "Driver={Amazon Redshift};Server=host;Port=5439;Database=database;option=value",
)

LONGEST_URL = 8192

PLUGINS: dict[str, str] = {
    "adfs": "adfs",
    "adfscredentialsprovider": "adfs",
    "azuread": "azure_ad",
    "azurecredentialsprovider": "azure_ad",
    "basicjwtcredentialsprovider": "native_idp_token",
    "idptokenauthplugin": "identity_center_token",
    "jwt": "web_identity",
    "okta": "okta",
    "oktacredentialsprovider": "okta",
    "ping": "ping",
    "pingcredentialsprovider": "ping",
}
"""Class of a driver's plugin, or ODBC's name of it, in small letters → the auth mode that does the same."""

Pairs = list[tuple[str, str]]

_YIELDS_TO = {"user": "uid", "username": "uid", "password": "pwd", "connecttimeout": "logintimeout"}
"""Of two options that mean the same setting, which one the drivers listen to."""

_JDBC = re.compile(r"jdbc:redshift:(?P<iam>iam:)?(?P<body>[^?;]*)(?:[?;](?P<block>.*))?", re.I | re.S)
_ODBC_START = re.compile(r"(?:^|;)\s*(?:driver|server|dsn)\s*=", re.I)
_ODBC_OPTION = re.compile(
    r"(?P<key>[^=;]*+)(?:=\s*+(?:\{(?P<braced>(?:[^}]|\}\})*+)\}\s*+|(?P<plain>(?!\{)[^;]*+)))?(?:;|$)",
    re.S,
)
_ODBC_PLACES = {"server", "host", "servername", "hostname", "clusterid", "workgroup"}
_SECRET = re.compile(r"password|pwd|secret_access_key|client_secret|token(?!_type|_file)|assertion")


@dataclass(frozen=True, slots=True)
class UrlReading:
    """
    What a URL says.

    :param options: its options under the names of our settings, ``auth_mode`` among them; unknown ones as they are.
    :param problems: what contradicts itself or cannot be done.
    :param notices: what else the user should know.
    """

    options: dict[str, str] = field(repr=False)
    problems: list[Problem]
    notices: list[str]


def looks_like_url(text: str) -> bool:
    """
    Tell whether a text, found where a host is expected, is a JDBC URL or an ODBC connection string.

    :param text: the text.
    """
    return _bare(text).lower().startswith("jdbc:") or bool(_ODBC_START.search(_bare(text)))


def parse_url(text: str) -> dict[str, str]:
    """
    Return what a URL says, under the names of our settings.

    :param text: the URL.
    :raises InvalidSettings: it cannot be read, contradicts itself or wants what this version cannot do.
    """
    reading = read_url(text)
    if reading.problems:
        raise InvalidSettings("The URL", reading.problems, reading.notices)
    return reading.options


def read_url(text: str, subject: str = "The URL") -> UrlReading:
    """
    Read a URL; what is wrong with its parts is told along with what could be read.

    :param text: the URL.
    :param subject: what to call it in the error.
    :raises InvalidSettings: it is no URL of a known form. The error does not show it: it may hold secrets.
    """
    text = _bare(text)
    try:
        is_iam, pairs, problems = _read(text)
    except ValueError as error:
        problem = Problem("jdbc_url", f"{error}. Accepted are:\n    " + "\n    ".join(FORMS), "URL")
        raise InvalidSettings(subject, [problem]) from None
    pairs, notices = _without_debris(pairs)
    spelt = {key.strip().lower() for key, value in pairs if value}
    pairs = [(key, value) for key, value in pairs if _YIELDS_TO.get(key.strip().lower()) not in spelt]
    options, contradictions = canonical_options(pairs)
    problems += [*contradictions, *_settle_mode(options, is_iam)]
    return UrlReading(options, problems, notices)


def secrets_in(options: dict[str, str]) -> list[str]:
    """
    Return the names of the options that hold secrets.

    :param options: options under the names of our settings.
    """
    return sorted(name for name, value in options.items() if value and _SECRET.search(name))


def plugin_mode(plugin: str) -> tuple[str, list[Problem]]:
    """
    Return the auth mode that does what a plugin of the drivers does, and why it cannot be used, if so.

    :param plugin: the plugin's class, or ODBC's name of it.
    """
    small = plugin.strip().rpartition(".")[2].lower()
    if mode := PLUGINS.get(small):
        return mode, []
    if "browser" in small:
        why = "opens a browser on the machine that signs in, and an Airflow worker has none"
    else:
        why = "is a plugin of the driver that has no counterpart here"
    text = f"{plugin!r} {why}. Choose another auth mode; there are: {', '.join(MODES)}"
    return small, [Problem("auth_mode", text, "Plugin_Name")]


def _bare(text: str) -> str:
    """Take off the blanks and quotes that come along from a configuration file."""
    text = text.strip()
    return text[1:-1].strip() if re.fullmatch(r"""(["']).*\1""", text, re.S) else text


def _read(text: str) -> tuple[bool, Pairs, list[Problem]]:
    if len(text) > LONGEST_URL:
        raise ValueError(f"has more than {LONGEST_URL} characters")
    return _read_jdbc(text) if text.lower().startswith("jdbc:") else _read_odbc(text)


def _read_jdbc(text: str) -> tuple[bool, Pairs, list[Problem]]:
    match = _JDBC.fullmatch(text)
    if not match:
        raise ValueError("begins with jdbc: but not with jdbc:redshift:")
    is_iam, body, block = bool(match["iam"]), match["body"], match["block"] or ""
    if "@" in body:
        raise ValueError(
            "has an @ before its options. User and password do not stand before the host; write them as the options "
            "user and password, or into Login and Password of the connection"
        )
    if body.startswith("//"):
        address, _, database = body[2:].partition("/")
        place, problems = _read_address(address, is_iam)
        place["database"] = _decoded("database", database)
    elif is_iam or not re.fullmatch(r"[^/:.]+", body):
        raise ValueError("lacks the two slashes before the host")
    else:
        place, problems = {"database": _decoded("database", body)}, []
    tokens = [token.partition("=") for token in re.split("[&;]", block) if token]
    pairs = [(key, _decoded(key, value)) for key, _, value in tokens]
    if not body.startswith("//") and not any(key.strip().lower() == "host" for key, _ in pairs):
        place["host"] = "localhost"
    flags = {key.strip().lower(): value.lower() for key, value in pairs}
    return is_iam or flags.get("iamauth") in TRUE_WORDS, [*place.items(), *pairs], problems


def _read_address(address: str, is_iam: bool) -> tuple[dict[str, str], list[Problem]]:
    """Read ``host:port``, or ``cluster:region`` of an IAM URL."""
    if "," in address:
        text = (
            f"names {address.count(',') + 1} hosts, of which the JDBC driver takes the first that answers. A connection "
            "has one; keep the endpoint that the Redshift console shows"
        )
        return {}, [Problem("host", text, "Host")]
    match = re.fullmatch(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", address, re.S)
    if not match:
        raise ValueError("has a host that cannot be read; an IPv6 address stands in brackets")
    host, port = match["host"].strip("[]"), match["port"] or ""
    if not port:
        return {"host": host}, []
    if port.isascii() and port.isdigit() and 1 <= int(port) <= 65535:
        return {"host": host, "port": port}, []
    if not is_iam:
        text = "what stands after the colon must be a whole number from 1 to 65535"
        return {"host": host}, [Problem("port", text, "Port") if host else Problem("host", text, "Host")]
    if re.fullmatch(REGION, port.strip().lower()):
        return {"cluster_identifier": host, "region": port}, []
    text = "what stands after the colon must be a port from 1 to 65535 after a host, or an AWS region after a cluster"
    return {"host": host}, [Problem("port", text, "Port or region")]


def _decoded(key: str, value: str) -> str:
    try:
        # Not unquote_plus: session tokens have + in them, and the console shows them so.
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        where = key.strip().lower() if key.strip().lower() in _known_spellings() else "an option"
        raise ValueError(f"has a wrong percent-encoding in {where}; it must be UTF-8") from None


def _read_odbc(text: str) -> tuple[bool, Pairs, list[Problem]]:
    if not re.match(r"[\w .-]+=", text):
        raise ValueError("is neither a JDBC URL nor an ODBC connection string")
    pairs: Pairs = []
    position = 0
    while position < len(text):
        match = _ODBC_OPTION.match(text, position)
        if not match:
            raise ValueError(
                "has a value in braces that does not end at a brace. Double each closing brace inside it"
            )
        if key := match["key"].strip():
            plain = (match["plain"] or "").strip()
            pairs.append((key, (match["braced"] or "").replace("}}", "}") or plain))
        position = match.end()
    flags = {key.lower(): value.strip().lower() for key, value in pairs}
    if "dsn" in flags and not _ODBC_PLACES & flags.keys():
        raise ValueError("names a DSN, whose settings are in odbc.ini of that machine. Write them out")
    is_iam = flags["iam"] in TRUE_WORDS if flags.get("iam") else bool(flags.get("authtype"))
    return is_iam, pairs, []


def _known_spellings() -> set[str]:
    return {*ALIASES, *NOT_OURS, *WITHOUT_EFFECT, *setting_names(*MODES.values()), "auth_mode", "ssl"}


def _without_debris(pairs: Pairs) -> tuple[Pairs, list[str]]:
    """Leave out what follows a secret and is no option: the rest of a secret with a separator in it."""
    known = _known_spellings()
    kept: Pairs = []
    notices: list[str] = []
    for key, value in pairs:
        last = canonical_option(*kept[-1])[0] if kept else ""
        if key.strip().lower() in known or not _SECRET.search(last):
            kept.append((key, value))
        elif not notices:
            notices.append(
                f"What follows {last} in the URL is no option and is left out. If the secret has & or ; in it, write "
                "%26 or %3B in a JDBC URL, and put it in braces in an ODBC string."
            )
    return kept, notices


def _settle_mode(options: dict[str, str], is_iam: bool) -> list[Problem]:
    """Turn what the drivers judge by into ``auth_mode``."""
    for name in ("iam", "iamauth"):
        options.pop(name, None)
    kind = options.pop("auth_type", "").lower()
    plugin = options.pop("plugin_name", "")
    on_instance = options.pop("instance_profile", "").lower() in TRUE_WORDS
    problems: list[Problem] = []
    if "auth_mode" not in options:
        if plugin:
            mode, problems = plugin_mode(plugin)
        else:
            mode, problems = _iam_mode(options, kind, on_instance) if is_iam else ("password", [])
        if plugin and "profile" in options:
            text = "both Plugin_Name and Profile are given, and each is a way to sign in. Keep one"
            problems = [Problem("auth_mode", text, "Sign in with")]
        options["auth_mode"] = mode
    if options["auth_mode"] == "access_key" and "secret_access_key" not in options and "password" in options:
        options["secret_access_key"] = options.pop("password")
    return problems


def _iam_mode(options: dict[str, str], kind: str, on_instance: bool) -> tuple[str, list[Problem]]:
    has_keys = bool({"access_key_id", "secret_access_key"} & options.keys())
    if kind == "plugin" or kind not in ("", "static", "profile"):
        text = f"is {kind!r} but must be Static, Profile, or Plugin with a Plugin_Name"
        return DEFAULT_MODE, [Problem("auth_mode", text, "AuthType")]
    if kind == "static":
        return "access_key", []
    if on_instance:
        return "aws_connection", []
    if kind == "profile":
        return "profile", []
    if has_keys and "profile" in options:
        text = "both Profile and AccessKeyID are given, and each is a way to sign in. Keep one"
        return "access_key", [Problem("auth_mode", text, "Sign in with")]
    if has_keys:
        return "access_key", []
    return ("profile" if "profile" in options else "aws_connection"), []
