"""The two APIs that issue a token for the person of IAM Identity Center whom AWS credentials carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem, RsAuthError
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.target import Target, TargetSettings

_ACTION = "GetIdentityCenterAuthToken"
GET_CLUSTER_TOKEN = f"redshift:{_ACTION}"
GET_WORKGROUP_TOKEN = f"redshift-serverless:{_ACTION}"

_NOT_ENHANCED = ("UnsupportedOperation", "UnsupportedOperationFault", "UnsupportedOperationException")


def issue_token(
    target: Target, session: AwsSession, context: SignInContext, presented_as: Mapping[str, str]
) -> Credential:
    """
    Ask AWS for a token of the person whose identity the AWS credentials carry.

    :param target: the cluster or workgroup.
    :param session: who asks.
    :param context: the connection, and the clock.
    :param presented_as: what the driver is told of the token.
    :raises SignInRefused: the AWS credentials are not identity-enhanced.
    :raises NotAllowed: an IAM policy lacks the action.
    :raises NotFound: there is no such cluster or workgroup.
    """
    if not target.identifier:
        raise InvalidSettings(context.subject, [_without_identifier(target)])
    now = context.now()
    return asking_aws(lambda: _issue(target, session, now, presented_as), target, _explain(target))


def _issue(target: Target, session: AwsSession, now: datetime, presented_as: Mapping[str, str]) -> Credential:
    if target.is_serverless:
        client = session.client("redshift-serverless", target.region)
        answer = client.get_identity_center_auth_token(workgroupNames=[target.identifier])
        token, expires_at, api = answer["token"], answer["expirationTime"], GET_WORKGROUP_TOKEN
    else:
        client = session.client("redshift", target.region)
        answer = client.get_identity_center_auth_token(ClusterIds=[target.identifier])
        token, expires_at, api = answer["Token"], answer["ExpirationTime"], GET_CLUSTER_TOKEN
    return Credential("", token, now, expires_at.astimezone(UTC), api, presented_as=presented_as)


def _without_identifier(target: Target) -> Problem:
    field = "serverless_work_group" if target.is_serverless else "cluster_identifier"
    text = f"missing. {_ACTION} takes no custom domain name, so that the {target.kind} must be filled in beside it"
    return Problem(field, text, TargetSettings.ui(field).label)


def _explain(target: Target) -> Callable[[Exception], RsAuthError | None]:
    def explain(error: Exception) -> RsAuthError | None:
        if isinstance(error, AttributeError):  # botocore makes the methods from the APIs that it knows
            return errors.SignInRefused(
                f"boto3 of this worker does not know {_ACTION}.",
                remedy="Upgrade boto3 and botocore; or fill in a token: token, token_file or secret_id, with token_type.",
                code="OldBoto3",
            )
        facts: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
        code, message = facts.get("Code", ""), facts.get("Message", "")
        if code in _NOT_ENHANCED:
            return errors.SignInRefused(
                f"AWS issues no token: the AWS credentials do not carry the identity of a person of IAM Identity Center "
                f"({code}: {message}).",
                remedy="Give aws_conn_id identity-enhanced credentials (sts:AssumeRole with ProvidedContexts, the context "
                "from sso-oidc:CreateTokenWithIAM); assuming a further role (role_arn) loses the identity. Or fill in a "
                "token: token, token_file or secret_id, with token_type.",
                code=code,
            )
        if code == "InvalidClusterState":
            return errors.Unavailable(
                f"The {target} is not available ({code}: {message}).",
                remedy="Wait until it is; resume it if it is paused.",
                code=code,
            )
        return None

    return explain
