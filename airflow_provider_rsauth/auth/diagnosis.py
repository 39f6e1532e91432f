"""What AWS's errors mean, and what a user does about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.target import Target

T = TypeVar("T")

_NOT_AUTHORIZED = re.compile(
    r"User: (?P<caller>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?"
    r"(?P<reason>.*)",
    re.DOTALL,
)

_RULES: tuple[tuple[tuple[str, ...], type[RsAuthError], str, str], ...] = (
    (
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ),
        errors.NoAwsIdentity,
        "AWS does not know the access key or session token",
        "Fill in access key, secret and, for temporary keys (ASIA…), the session token together, from the same "
        "AWS partition (commercial, GovCloud, China) as the region.",
    ),
    (
        ("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"),
        errors.NoAwsIdentity,
        "The secret access key does not belong to the access key ID",
        "Enter the secret access key again; if it is right, set this machine's clock (NTP).",
    ),
    (
        ("RequestExpired", "RequestTimeTooSkewed"),
        errors.NoAwsIdentity,
        "AWS finds the request too old",
        "Set this machine's clock (NTP).",
    ),
    (
        ("ExpiredToken", "ExpiredTokenException"),
        errors.Expired,
        "The AWS credentials have expired",
        "Renew the AWS credentials that the connection uses (this is not the database password).",
    ),
    (
        (
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDownException",
        ),
        errors.Throttled,
        "AWS limits the rate of calls in this account and region",
        "Run fewer tasks at once (an Airflow pool does it), or let the task try again later.",
    ),
    (
        ("RegionDisabledException", "OptInRequired"),
        errors.NotAllowed,
        "The region is not active in this account",
        "Activate the region in the account, or use another region.",
    ),
)

_NO_WAY_TO_AWS = (
    errors.Unreachable,
    "AWS cannot be reached from this worker",
    "Allow egress to the AWS API of this region, or add a VPC endpoint for redshift, redshift-serverless and sts "
    "(and secretsmanager, where the login is in a secret).",
)

_CLIENT_RULES: dict[str, tuple[type[RsAuthError], str, str]] = {
    "NoCredentialsError": (
        errors.NoAwsIdentity,
        "There are no AWS credentials on this worker",
        "Choose an AWS connection (aws_conn_id), another auth mode, or give the worker an IAM role.",
    ),
    "PartialCredentialsError": (
        errors.NoAwsIdentity,
        "The AWS credentials are incomplete",
        "Give access key ID and secret access key together.",
    ),
    "ProfileNotFound": (
        errors.NoAwsIdentity,
        "An AWS profile that is referred to does not exist on this worker",
        "Put ~/.aws/config and ~/.aws/credentials on every worker.",
    ),
    "NoRegionError": (
        errors.NoAwsIdentity,
        "No AWS region is known",
        "Fill in the region of the cluster or workgroup.",
    ),
    "UnauthorizedSSOTokenError": (
        errors.Expired,
        "The IAM Identity Center session of the profile has ended",
        "Run 'aws sso login --profile …' where the worker reads ~/.aws/sso/cache.",
    ),
    "TokenRetrievalError": (
        errors.Expired,
        "The IAM Identity Center session of the profile has ended",
        "Run 'aws sso login --profile …' where the worker reads ~/.aws/sso/cache.",
    ),
    "SSOTokenLoadError": (
        errors.NoAwsIdentity,
        "There is no IAM Identity Center token on this worker",
        "Run 'aws sso login --profile …' where the worker reads ~/.aws/sso/cache.",
    ),
    "RefreshWithMFAUnsupportedError": (
        errors.NoAwsIdentity,
        "The AWS profile asks for an MFA code, which nobody can type on a worker",
        "Use a role without MFA for machines.",
    ),
    "CredentialRetrievalError": (
        errors.NoAwsIdentity,
        "The source of the AWS credentials failed",
        "Run its command (credential_process) or call by hand on the worker.",
    ),
    "ParamValidationError": (
        errors.SignInRefused,
        "The request does not fit the API",
        "Check identifier, names and duration of the connection.",
    ),
    "ConnectionError": _NO_WAY_TO_AWS,
    "HTTPClientError": _NO_WAY_TO_AWS,
}


_NOT_FOUND = frozenset(
    {
        "ClusterNotFound",
        "ClusterNotFoundFault",
        "CustomDomainAssociationNotFoundFault",
        "ResourceNotFoundException",
        "WorkgroupNotFoundFault",
    }
)

_NOT_TO_BE_REPEATED = frozenset({"HTTPClientError", "CredentialRetrievalError", "ParamValidationError"})
"""Errors whose text may hold what was sent, or what a program printed."""


def explain_aws_error(error: Exception, target: Target | None = None) -> RsAuthError:
    """
    Turn an error from asking AWS into one of ours.

    :param error: what boto3, or what it runs and reads, raised.
    :param target: the cluster or workgroup that was asked for.
    """
    response: dict[str, Any] = getattr(error, "response", {})
    if not response:
        return _explain_client_side(error)
    code = response.get("Error", {}).get("Code", "")
    message = response.get("Error", {}).get("Message", "")
    if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
        return _explain_denial(code, message, target)
    if code in _NOT_FOUND and target:
        explain = _explain_unknown_domain if target.custom_domain else _explain_not_found
        return explain(code, message, target)
    for codes, kind, text, remedy in _RULES:
        if code in codes:
            return kind(f"{text} ({code}: {message}).", remedy=remedy, code=code)
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return errors.Unavailable(
            f"AWS failed ({code}: {message}).", remedy="Let the task try again later.", code=code
        )
    operation = getattr(error, "operation_name", "the call")
    return errors.SignInRefused(
        f"AWS refused {operation} ({code}: {message}).", remedy="Correct what the message names.", code=code
    )


def asking_aws(
    ask: Callable[[], T],
    target: Target | None = None,
    explain: Callable[[Exception], RsAuthError | None] = lambda _: None,
) -> T:
    """
    Do something that asks AWS or sets up an AWS identity, and explain what goes wrong.

    :param ask: does it.
    :param target: the cluster or workgroup that is asked for.
    :param explain: knows more about what can go wrong with this call; ``None`` for what it does not know.
    :raises RsAuthError: instead of whatever boto3, or what it runs and reads, raises.
    """
    try:
        return ask()
    except RsAuthError:
        raise
    except Exception as error:
        explained = explain(error) or explain_aws_error(error, target)
    # Raised here, so that it does not hold the error: the output of a credential process would be in it.
    raise explained


def _explain_client_side(error: Exception) -> RsAuthError:
    name = type(error).__name__
    for ancestor in type(error).__mro__:
        if ancestor.__name__ in _CLIENT_RULES:
            kind, text, remedy = _CLIENT_RULES[ancestor.__name__]
            detail = name if name in _NOT_TO_BE_REPEATED else str(error)
            return kind(f"{text} ({detail}).", remedy=remedy, code=name)
    return errors.NoAwsIdentity(
        f"The AWS identity of the connection could not be set up ({name}).",
        remedy="Check what it refers to on the worker (AWS connection, ~/.aws files, AWS_… variables): "
        "`aws sts get-caller-identity` there, or the AWS connection's own test, says more.",
        code=name,
    )


def _explain_denial(code: str, message: str, target: Target | None) -> RsAuthError:
    found = _NOT_AUTHORIZED.search(message)
    if not found:
        return errors.NotAllowed(
            f"AWS denied access ({code}: {message}).", remedy="Allow the call in an IAM policy.", code=code
        )
    caller, action, resource = found["caller"], found["action"], found["resource"] or "*"
    reason = found["reason"].strip(" .")
    if "explicit deny" in reason or "boundary" in reason:
        remedy = (
            "A policy forbids it, so allowing it elsewhere does not help: ask whoever keeps that policy "
            "(service control policy, permissions boundary, resource or session policy)."
        )
    elif action == "sts:AssumeRole":
        remedy = (
            f"Let the trust policy of {resource} name {caller} and, if it asks for an external ID, give the same one in "
            f"external_id; and allow sts:AssumeRole on it to {caller}."
        )
    else:
        remedy = (
            f"Allow {action} on {resource} in an IAM policy of {caller}. {_other_account(caller, target)}"
        )
    return errors.NotAllowed(
        f"AWS does not allow {action} on {resource} to {caller}{f', {reason}' if reason else ''}.",
        remedy=remedy.strip(),
        code=code,
        action=action,
        resource=resource,
        caller=caller,
    )


def _other_account(caller: str, target: Target | None) -> str:
    account = caller.split(":")[4] if caller.count(":") >= 5 else ""
    if not target or not account:
        return ""
    if target.account and target.account != account:
        return f"The {target.kind} is in account {target.account}, but the call ran in {account}: fill in role_arn with a role there."
    return f"The call ran in account {account}: if the {target.kind} is in another one, fill in role_arn with a role there."


def _explain_not_found(code: str, message: str, target: Target) -> RsAuthError:
    other = "cluster" if target.is_serverless else "serverless workgroup"
    field = "cluster_identifier" if target.is_serverless else "serverless_work_group"
    return errors.NotFound(
        f"There is no {target} in this AWS account ({code}: {message}).",
        remedy=f"Check its name, region and AWS account. Is {target.identifier!r} a {other}? Then fill it in as {field}. "
        "Was it read from the host of a VPC endpoint? Such a host shows the endpoint's name: fill in the identifier.",
        code=code,
    )


def _explain_unknown_domain(code: str, message: str, target: Target) -> RsAuthError:
    field = "serverless_work_group" if target.is_serverless else "cluster_identifier"
    switch = (
        "Is it a cluster's? Then turn off is_serverless."
        if target.is_serverless
        else "Is it a workgroup's? Then turn on is_serverless."
    )
    return errors.NotFound(
        f"{target.custom_domain!r} is not registered as the custom domain name of a {target.kind} in this AWS account and "
        f"region ({code}: {message}).",
        remedy=f"If it is another name (load balancer, tunnel, own DNS), turn off custom_domain and fill in {field}. If it is "
        f"registered, check region and AWS account. {switch}",
        code=code,
    )
