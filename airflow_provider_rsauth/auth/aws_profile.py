"""A named profile of the worker's AWS config and credentials files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.problems import shown


@dataclass(frozen=True, slots=True)
class AwsProfile:
    """
    What the files say of a profile.

    :param name: its name.
    :param options: its options, names in small letters.
    :param sso_session: the ``sso-session`` that it names, if that is there.
    """

    name: str
    options: Mapping[str, str]
    sso_session: Mapping[str, str] | None = None


def read_profile(name: str) -> AwsProfile | None:
    """
    Read a profile; ``None`` where the files have none of this name.

    :param name: its name.
    :raises ValueError: the files cannot be read.
    """
    from botocore.exceptions import ConfigParseError

    try:
        config = _config()
    except ConfigParseError as error:
        raise ValueError(f"is in a file that cannot be read. {error}") from None
    found = config.get("profiles", {}).get(name)
    if found is None:
        return None
    options = {key.lower(): value for key, value in found.items() if isinstance(value, str)}
    return AwsProfile(name, options, config.get("sso_sessions", {}).get(options.get("sso_session", "")))


def unknown_profile(name: str) -> str:
    """
    Return what to tell of a profile that the files do not have.

    :param name: its name.
    """
    available = sorted(asking_aws(_config).get("profiles", {}))
    near = get_close_matches(name, available, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    known = (
        f"This worker has: {', '.join(available)}." if available else "This worker has no profiles at all."
    )
    return (
        f"no profile {shown(name) or 'of this name'} in ~/.aws/credentials or ~/.aws/config. {hint}{known} Put the "
        "files on every worker, or point AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE to them"
    )


def _config() -> dict[str, dict[str, dict[str, str]]]:
    return _parsed(*map(_stamp, _FILES))


_FILES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))


def _stamp(variable_and_default: tuple[str, str]) -> tuple[str, int, int]:
    """Return what changes when a file does."""
    variable, default = variable_and_default
    path = os.path.expanduser(os.environ.get(variable) or default)  # noqa: PTH111 - there may be no home
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=8)
def _parsed(*_: tuple[str, int, int]) -> dict[str, dict[str, dict[str, str]]]:
    from botocore.session import Session

    config: dict[str, dict[str, dict[str, str]]] = Session().full_config
    return config
