"""The service ``sso-oidc``: a client registers, asks a person with a device code, and gets a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.aws.sso_calls import INVALID, required
from airflow_provider_rsauth.sandbox.aws.sso_clients import Client

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.identity_center import IdentityCenter
    from airflow_provider_rsauth.sandbox.aws.issuing import UnsignedOperation

DEVICE_PATH = "/device"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_TOKEN = "refresh_token"
UNSUPPORTED = "UnsupportedGrantTypeException"


class SsoOidc:
    """
    The service ``sso-oidc``; it knows the grant types of a device, not that of an authorization code.

    :param center: who may sign in, and for how long.
    """

    def __init__(self, center: IdentityCenter) -> None:
        self._center = center
        self.operations: dict[str, UnsignedOperation] = {
            "RegisterClient": self.register_client,
            "StartDeviceAuthorization": self.start_device_authorization,
            "CreateToken": self.create_token,
        }

    def register_client(self, request: AwsRequest) -> Mapping[str, Any]:
        """Make a client's id and secret."""
        name, kind = required(request, "clientName"), required(request, "clientType")
        if kind != "public":
            raise AwsError("InvalidClientMetadataException", "Only clients of type public are supported")
        grant_types = texts(request, "grantTypes")
        for grant_type in grant_types:
            check_grant_type(grant_type)
        client = self._center.clients.register(
            name, texts(request, "scopes"), grant_types, self._center.registration_seconds
        )
        return {
            "clientId": client.client_id,
            "clientSecret": client.client_secret,
            "clientIdIssuedAt": int(client.issued_at),
            "clientSecretExpiresAt": int(client.expires_at),
        }

    def start_device_authorization(self, request: AwsRequest) -> Mapping[str, Any]:
        """Make a device code, and tell the person where to go with the user code."""
        client = self._client(request)
        check_registered_for(client, DEVICE_CODE)
        if plain(required(request, "startUrl")) != plain(self._center.start_url):
            raise AwsError(INVALID, "Invalid start URL provided")
        authorization = self._center.authorize(client)
        page = urljoin(request.url, DEVICE_PATH)
        return {
            "deviceCode": authorization.device_code,
            "userCode": authorization.user_code,
            "verificationUri": page,
            "verificationUriComplete": f"{page}?{urlencode({'user_code': authorization.user_code})}",
            "expiresIn": int(self._center.device_code_seconds),
            "interval": int(self._center.interval),
        }

    def create_token(self, request: AwsRequest) -> Mapping[str, Any]:
        """Give a token for a device code that was approved, or for a refresh token."""
        grant_type = required(request, "grantType")
        check_grant_type(grant_type)
        client = self._client(request)
        check_registered_for(client, grant_type)
        center = self._center
        if grant_type == REFRESH_TOKEN:
            refresh_token = required(request, "refreshToken")
            token = center.sign_ins.refresh(client, refresh_token, center.access_token_seconds)
        else:
            code = required(request, "deviceCode")
            token = center.sign_ins.redeem(client, code, center.interval, center.access_token_seconds)
        answer = {
            "accessToken": token.access_token,
            "tokenType": "Bearer",
            "expiresIn": int(center.access_token_seconds),
        }
        return answer | ({"refreshToken": token.refresh_token} if token.refresh_token else {})

    def _client(self, request: AwsRequest) -> Client:
        return self._center.clients.identify(required(request, "clientId"), required(request, "clientSecret"))


def texts(request: AwsRequest, name: str) -> tuple[str, ...]:
    """
    Read a list.

    :raises AwsError: when it is something else.
    """
    value = request.parameters.get(name) or []
    if not isinstance(value, list):
        raise AwsError(INVALID, f"Invalid value for {name}")
    return tuple(map(str, value))


def check_grant_type(grant_type: str) -> None:
    """Refuse a grant type that the service does not know."""
    if grant_type not in (DEVICE_CODE, REFRESH_TOKEN):
        raise AwsError(UNSUPPORTED, f"Unsupported grant type: {grant_type}")


def check_registered_for(client: Client, grant_type: str) -> None:
    """Refuse a grant type that the client has not registered for."""
    if not client.may_use(grant_type):
        raise AwsError(
            "UnauthorizedClientException", f"The client is not registered for the grant type {grant_type}"
        )


def plain(start_url: str) -> str:
    """Leave out what AWS's page adds to the start URL in a browser's address bar: ``/#/``."""
    return start_url.partition("#")[0].rstrip("/")
