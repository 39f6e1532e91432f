"""What AWS's errors mean, and what a user does about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.target import Target

_NOT_AUTHORIZED = re.compile(
    r"User: (?P<caller>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?"
)

_RULES: tuple[tuple[tuple[str, ...], type[RsAuthError], str, str], ...] = (
    (
        ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
        errors.NoAwsIdentity,
        "AWS does not know the access key or session token",
        "Fill in access key, secret and, for temporary keys (ASIA…), the session token together, from the same "
        "AWS partition (commercial, GovCloud, China) as the region.",
    ),
    (
        ("SignatureDoesNotMatch",),
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
        ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"),
        errors.Throttled,
        "AWS limits the rate of calls in this account and region",
        "Run fewer tasks at once (an Airflow pool does it), or let the task try again later.",
    ),
    (
        ("RegionDisabledException",),
        errors.NotAllowed,
        "STS is not active in this region",
        "Activate the region in the account, or use another region.",
    ),
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
    "HTTPClientError": (
        errors.Unreachable,
        "AWS cannot be reached from this worker",
        "Allow egress to the AWS API of this region, or add a VPC endpoint for redshift, redshift-serverless and sts.",
    ),
}


def explain_aws_error(error: Exception, target: Target | None = None) -> RsAuthError:
    """
    Turn an error of botocore into one of ours.

    :param error: a ``ClientError`` or ``BotoCoreError``.
    :param target: the cluster or workgroup that was asked for.
    """
    response: dict[str, Any] = getattr(error, "response", {})
    if not response:
        return _explain_client_side(error)
    code = response.get("Error", {}).get("Code", "")
    message = response.get("Error", {}).get("Message", "")
    if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
        return _explain_denial(code, message, target)
    if code in ("ClusterNotFound", "ClusterNotFoundFault", "ResourceNotFoundException") and target:
        return _explain_not_found(code, message, target)
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


@contextmanager
def explaining_aws_errors(target: Target | None = None) -> Iterator[None]:
    """
    Turn the errors of botocore inside the block into ours.

    :param target: the cluster or workgroup that is asked for.
    :raises RsAuthError: instead of ``ClientError`` and ``BotoCoreError``.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explain_aws_error(error, target) from None


def _explain_client_side(error: Exception) -> RsAuthError:
    for ancestor in type(error).__mro__:
        if ancestor.__name__ in _CLIENT_RULES:
            kind, text, remedy = _CLIENT_RULES[ancestor.__name__]
            return kind(f"{text} ({error}).", remedy=remedy, code=type(error).__name__)
    return errors.SignInRefused(f"The AWS SDK failed ({error}).", remedy="", code=type(error).__name__)


def _explain_denial(code: str, message: str, target: Target | None) -> RsAuthError:
    found = _NOT_AUTHORIZED.search(message)
    if not found:
        return errors.NotAllowed(
            f"AWS denied access ({code}: {message}).", remedy="Allow the call in an IAM policy.", code=code
        )
    caller, action, resource = found["caller"], found["action"], found["resource"] or "*"
    if action == "sts:AssumeRole":
        remedy = (
            f"Let the trust policy of {resource} name {caller} and, if it asks for an external ID, give the same one in "
            f"external_id; and allow sts:AssumeRole on it to {caller}."
        )
    else:
        remedy = (
            f"Allow {action} on {resource} in an IAM policy of {caller}. {_other_account(caller, target)}"
        )
    return errors.NotAllowed(
        f"AWS does not allow {action} on {resource} to {caller}.",
        remedy=remedy.strip(),
        code=code,
        action=action,
        resource=resource,
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
        remedy=f"Check its name, region and AWS account. Is {target.identifier!r} a {other}? Then fill it in as {field}.",
        code=code,
    )
