"""
Whom access keys belong to: the only module that knows moto's IAM and STS from the inside.

Users and roles live in moto, so that those created through the IAM and STS APIs count as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.policy import Document
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.aws.signature import is_signed_with

POLICY_VERSION = "2012-10-17"
ALLOW_ALL: Document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
POLICY_NAME = "sandbox"
DEFAULT_SESSION_NAME = "sandbox"
LONGEST_SESSION = 43200
RESERVED_PATH = "/aws-reserved/sso.amazonaws.com/"
SAML_PROVIDER = "AWSSSO_sandbox_DO_NOT_DELETE"
SAML_ACTIONS = ("sts:AssumeRoleWithSAML", "sts:TagSession")

INVALID_TOKEN = "The security token included in the request is invalid"
EXPIRED_TOKEN = "The security token included in the request is expired"
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Who calls.

    :param arn: the ARN as refusals show it; that of the session for an assumed role.
    :param name: the name of the user or of the role.
    :param user_id: what the condition key ``aws:userid`` holds.
    :param role_arn: the ARN of the assumed role; empty for a user.
    :param policies: the identity policies.
    :param session_policy: the policy that the session was narrowed to.
    :param person: the user of IAM Identity Center whose identity the credentials carry; empty for none.
    """

    arn: str
    name: str
    user_id: str
    keys: AccessKeys
    role_arn: str = ""
    expires_at: datetime | None = None
    policies: tuple[Document, ...] = field(default=(), repr=False)
    session_policy: Document | None = field(default=None, repr=False)
    person: str = ""

    @property
    def database_user(self) -> str:
        """The name under which Amazon Redshift knows the identity."""
        return f"IAMR:{self.name}" if self.role_arn else f"IAM:{self.name}"


@dataclass(frozen=True, slots=True)
class TrustedRole:
    """
    A role that might be assumed.

    :param trust: its trust policy.
    :param longest_session: the longest duration of its sessions, in seconds.
    """

    arn: str
    trust: Document
    longest_session: int


