"""The credentials of the role that an assertion is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_rsauth.auth.aws import unsigned_client
from airflow_provider_rsauth.auth.broker import CredentialBroker
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import RsAuthError, SignInRefused
from airflow_provider_rsauth.auth.partitions import partition_of
from airflow_provider_rsauth.auth.saml.assertion import Assertion
from airflow_provider_rsauth.auth.saml.roles import SamlRole

HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Whose STS is asked where no region is known."""

_REMEDIES = {
    "ExpiredTokenException": "An assertion is good for five minutes: set the clocks of this machine and of the identity "
    "provider (NTP).",
    "InvalidIdentityToken": "IAM does not know the identity provider as it signs now: upload its current metadata to the "
    "SAML provider {provider} (aws iam update-saml-provider).",
    "IDPRejectedClaim": "The identity provider does not stand by its assertion: sign in there in a browser and see.",
    "AccessDenied": "Let the trust policy of {role} allow sts:AssumeRoleWithSAML to {provider}, with SAML:aud "
    "https://signin.aws.amazon.com/saml.",
}
"""Code of an error of AssumeRoleWithSAML → what to do."""


@dataclass(frozen=True, slots=True)
class RoleSession:
    """
    A session of a role, and the assertion that it was given for.

    :param keys: AccessKeyId, SecretAccessKey and SessionToken.
    :param assertion: the assertion, which also says who the database user is.
    :param issued_at: when it was given, UTC.
    :param expires_at: when it ends, UTC.
    """

    keys: dict[str, Any] = field(repr=False)
    assertion: Assertion
    issued_at: datetime
    expires_at: datetime | None


broker: CredentialBroker[RoleSession] = CredentialBroker()
"""The role sessions of this process, by their own expiry: ten connections ask the identity provider once."""


def assume_role_with_saml(
    role: SamlRole, assertion: Assertion, region: str | None, now: datetime
) -> RoleSession:
    """
    Assume a role (STS AssumeRoleWithSAML; the call is not signed).

    :param role: the role.
    :param assertion: the assertion that offers it.
    :param region: the region whose STS is asked; ``None`` for the partition's first.
    :param now: the present, UTC.
    :raises RsAuthError: STS refuses, or cannot be reached.
    """
    request = {"RoleArn": role.arn, "PrincipalArn": role.provider_arn, "SAMLAssertion": assertion.encoded}
    where = region if region and partition_of(region) == role.partition else HOME_REGIONS.get(role.partition)
    try:
        answer = asking_aws(
            lambda: unsigned_client("sts", where or "us-east-1").assume_role_with_saml(**request)
        )
    except SignInRefused as error:
        raise _explained(error, role) from None
    keys = answer["Credentials"]
    return RoleSession(keys, assertion, now, keys["Expiration"].astimezone(UTC))


def _explained(error: SignInRefused, role: SamlRole) -> RsAuthError:
    remedy = next((text for code, text in _REMEDIES.items() if error.code.startswith(code)), "")
    if not remedy:
        return error
    return SignInRefused(
        f"STS does not give the role {role.arn} for the assertion of the identity provider: {error.message}",
        remedy=remedy.format(role=role.arn, provider=role.provider_arn),
        code=error.code,
    )
