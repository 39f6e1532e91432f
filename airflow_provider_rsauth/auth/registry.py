"""The auth modes. A new mode is a file in ``modes/`` and a line here; the order is the form's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.driver import DriverSettings
from airflow_provider_rsauth.auth.fields import Settings
from airflow_provider_rsauth.auth.mode import AuthMode
from airflow_provider_rsauth.auth.modes.access_key import AccessKey
from airflow_provider_rsauth.auth.modes.adfs import Adfs
from airflow_provider_rsauth.auth.modes.aws_connection import AwsConnection
from airflow_provider_rsauth.auth.modes.azure_ad import AzureAd
from airflow_provider_rsauth.auth.modes.identity_center import IdentityCenter
from airflow_provider_rsauth.auth.modes.identity_center_token import IdentityCenterToken
from airflow_provider_rsauth.auth.modes.native_idp_token import NativeIdpToken
from airflow_provider_rsauth.auth.modes.okta import Okta
from airflow_provider_rsauth.auth.modes.password import Password
from airflow_provider_rsauth.auth.modes.ping import Ping
from airflow_provider_rsauth.auth.modes.profile import Profile
from airflow_provider_rsauth.auth.modes.secrets_manager import SecretsManager
from airflow_provider_rsauth.auth.modes.web_identity import WebIdentity
from airflow_provider_rsauth.auth.target import TargetSettings

_MODES: tuple[type[AuthMode], ...] = (
    AwsConnection,
    AccessKey,
    Profile,
    IdentityCenter,
    SecretsManager,
    Adfs,
    Ping,
    Okta,
    AzureAd,
    WebIdentity,
    IdentityCenterToken,
    NativeIdpToken,
    Password,
)

MODES: Mapping[str, type[AuthMode]] = MappingProxyType({mode.name: mode for mode in _MODES})
"""The auth modes by name, in the form's order."""

DEFAULT_MODE = AwsConnection.name

COMMON: tuple[type[Settings], ...] = (TargetSettings, DatabaseUser, DriverSettings)
"""The settings that connections of every mode have."""


def setting_names(*modes: type[AuthMode]) -> frozenset[str]:
    """
    Return the names of the settings that take effect.

    :param modes: in which auth modes.
    """
    return frozenset(name for group in (*COMMON, *modes) for name in group.model_fields)
