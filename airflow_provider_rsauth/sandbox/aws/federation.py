"""What both ways into a role from outside the account have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.identities import Identities, Identity, TrustedRole
from airflow_provider_rsauth.sandbox.aws.permissions import check_session_duration
from airflow_provider_rsauth.sandbox.aws.policy import trusted_principals
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

DEFAULT_DURATION = 3600
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def invalid_token(text: str) -> AwsError:
    """Make the refusal of an assertion or a token."""
    return AwsError("InvalidIdentityToken", text)


def expired_token(text: str) -> AwsError:
    """Make the refusal of an assertion or a token that is too old."""
    return AwsError("ExpiredTokenException", text)


def needed(request: AwsRequest, name: str) -> str:
    """
    Read a parameter that must be given.

    :raises AwsError: ``ValidationError`` when it is not.
    """
    if value := request.text(name):
        return value
    member = name[0].lower() + name[1:]
    text = f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    raise AwsError("ValidationError", text)


def trusted_role(
    identities: Identities, arn: str, provider_arn: str, action: str, context: Mapping[str, str]
) -> TrustedRole:
    """
    Look up a role that trusts an identity provider.

    :param action: such as ``sts:AssumeRoleWithSAML``.
    :param context: the condition keys that follow from the token.
    :raises AwsError: ``AccessDenied``, for a role that does not exist as well, as AWS does it.
    """
    role = identities.role(arn)
    facts = {name.lower(): value for name, value in context.items()}
    if role is None or provider_arn not in trusted_principals(role.trust, action, facts, "Federated"):
        raise AwsError("AccessDenied", f"Not authorized to perform {action}", 403)
    return role


def duration(request: AwsRequest, role: TrustedRole, at_most: float | None = None) -> int:
    """
    Tell how long a session will last.

    :param at_most: how long the identity provider lets it last.
    :raises AwsError: ``ValidationError`` when the role does not allow it.
    """
    seconds = int(request.text("DurationSeconds") or DEFAULT_DURATION)
    check_session_duration(seconds, role.longest_session)
    return seconds if at_most is None else min(seconds, int(at_most))


def answer(session: Identity) -> dict[str, Any]:
    """Write keys and name of a session."""
    return {
        "Credentials": {
            "AccessKeyId": session.keys.access_key_id,
            "SecretAccessKey": session.keys.secret_access_key,
            "SessionToken": session.keys.session_token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 0,
    }
