"""What a named AWS profile says of the database beside the AWS identity, as the JDBC and ODBC drivers read it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.auth.aliases import canonical_name
from airflow_provider_rsauth.auth.aws_profile import read_profile
from airflow_provider_rsauth.auth.defaults import Defaults
from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.jdbc_url import plugin_mode
from airflow_provider_rsauth.auth.mode import AuthMode, IdentityMode
from airflow_provider_rsauth.auth.problems import shown
from airflow_provider_rsauth.auth.registry import MODES, setting_names

_AWS_OWN = frozenset(
    {
        *IdentityMode.model_fields,
        "access_key_id",
        "auth_profile",
        "aws_conn_id",
        "ca_bundle",
        "duration_seconds",
        "profile",
        "region",
        "secret_access_key",
        "secret_id",
        "session_token",
        "web_identity_token_file",
    }
)
"""Names that mean something else in an AWS profile, namely the AWS identity, or are not for a file to say."""

_OF_THE_PERSON = frozenset({"login", "password"})
"""Whoever signs in at an identity provider; without one there is nobody."""


def profile_options(
    mode: type[AuthMode], options: Mapping[str, Any]
) -> tuple[Defaults | None, list[Problem]]:
    """
    Return what the AWS profile of a connection adds to it, and why that cannot be used, if so.

    ``plugin_name`` chooses the auth mode, for then the profile has no keys. In AWS's words: "Using a configuration
    profile" in "Options for providing IAM credentials" (Redshift Management Guide).

    :param mode: the auth mode of the connection.
    :param options: the options of the connection, under the names of our settings.
    """
    name = options.get("profile")
    if "profile" not in mode.model_fields or not isinstance(name, str):
        return None, []
    try:
        profile = read_profile(name.strip())
    except ValueError:
        return None, []  # the auth mode will say so, too
    if profile is None:
        return None, []
    plugin = profile.options.get("plugin_name")
    if plugin and (reasons := plugin_mode(plugin)[1]):
        return None, [
            Problem("profile", f"has a plugin_name: {reason.text}", "Profile") for reason in reasons
        ]
    taken = setting_names(*MODES.values()) - _AWS_OWN - (frozenset() if plugin else _OF_THE_PERSON)
    found = {
        key: value
        for key, value in profile.options.items()
        if key == "plugin_name" or (canonical_name(key) in taken and not key.startswith("sso_"))
    }
    return Defaults(f"AWS profile {shown(name)}".rstrip(), found), []