class Identities:
    """
    The users, roles and sessions of one account.

    :param account_id: the account; each sandbox has its own, since moto's memory is one per process.
    :param region: decides about the partition.
    """

    def __init__(self, account_id: str, region: str) -> None:
        from moto.utilities.utils import get_partition

        self.account_id = account_id
        self.region = region
        self.partition = get_partition(region)
        self._persons: dict[str, str] = {}

    def create_user(self, name: str, policy: Document | None) -> AccessKeys:
        """Create an IAM user with access keys; without a policy it may do nothing."""
        self._iam.create_user(self.region, name)
        if policy is not None:
            self._iam.put_user_policy(name, POLICY_NAME, as_text(policy))
        key = self._iam.create_access_key(name)
        return AccessKeys(key.access_key_id, key.secret_access_key)

    def create_role(self, name: str, policy: Document | None, external_id: str | None = None) -> str:
        """Create a role that the account's users may assume, and tell its ARN."""
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:{self.partition}:iam::{self.account_id}:root"},
        }
        if external_id is not None:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
        trust = as_text({"Statement": [statement]})
        role = self._iam.create_role(name, trust, "/", None, "", [], LONGEST_SESSION)
        if policy is not None:
            self._iam.put_role_policy(name, POLICY_NAME, as_text(policy))
        return str(role.arn)

    def provision_role(self, name: str, policy: Document) -> str:
        """Create a role as IAM Identity Center does, or change its policy, and tell its ARN."""
        path = RESERVED_PATH if self.region == "us-east-1" else f"{RESERVED_PATH}{self.region}/"
        trust = federated_trust(self.arn(f"saml-provider/{SAML_PROVIDER}"), SAML_ACTIONS)
        return self.provide_role(name, policy, trust, path)

    def provide_role(
        self,
        name: str,
        policy: Document,
        trust: Document,
        path: str = "/",
        longest_session: int = LONGEST_SESSION,
    ) -> str:
        """Create a role, or change its policies, and tell its ARN."""
        if not any(role.name == name for role in self._iam.get_roles()):
            self._iam.create_role(name, as_text(trust), path, None, "", [], longest_session)
        self._iam.update_role(name, "", longest_session)
        self._iam.update_assume_role_policy(name, as_text(trust))
        self._iam.put_role_policy(name, POLICY_NAME, as_text(policy))
        return str(self._iam.get_role(name).arn)

    def arn(self, resource: str) -> str:
        """Build the ARN of something in IAM, such as ``role/Reader``."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    def register_saml_provider(self, name: str, metadata: str) -> str:
        """Register an identity provider for SAML, or change its metadata, and tell its ARN."""
        return str(self._iam.create_saml_provider(name, metadata).arn)

    def saml_metadata(self, provider_arn: str) -> str | None:
        """Look up the metadata of an identity provider for SAML."""
        providers = self._iam.list_saml_providers()
        return next((each.saml_metadata_document for each in providers if each.arn == provider_arn), None)

    def register_oidc_provider(self, issuer: str, client_ids: Sequence[str]) -> str:
        """Register an OpenID Connect issuer for some audiences, and tell its ARN."""
        return str(self._iam.create_open_id_connect_provider(issuer, [], [*client_ids], []).arn)

    def oidc_client_ids(self, provider_arn: str) -> Sequence[str] | None:
        """Look up for which audiences an OpenID Connect issuer is registered; ``None`` for an unknown one."""
        provider = self._iam.open_id_providers.get(provider_arn)
        return None if provider is None else list(provider.client_id_list)

    def temporary_keys(
        self, role_arn: str, seconds: int, session_name: str = DEFAULT_SESSION_NAME, person: str = ""
    ) -> AccessKeys:
        """
        Make keys of a session of a role; unlike the API it allows any duration.

        :param person: the user of IAM Identity Center whose identity they carry (identity-enhanced credentials).
        """
        keys = self.assume(role_arn, seconds, session_name).keys
        self._persons[keys.access_key_id] = person
        return keys

    def assume(
        self, role_arn: str, seconds: int, session_name: str, session_policy: str | None = None
    ) -> Identity:
        """Start a session of a role, without asking whether that is allowed."""
        session = self._sts.assume_role(
            region_name=self.region,
            role_session_name=session_name,
            role_arn=role_arn,
            policy=session_policy,
            duration=seconds,
            external_id=None,
        )
        return self._as_identity(session)

    def role(self, arn: str) -> TrustedRole | None:
        """Look a role up."""
        for role in self._iam.get_roles():
            if role.arn == arn:
                trust = as_document(role.assume_role_policy_document or "{}")
                return TrustedRole(arn, trust, int(role.max_session_duration or 3600))
        return None

    def identify(self, request: AwsRequest) -> Identity:
        """
        Tell who signed a call.

        :raises AwsError: when the key is unknown, its token or signature wrong, or its session over.
        """
        identity = self._session(request.access_key_id) or self._user(request.access_key_id)
        token = request.headers.get("X-Amz-Security-Token")
        if identity is None or token != identity.keys.session_token:
            raise AwsError("InvalidClientTokenId", INVALID_TOKEN, 403)
        if identity.expires_at is not None and datetime.now(UTC) >= identity.expires_at:
            raise AwsError("ExpiredToken", EXPIRED_TOKEN, 403)
        if not is_signed_with(request, identity.keys):
            raise AwsError("SignatureDoesNotMatch", WRONG_SIGNATURE, 403)
        return identity

    def _user(self, access_key_id: str) -> Identity | None:
        for user in list(self._iam.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    keys = AccessKeys(key.access_key_id, key.secret_access_key)
                    policies = self._user_policies(user)
                    return Identity(user.arn, user.name, user.id, keys, policies=policies)
        return None

    def _session(self, access_key_id: str) -> Identity | None:
        session = self._sts.get_assumed_role_from_access_key(access_key_id)
        return None if session is None else self._as_identity(session)

    def _as_identity(self, session: Any) -> Identity:
        return Identity(
            arn=session.arn,
            name=session.role_arn.split("/")[-1],
            user_id=session.user_id,
            keys=AccessKeys(session.access_key_id, session.secret_access_key, session.session_token),
            role_arn=session.role_arn,
            expires_at=session.expiration.replace(tzinfo=UTC),
            policies=self._role_policies(session.role_arn),
            session_policy=as_document(session.policy) if session.policy else None,
            person=self._persons.get(session.access_key_id, ""),
        )

    def _user_policies(self, user: Any) -> tuple[Document, ...]:
        groups = self._iam.get_groups_for_user(user.name)
        return tuple(policy for holder in (user, *groups) for policy in policies_of(holder))

    def _role_policies(self, role_arn: str) -> tuple[Document, ...]:
        roles = [role for role in self._iam.get_roles() if role.arn == role_arn]
        return tuple(policy for role in roles for policy in policies_of(role))

    @property
    def _iam(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self.account_id][self.partition]

    @property
    def _sts(self) -> Any:
        from moto.sts.models import sts_backends

        return sts_backends[self.account_id][self.partition]


def federated_trust(
    provider_arn: str, actions: Sequence[str], condition: Mapping[str, Any] | None = None
) -> Document:
    """Write the trust policy of a role for people whom an identity provider vouches for."""
    statement = {"Effect": "Allow", "Action": [*actions], "Principal": {"Federated": provider_arn}}
    return {"Statement": [statement | ({"Condition": condition} if condition else {})]}


def policies_of(holder: Any) -> Iterable[Document]:
    """List the inline and the managed policies of a user, a group or a role in moto."""
    yield from map(as_document, holder.policies.values())
    for managed in holder.managed_policies.values():
        yield from (as_document(version.document) for version in managed.versions if version.is_default)


def as_document(policy: str | Mapping[str, Any]) -> Document:
    """Read a policy document."""
    document: Document = json.loads(policy) if isinstance(policy, str) else policy
    return document


def as_text(policy: Document) -> str:
    """Write a policy document; moto refuses one without a version, and so does AWS for policy variables."""
    return json.dumps({"Version": POLICY_VERSION, **policy})
