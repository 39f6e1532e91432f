"""What both Redshift APIs need to hand out database credentials."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.aws.identities import Identity
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.ledger import CredentialLedger, TemporaryCredential, new_password
from airflow_provider_rsauth.sandbox.target import Target

DEFAULT_DURATION = 900
SHORTEST_DURATION, LONGEST_DURATION = 900, 3600
DATABASE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+.@-]{0,63}")
GROUP_NAME = re.compile(r"[a-z][a-z0-9_+.@-]{0,63}")

Operation = Callable[[AwsRequest, Identity], Mapping[str, Any]]
UnsignedOperation = Callable[[AwsRequest], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Account:
    """
    Where the resources are.

    :param partition: such as ``aws``.
    """

    account_id: str
    region: str
    partition: str

    def arn(self, service: str, resource: str) -> str:
        """Build the ARN of a resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class IssuingTarget:
    """
    A cluster or workgroup with the ledger of its gateway.

    :param resource_id: the id of a workgroup, which its ARN holds instead of its name.
    """

    target: Target
    ledger: CredentialLedger = field(repr=False)
    resource_id: str = ""

    def issue(
        self,
        faults: Faults,
        api: str,
        login: str,
        role: str,
        seconds: int,
        *,
        database: str | None = None,
        groups: tuple[str, ...] = (),
        auto_create: bool = False,
    ) -> tuple[TemporaryCredential, datetime]:
        """
        Let a login in for a while.

        :returns: the credential, and the expiration that the API announces.
        """
        now = datetime.now(UTC)
        lifetime = faults.lifetime_of(role, login, seconds)
        credential = TemporaryCredential(
            login=login,
            password=new_password(),
            role=role,
            expires_at=now + timedelta(seconds=lifetime.seconds),
            api=api,
            target=self.target.name,
            database=database,
            groups=groups,
            auto_create=auto_create,
        )
        return self.ledger.issue(credential), now + timedelta(seconds=lifetime.announced)


def duration(request: AwsRequest, name: str, code: str) -> int:
    """
    Read the wanted lifetime.

    :param name: the name of the parameter.
    :param code: the error code of a value out of range.
    """
    given = request.text(name) or str(DEFAULT_DURATION)
    if not given.isdigit() or not SHORTEST_DURATION <= int(given) <= LONGEST_DURATION:
        text = f"Invalid value for {name}: {given}. It must be between {SHORTEST_DURATION} and {LONGEST_DURATION}."
        raise AwsError(code, text)
    return int(given)


def check_name(name: str, value: str, code: str, pattern: re.Pattern[str] = DATABASE_NAME) -> str:
    """Check the name of a database user, database or group."""
    if not pattern.fullmatch(value) or value.lower() == "public":
        raise AwsError(code, f"Invalid value for {name}: {value}")
    return value
