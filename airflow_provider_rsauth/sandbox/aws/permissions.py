"""Whether an identity may do what it asks for, and AWS's words when it may not."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.identities import Identities, Identity
from airflow_provider_rsauth.sandbox.aws.policy import Decision, decide, trusted_principals
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

ASSUME_ROLE = "sts:AssumeRole"
SHORTEST_SESSION = 900


def authorize(
    identity: Identity, action: str, resource: str, context: Mapping[str, str | None] | None = None
) -> None:
    """
    Check the identity policies.

    :param identity: who calls.
    :param action: such as ``redshift:GetClusterCredentials``.
    :param resource: the ARN of what it concerns.
    :param context: the condition keys of the call; those without a value do not exist.
    :raises AwsError: ``AccessDenied``, unless the policies allow it.
    """
    why = refusal_reason(identity, action, resource, context or {})
    if why:
        text = f"User: {identity.arn} is not authorized to perform: {action} on resource: {resource} {why}"
        raise AwsError("AccessDenied", text, 403)


def refusal_reason(
    identity: Identity, action: str, resource: str, context: Mapping[str, str | None]
) -> str | None:
    """Tell in AWS's words why the identity policies do not allow an action; ``None`` when they do."""
    facts = identity_context(identity) | {k.lower(): v for k, v in context.items() if v is not None}
    policies = {"identity-based": identity.policies}
    if identity.session_policy is not None:
        policies["session"] = (identity.session_policy,)
    decisions = {kind: decide(each, action, resource, facts) for kind, each in policies.items()}
    for kind, decision in decisions.items():
        if decision is Decision.DENIED:
            article = "an" if kind.startswith("i") else "a"
            return f"with an explicit deny in {article} {kind} policy"
    for kind, decision in decisions.items():
        if decision is Decision.UNMENTIONED:
            return f"because no {kind} policy allows the {action} action"
    return None


def identity_context(identity: Identity) -> dict[str, str]:
    """Collect the condition keys that follow from the identity."""
    context = {
        "aws:principalarn": identity.role_arn or identity.arn,
        "aws:userid": identity.user_id,
        "aws:principaltype": "AssumedRole" if identity.role_arn else "User",
    }
    return context if identity.role_arn else context | {"aws:username": identity.name}


def authorize_assume_role(identities: Identities, identity: Identity, request: AwsRequest) -> None:
    """
    Check the trust policy of a role, and where that trusts the account, the caller's own policies.

    :raises AwsError: ``AccessDenied``, for a role that does not exist as well, as AWS does it;
        ``ValidationError`` for a duration that the role does not allow.
    """
    arn = request.text("RoleArn") or ""
    role = identities.role(arn)
    context = identity_context(identity) | {"sts:rolesessionname": request.text("RoleSessionName") or ""}
    if external_id := request.text("ExternalId"):
        context["sts:externalid"] = external_id
    trusted = trusted_principals(role.trust, ASSUME_ROLE, context) if role else set()
    account = {identities.account_id, f"arn:{identities.partition}:iam::{identities.account_id}:root"}
    by_name = trusted & {identity.arn, identity.role_arn, "*"} - {""}
    by_account = trusted & account and refusal_reason(identity, ASSUME_ROLE, arn, {}) is None
    if role is None or not (by_name or by_account):
        text = f"User: {identity.arn} is not authorized to perform: {ASSUME_ROLE} on resource: {arn}"
        raise AwsError("AccessDenied", text, 403)
    check_session_duration(int(request.text("DurationSeconds") or 3600), role.longest_session)


def check_session_duration(seconds: int, longest: int) -> None:
    """
    Check how long a session is to last.

    :raises AwsError: ``ValidationError`` when that is too long for the role, or too short for any.
    """
    if seconds > longest:
        text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", text)
    if seconds < SHORTEST_SESSION:
        text = (
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy "
            f"constraint: Member must have value greater than or equal to {SHORTEST_SESSION}"
        )
        raise AwsError("ValidationError", text)
