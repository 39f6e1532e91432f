"""The auth modes. A new mode is a file in ``modes/`` and a line here; the order is the form's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from airflow_provider_rsauth.auth.mode import AuthMode
from airflow_provider_rsauth.auth.modes.access_key import AccessKey
from airflow_provider_rsauth.auth.modes.aws_connection import AwsConnection
from airflow_provider_rsauth.auth.modes.password import Password
from airflow_provider_rsauth.auth.modes.profile import Profile

_MODES: tuple[type[AuthMode], ...] = (
    AwsConnection,
    AccessKey,
    Profile,
    Password,
)

MODES: Mapping[str, type[AuthMode]] = MappingProxyType({mode.name: mode for mode in _MODES})
"""The auth modes by name, in the form's order."""

DEFAULT_MODE = AwsConnection.name
