"""Which API of IAM Identity Center an unsigned call is; its REST paths name neither service nor operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

OIDC = {
    "/client/register": "RegisterClient",
    "/device_authorization": "StartDeviceAuthorization",
    "/token": "CreateToken",
}
PORTAL = {
    ("GET", "/federation/credentials"): "GetRoleCredentials",
    ("GET", "/assignment/accounts"): "ListAccounts",
    ("GET", "/assignment/roles"): "ListAccountRoles",
    ("POST", "/logout"): "Logout",
}
INVALID = "InvalidRequestException"
BEARER_TOKEN = "x-amz-sso_bearer_token"
MEMBERS = {
    "account_id": "accountId",
    "role_name": "roleName",
    "next_token": "nextToken",
    "max_result": "maxResults",
}


def read_call(request: Any, body: bytes) -> tuple[str, str, dict[str, Any]] | None:
    """
    Find out service, operation and parameters, named as in AWS's API reference.

    A path alone might be that of a bucket: a call of ``sso-oidc`` has a JSON object as its body, one of
    ``sso`` a bearer token.

    :param request: an unsigned request.
    :param body: its body.
    :returns: ``None`` for a call of another service.
    """
    if request.method == "POST" and request.path in OIDC and not request.args:
        parameters = read_object(body)
        return None if parameters is None else ("sso-oidc", OIDC[request.path], parameters)
    token = request.headers.get(BEARER_TOKEN.replace("_", "-"))  # as WSGI has it
    if token is None or (request.method, request.path) not in PORTAL:
        return None
    query = {MEMBERS.get(name, name): value for name, value in request.args.items()}
    return "sso", PORTAL[request.method, request.path], {**query, "accessToken": token}


def read_object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object; ``None`` for anything else."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def required(request: AwsRequest, name: str) -> str:
    """
    Read a parameter.

    :raises AwsError: when it is missing.
    """
    if not (value := request.text(name)):
        raise AwsError(INVALID, f"Missing required parameter: {name}")
    return value
