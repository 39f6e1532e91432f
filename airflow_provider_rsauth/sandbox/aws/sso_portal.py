"""The service ``sso``, the access portal: credentials of the roles that a signed-in person is assigned to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.aws.sso_calls import required
from airflow_provider_rsauth.sandbox.aws.sso_sign_ins import Session

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.identity_center import IdentityCenter
    from airflow_provider_rsauth.sandbox.aws.issuing import UnsignedOperation


class SsoPortal:
    """
    The service ``sso``; its lists have one page.

    :param center: who is assigned to what.
    """

    def __init__(self, center: IdentityCenter) -> None:
        self._center = center
        self.operations: dict[str, UnsignedOperation] = {
            "GetRoleCredentials": self.get_role_credentials,
            "ListAccounts": self.list_accounts,
            "ListAccountRoles": self.list_account_roles,
            "Logout": self.logout,
        }

    def get_role_credentials(self, request: AwsRequest) -> Mapping[str, Any]:
        """Make temporary keys of a role."""
        account_id, role_name = required(request, "accountId"), required(request, "roleName")
        self._session(request)
        role_arn = self._center.assignments.get((account_id, role_name))
        if role_arn is None:
            raise AwsError("ForbiddenException", "No access", 403)
        expires_at = time.time() + self._center.role_credentials_seconds
        keys = self._center.role_credentials(role_arn)
        return {
            "roleCredentials": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
                "expiration": int(expires_at * 1000),
            }
        }

    def list_accounts(self, request: AwsRequest) -> Mapping[str, Any]:
        """List the accounts in which the person has a role."""
        self._session(request)
        accounts = sorted({account_id for account_id, _ in self._center.assignments})
        return {
            "accountList": [
                {
                    "accountId": account_id,
                    "accountName": f"sandbox-{account_id}",
                    "emailAddress": f"aws-{account_id}@example.com",
                }
                for account_id in accounts
            ]
        }

    def list_account_roles(self, request: AwsRequest) -> Mapping[str, Any]:
        """List the person's roles in an account."""
        wanted = required(request, "accountId")
        self._session(request)
        roles = [role for account_id, role in self._center.assignments if account_id == wanted]
        if not roles:
            raise AwsError("ResourceNotFoundException", f"Account {wanted} not found", 404)
        return {"roleList": [{"roleName": role, "accountId": wanted} for role in roles]}

    def logout(self, request: AwsRequest) -> Mapping[str, Any]:
        """End the person's session with all its tokens; credentials of roles live on, as in AWS."""
        self._center.sign_ins.end(self._session(request))
        return {}

    def _session(self, request: AwsRequest) -> Session:
        session = self._center.sign_ins.session(request.text("accessToken") or "")
        if session is None:
            raise AwsError("UnauthorizedException", "Session token not found or invalid", 401)
        return session
