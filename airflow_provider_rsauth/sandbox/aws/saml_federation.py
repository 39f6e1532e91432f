"""The operation AssumeRoleWithSAML: a role for whom a trusted identity provider vouches."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.federation import (
    SESSION_NAME,
    answer,
    duration,
    expired_token,
    invalid_token,
    needed,
    trusted_role,
)
from airflow_provider_rsauth.sandbox.aws.identities import Identities
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.aws.saml_assertion import SamlAssertion, read_assertion
from airflow_provider_rsauth.sandbox.aws.saml_sign_in import SIGN_INS, in_partition
from airflow_provider_rsauth.sandbox.idp.attributes import ROLE, ROLE_SESSION_NAME

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.issuing import UnsignedOperation
    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

ACTION = "sts:AssumeRoleWithSAML"
REDEEM_WITHIN = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=30)
TOO_OLD, OVER = "Token must be redeemed within 5 minutes of issuance", "Response has expired"
WRONG_AUDIENCE = "Response does not contain the required audience"
USED_BEFORE = "Response has already been used for this role"
NO_SESSION_NAME = "RoleSessionName is required in AuthnResponse"
WRONG_SESSION_NAME = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"


class SamlFederation:
    """
    The part of STS for SAML.

    :param identities: the roles, and the registered identity providers.
    :param idp: decides in which partition roles are, and whether an assertion counts twice.
    """

    def __init__(self, identities: Identities, idp: IdentityProvider) -> None:
        self._identities = identities
        self._idp = idp
        self._lock = threading.Lock()
        self._used: set[tuple[str, str]] = set()
        self.operations: dict[str, UnsignedOperation] = {"AssumeRoleWithSAML": self.assume_role_with_saml}

    def assume_role_with_saml(self, request: AwsRequest) -> Mapping[str, Any]:
        """Give keys of a session of a role."""
        role_arn, provider_arn = needed(request, "RoleArn"), needed(request, "PrincipalArn")
        own_role_arn, own_provider_arn = self._own(role_arn), self._own(provider_arn)
        metadata = self._identities.saml_metadata(own_provider_arn)
        if metadata is None:
            raise invalid_token("Specified provider doesn't exist")
        assertion = read_assertion(needed(request, "SAMLAssertion"), metadata)
        _check_times(assertion)
        context = self._context(assertion, own_provider_arn)
        session_name = _session_name(assertion)
        if {role_arn, provider_arn} not in _pairs(assertion):
            raise AwsError("AccessDenied", f"Not authorized to perform {ACTION}", 403)
        role = trusted_role(self._identities, own_role_arn, own_provider_arn, ACTION, context)
        seconds = duration(request, role, _seconds_left(assertion))
        self._use(assertion, own_role_arn)
        session = self._identities.assume(own_role_arn, seconds, session_name, request.text("Policy"))
        return {
            **answer(session),
            "Subject": assertion.subject,
            "SubjectType": assertion.subject_type,
            "Issuer": assertion.issuer,
            "Audience": context["saml:aud"],
            "NameQualifier": context["saml:namequalifier"],
        }

    def _own(self, arn: str) -> str:
        """Find what stands in this sandbox for something in the partition that the assertions speak of."""
        elsewhere = arn.startswith(f"arn:{self._idp.partition}:")
        return in_partition(arn, self._identities.partition) if elsewhere else arn

    def _context(self, assertion: SamlAssertion, provider_arn: str) -> dict[str, str]:
        sign_in = SIGN_INS[self._idp.partition]
        right = {sign_in.audience, sign_in.recipient}
        if not assertion.audiences & right or sign_in.recipient not in assertion.recipients:
            raise invalid_token(WRONG_AUDIENCE)
        name = provider_arn.rsplit("/", 1)[-1]
        qualified = f"{assertion.issuer}{self._identities.account_id}/{name}"
        return {
            "saml:aud": sign_in.recipient,
            "saml:doc": f"{self._identities.account_id}/{name}",
            "saml:iss": assertion.issuer,
            "saml:sub": assertion.subject,
            "saml:sub_type": assertion.subject_type,
            "saml:namequalifier": base64.b64encode(hashlib.sha1(qualified.encode()).digest()).decode(),
        }

    def _use(self, assertion: SamlAssertion, role_arn: str) -> None:
        with self._lock:
            if (assertion.id, role_arn) in self._used and self._idp.refuse_replay:
                raise invalid_token(USED_BEFORE)
            self._used.add((assertion.id, role_arn))


def _check_times(assertion: SamlAssertion) -> None:
    now = datetime.now(UTC)
    if now >= assertion.issued_at + REDEEM_WITHIN:
        raise expired_token(TOO_OLD)
    if assertion.ends_at is None or now >= assertion.ends_at:
        raise expired_token(OVER)
    if max(assertion.issued_at, assertion.starts_at or assertion.issued_at) > now + CLOCK_SKEW:
        raise invalid_token("Response is not yet valid")


def _session_name(assertion: SamlAssertion) -> str:
    name = assertion.attribute(ROLE_SESSION_NAME)
    if not name:
        raise invalid_token(NO_SESSION_NAME)
    if not SESSION_NAME.fullmatch(name):
        raise invalid_token(WRONG_SESSION_NAME)
    return name


def _pairs(assertion: SamlAssertion) -> list[set[str]]:
    return [{arn.strip() for arn in each.split(",")} for each in assertion.attributes.get(ROLE, ())]


def _seconds_left(assertion: SamlAssertion) -> float | None:
    ends_at = assertion.session_ends_at
    return None if ends_at is None else (ends_at - datetime.now(UTC)).total_seconds()
