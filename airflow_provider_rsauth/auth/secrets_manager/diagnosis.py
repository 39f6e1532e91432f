"""What Secrets Manager is asked for, what its refusals mean, and what a user does about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.diagnosis import asking_aws, explain_aws_error
from airflow_provider_rsauth.auth.errors import RsAuthError

GET_SECRET_VALUE = "secretsmanager:GetSecretValue"  # noqa: S105 - an IAM action

_VERSION_ID = re.compile(r"[a-f0-9-]{32,64}")

_RESTORE = (
    errors.NotFound,
    "{title} is to be deleted",
    "Restore it (aws secretsmanager restore-secret --secret-id {id}), or name another in secret_id.",
)

_RULES: tuple[tuple[str, str, type[RsAuthError], str, str], ...] = (
    (
        "ResourceNotFoundException",
        "secret value",
        errors.NotFound,
        "{title} has no version {version!r}",
        "Correct secret_version, or clear it to read AWSCURRENT; aws secretsmanager list-secret-version-ids --secret-id "
        "{id} lists the versions. A secret that was only created has none: put a value into it.",
    ),
    (
        "ResourceNotFoundException",
        "",
        errors.NotFound,
        "{title} does not exist in this AWS account",
        "Check name, region, and the AWS account of the identity. {hint}",
    ),
    (
        "AccessDeniedException",
        "KMS",
        errors.NotAllowed,
        "{title} may be read but not decrypted",
        "Allow kms:Decrypt on the secret's KMS key to the AWS identity, in its IAM policy and in the key's policy. From "
        "another account a secret can be read only if its key is one of your own, not the default aws/secretsmanager.",
    ),
    (
        "DecryptionFailure",
        "",
        errors.SignInRefused,
        "{title} cannot be decrypted",
        "Is its KMS key disabled, or to be deleted? aws kms describe-key says so; enable it again, or store the secret "
        "under another key.",
    ),
    ("InvalidRequestException", "deletion", *_RESTORE),
    ("InvalidRequestException", "marked deleted", *_RESTORE),
    (
        "InvalidRequestException",
        "",
        errors.SignInRefused,
        "{title} cannot be read",
        "Correct what the message names; aws secretsmanager describe-secret --secret-id {id} shows the secret's state.",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Which secret was asked for.

    :param secret_id: its name or ARN.
    :param version: staging label or ID of its version; ``None`` for the current one.
    :param region: where; ``None`` if only the AWS identity's own configuration tells.
    """

    secret_id: str
    version: str | None
    region: str | None

    @property
    def request(self) -> dict[str, str]:
        """The parameters of GetSecretValue."""
        # The label is sent even where it is the default: a policy's condition on it looks at what is sent.
        version = self.version or "AWSCURRENT"
        kind = "VersionId" if _VERSION_ID.fullmatch(version) else "VersionStage"
        return {"SecretId": self.secret_id, kind: version}

    @property
    def is_arn(self) -> bool:
        """Whether it was asked for by its ARN."""
        return self.secret_id.startswith("arn:")

    @property
    def title(self) -> str:
        """What a message calls it."""
        place = f" in {self.region}" if self.region and not self.is_arn else ""
        return f"The secret {self.secret_id!r}{place}"

    def ask(self, session: AwsSession) -> dict[str, Any]:
        """
        Ask for it.

        :param session: who asks.
        :return: the answer of GetSecretValue.
        :raises RsAuthError: why it cannot be read.
        """
        return asking_aws(
            lambda: session.client("secretsmanager", self.region).get_secret_value(**self.request),
            explain=lambda error: explain_secret_error(error, self),
        )


def explain_secret_error(error: Exception, asked: Asked) -> RsAuthError | None:
    """
    Turn what Secrets Manager refuses into an error of ours; ``None`` for what any AWS API may say.

    :param error: what boto3 raised.
    :param asked: which secret was asked for.
    """
    facts: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    code, message = facts.get("Code", ""), facts.get("Message", "")
    hint = (
        "The ARN must be whole, with the six characters at its end."
        if asked.is_arn
        else "secret_id is a name: a secret of another account is found only by its whole ARN."
    )
    words = {
        "title": asked.title,
        "id": asked.secret_id,
        "version": asked.version or "AWSCURRENT",
        "hint": hint,
    }
    for rule_code, fragment, kind, text, remedy in _RULES:
        if code == rule_code and fragment in message:
            told = f"{text.format(**words)} ({code}: {message})."
            return kind(told, remedy=remedy.format(**words), code=code)
    return _explain_denial(error, asked) if code == "AccessDeniedException" else None


def _explain_denial(error: Exception, asked: Asked) -> RsAuthError:
    refusal = explain_aws_error(error)
    if not isinstance(refusal, errors.NotAllowed) or refusal.action != GET_SECRET_VALUE:
        return refusal
    caller = refusal.caller
    if (
        not refusal.remedy.startswith("Allow ") or caller.count(":") < 5
    ):  # a policy forbids it, or nobody calls
        return refusal
    _, partition, _, _, account, _ = caller.split(":", 5)
    # Asked for by its name, AWS tells the ARN of a secret that exists.
    is_known = refusal.resource.startswith("arn:") and not asked.is_arn
    owner = asked.secret_id.split(":")[4] if asked.is_arn else account
    arn = f"arn:{partition}:secretsmanager:{asked.region}:{account}:secret:{asked.secret_id}-??????"
    arn = refusal.resource if is_known else asked.secret_id if asked.is_arn else arn
    remedy = f"Allow {refusal.action} on {arn} in an IAM policy of {caller}."
    if owner != account:
        remedy += (
            f" The secret is in account {owner}, but the call ran in {account}: its resource policy must allow it, too, "
            "and its KMS key must be one of your own (not the default aws/secretsmanager), whose policy allows "
            f"kms:Decrypt. Or fill in role_arn with a role in account {owner}."
        )
    elif not is_known:
        where = "" if asked.is_arn else f" in {asked.region}"
        remedy += f" AWS says the same of a secret that does not exist: has account {account} one of this name{where}?"
    refusal.remedy = remedy
    return refusal
