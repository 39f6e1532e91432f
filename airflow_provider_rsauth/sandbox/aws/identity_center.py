"""An IAM Identity Center: its settings, who is assigned to which role, and what a person at it does."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from airflow_provider_rsauth.sandbox.aws.identities import ALLOW_ALL, Identities
from airflow_provider_rsauth.sandbox.aws.sso_clients import Client, Clients
from airflow_provider_rsauth.sandbox.aws.sso_sign_ins import DeviceAuthorization, SignIns, Verdict
from airflow_provider_rsauth.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.policy import Document

START_URL = "https://mycompany.awsapps.com/start"
USER_NAME = "jane@example.com"
READY_PERMISSION_SET = "RedshiftReadOnly"
HOUR, DAY = 3600, 86400


class IdentityCenter:
    """
    One IAM Identity Center with one person, who is assigned to roles; safe to use from several threads.

    Its settings may be changed at any time and concern what is issued from then on.

    :param identities: where the roles are.
    """

    start_url: str
    user_name: str
    auto_approve: bool
    access_token_seconds: float
    device_code_seconds: float
    registration_seconds: float
    role_credentials_seconds: float
    interval: float

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._lock = threading.Lock()
        self.region = identities.region
        self.account_id = identities.account_id
        self.role_name = READY_PERMISSION_SET
        self.clients = Clients()
        self.sign_ins = SignIns()
        self.reset()

    def reset(self) -> None:
        """Put everything back to how it was at the start; clients, codes, tokens and assignments are forgotten."""
        self.start_url = START_URL
        self.user_name = USER_NAME
        self.auto_approve = False
        self.access_token_seconds = 8 * HOUR
        self.device_code_seconds = 600
        self.registration_seconds = 90 * DAY
        self.role_credentials_seconds = HOUR
        self.interval = 1
        self.clients.forget_all()
        self.sign_ins.forget_all()
        with self._lock:
            self._assignments: dict[tuple[str, str], str] = {}
        self.assign(self.account_id, self.role_name)

    def assign(self, account_id: str, role_name: str, policy: Document | None = None) -> str:
        """
        Assign the person to a permission set in an account, or change its policy.

        :param account_id: any; the role itself is always in the sandbox's account, so that it can be used there.
        :param role_name: the name of the permission set.
        :param policy: what it allows; everything by default.
        :returns: the ARN of the role that stands for it.
        """
        digest = hashlib.sha256(f"{account_id}/{role_name}".encode()).hexdigest()[:16]
        name = f"AWSReservedSSO_{role_name}_{digest}"
        with self._lock:
            arn = self._identities.provision_role(name, ALLOW_ALL if policy is None else policy)
            self._assignments[account_id, role_name] = arn
        return arn

    @property
    def assignments(self) -> Mapping[tuple[str, str], str]:
        """The ARNs of the assigned roles by account and name of the permission set."""
        with self._lock:
            return dict(self._assignments)

    @property
    def pending(self) -> list[str]:
        """The user codes that wait for the person, oldest first."""
        return [each.user_code for each in self.sign_ins.waiting()]

    def approve(self, user_code: str | None = None) -> None:
        """
        Approve a sign-in, or all that wait.

        :raises SandboxError: when none with the user code waits.
        """
        self._decide(Verdict.APPROVED, user_code)

    def deny(self, user_code: str | None = None) -> None:
        """
        Deny a sign-in, or all that wait.

        :raises SandboxError: when none with the user code waits.
        """
        self._decide(Verdict.DENIED, user_code)

    def authorize(self, client: Client) -> DeviceAuthorization:
        """Make a device code for a client."""
        authorization = self.sign_ins.authorize(client, self.device_code_seconds)
        if self.auto_approve:
            authorization.verdict = Verdict.APPROVED
        return authorization

    def role_credentials(self, role_arn: str) -> AccessKeys:
        """Make temporary keys of an assigned role, in the person's name."""
        return self._identities.temporary_keys(role_arn, int(self.role_credentials_seconds), self.user_name)

    def expire_device_codes(self) -> None:
        """Let the time of all device codes run out."""
        self.sign_ins.expire_device_codes()

    def expire_access_tokens(self) -> None:
        """Let all access tokens die; clients still believe in them."""
        self.sign_ins.expire_access_tokens()

    def expire_refresh_tokens(self) -> None:
        """Let all refresh tokens die."""
        self.sign_ins.expire_refresh_tokens()

    def expire_registrations(self) -> None:
        """Let the secrets of all registered clients run out."""
        self.clients.expire()

    def _decide(self, verdict: Verdict, user_code: str | None) -> None:
        if not self.sign_ins.decide(verdict, user_code) and user_code is not None:
            raise SandboxError(f"no sign-in waits with the code {user_code}")
