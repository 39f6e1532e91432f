"""The AWS access portal (the ``sso`` API): from a person's token to the credentials of a role."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from airflow_provider_rsauth.auth.aws import unsigned_client
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import NotFound, RsAuthError
from airflow_provider_rsauth.auth.identity_center.records import Token
from airflow_provider_rsauth.auth.identity_center.session import SsoSession
from airflow_provider_rsauth.auth.quiet import withholding_debug_logs

NOT_ASSIGNED = ("ForbiddenException", "ResourceNotFoundException")
SESSION_ENDED = "UnauthorizedException"
MOST_SHOWN = 20


class Portal:
    """
    The access portal of one Identity Center.

    :param session: which Identity Center.
    """

    def __init__(self, session: SsoSession) -> None:
        self._session = session

    def role_credentials(self, token: Token, account_id: str, role_name: str) -> dict[str, str] | None:
        """
        Return the keys of a role (GetRoleCredentials); ``None`` if the portal does not accept the token any more.

        :param token: the person's token.
        :param account_id: the AWS account.
        :param role_name: the role, which is named after its permission set.
        :raises NotFound: the person has no such role in the account.
        """
        with withholding_debug_logs():
            client = asking_aws(lambda: unsigned_client("sso", self._session.region))
            try:
                answer = asking_aws(
                    lambda: client.get_role_credentials(
                        accountId=account_id, roleName=role_name, accessToken=token.access_token
                    )
                )
            except RsAuthError as error:
                if error.code == SESSION_ENDED:
                    return None
                if error.code not in NOT_ASSIGNED:
                    raise
                code = error.code
            else:
                keys: dict[str, str] = answer["roleCredentials"]
                return keys
            raise NotFound(
                f"Who signed in to {self._session.start_url} may not use the role {role_name} in account {account_id}.",
                remedy=_offer(client, token, account_id),
                code=code,
            )


def _offer(client: Any, token: Token, account_id: str) -> str:
    """Tell which roles or accounts there are; that this cannot be found out is no error of its own."""
    fix = "Correct sso_account_id and sso_role_name, or have the permission set assigned in IAM Identity Center."
    with suppress(Exception):
        answer = client.list_account_roles(accessToken=token.access_token, accountId=account_id)
        if roles := [role["roleName"] for role in answer["roleList"]]:
            return f"In that account there are for this person: {', '.join(roles[:MOST_SHOWN])}. {fix}"
    with suppress(Exception):
        answer = client.list_accounts(accessToken=token.access_token)
        accounts = [account["accountId"] for account in answer["accountList"]]
        return f"This person has the accounts: {', '.join(accounts[:MOST_SHOWN]) or 'none'}. {fix}"
    return fix
