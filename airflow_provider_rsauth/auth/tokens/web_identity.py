"""AssumeRoleWithWebIdentity: how STS is asked, what its refusals mean, and what a user does about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.aws import ROLE_SESSION_SECONDS, SESSION_NAME, BotoSession, unsigned_client
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.tokens.token import in_words

_RULES: tuple[tuple[str, str, type[RsAuthError], str, str], ...] = (
    (
        "AccessDenied",
        "",
        errors.NotAllowed,
        "The role {role} may not be assumed with this token",
        "Does the role exist? Let its trust policy allow sts:AssumeRoleWithWebIdentity to the OIDC provider that issued the "
        "token (Principal, Federated), with conditions on aud and sub that the token fulfils. {claims}",
    ),
    (
        "InvalidIdentityToken",
        "No OpenIDConnect provider found",
        errors.NotFound,
        "The role's account does not know the issuer of the token",
        "Create the OIDC provider there (aws iam create-open-id-connect-provider --url ISSUER --client-id-list AUDIENCE), or "
        "correct the account in role_arn. {claims}",
    ),
    (
        "InvalidIdentityToken",
        "audience",
        errors.SignInRefused,
        "The OIDC provider in the role's account does not take the audience of the token",
        "Have the token issued for sts.amazonaws.com, or add its audience to the provider (aws iam "
        "add-client-id-to-open-id-connect-provider). {claims}",
    ),
    (
        "InvalidIdentityToken",
        "",
        errors.SignInRefused,
        "AWS cannot verify the token",
        "Is it whole, and signed with a key (RS256, ES256, …) that the issuer publishes? The issuer's address must be "
        "reachable from the internet; update the provider in IAM if its certificate has changed. {claims}",
    ),
    (
        "ExpiredToken",
        "",
        errors.Expired,
        "The token in {field} has expired",
        "Fetch a new one. {renew}",
    ),
    (
        "IDPRejectedClaim",
        "",
        errors.SignInRefused,
        "The identity provider does not accept its own token any more",
        "Fetch a new one: this one has expired or was revoked. {renew}",
    ),
    (
        "IDPCommunicationError",
        "",
        errors.Unavailable,
        "AWS could not reach the identity provider to verify the token",
        "Let the task try again; the issuer's address must be reachable from the internet. {claims}",
    ),
)

_RENEW = {
    "web_identity_token": "A token in the connection is not renewed: let it be written to a file, and name that in "
    "web_identity_token_file.",
    "web_identity_token_file": "Does whatever writes the file (the kubelet, an agent) still run? It is read for each "
    "credential.",
}


@dataclass(frozen=True, slots=True)
class WebIdentityRole:
    """
    A role that is to be assumed with a token.

    :param token: the token.
    :param field: the field that the token comes from.
    :param role: the role's ARN.
    :param session_name: the name of its session in CloudTrail.
    """

    token: SecretStr
    field: str
    role: str
    session_name: str | None = None

    def assume(self, region: str | None) -> BotoSession:
        """
        Ask STS, which takes this call unsigned, and return the role's session.

        :param region: the region whose STS is asked; ``None`` for that of the worker's environment.
        :raises RsAuthError: why the role cannot be assumed.
        """
        client = asking_aws(lambda: unsigned_client("sts", region))
        answer = asking_aws(
            lambda: client.assume_role_with_web_identity(
                RoleArn=self.role,
                RoleSessionName=self.session_name or SESSION_NAME,
                WebIdentityToken=self.token.get_secret_value(),
                DurationSeconds=ROLE_SESSION_SECONDS,
            ),
            explain=lambda error: explain_web_identity_error(error, self),
        )
        keys = answer["Credentials"]
        return BotoSession.of_keys(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], client.meta.region_name
        )


def explain_web_identity_error(error: Exception, asked: WebIdentityRole) -> RsAuthError | None:
    """
    Turn a refusal of AssumeRoleWithWebIdentity into an error of ours; ``None`` for what any AWS API may say.

    :param error: what boto3 raised.
    :param asked: what STS was asked for.
    """
    facts: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    code, message = str(facts.get("Code", "")), str(facts.get("Message", ""))
    words = {
        "role": asked.role,
        "field": asked.field,
        "claims": in_words(asked.token),
        "renew": _RENEW.get(asked.field, ""),
    }
    for rule_code, fragment, kind, text, remedy in _RULES:
        if code.removesuffix("Exception") == rule_code and fragment in message:
            told = f"{text.format(**words)} ({code}: {message})."
            return kind(told, remedy=remedy.format(**words).strip(), code=code)
    return None
