"""Authentication profiles, which moto lacks: options of Redshift's drivers under a name."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.identities import Identity
from airflow_provider_rsauth.sandbox.aws.issuing import Account, Operation
from airflow_provider_rsauth.sandbox.aws.permissions import authorize
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

NAME = re.compile(r"[a-zA-Z0-9-]{1,63}")
INVALID = "InvalidAuthenticationProfileRequestFault"


class AuthenticationProfiles:
    """
    The authentication profiles of one account and region; safe to use from several threads.

    :param account: where they are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._contents: dict[str, str] = {}
        self.operations: dict[str, Operation] = {
            "CreateAuthenticationProfile": self.create,
            "DescribeAuthenticationProfiles": self.describe,
            "DeleteAuthenticationProfile": self.delete,
        }

    def put(self, name: str, content: str) -> None:
        """Keep a content under a name, as it is."""
        with self._lock:
            self._contents[name] = content

    def clear(self) -> None:
        """Forget all profiles."""
        with self._lock:
            self._contents.clear()

    def create(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Create a profile."""
        name, content = self._named(request, identity), request.text("AuthenticationProfileContent") or ""
        if not NAME.fullmatch(name):
            raise AwsError(INVALID, f"Invalid value for AuthenticationProfileName: {name}")
        if not _is_object(content):
            raise AwsError(INVALID, "AuthenticationProfileContent must be a JSON object.")
        with self._lock:
            if name in self._contents:
                text = f"Authentication profile {name} already exists."
                raise AwsError("AuthenticationProfileAlreadyExistsFault", text)
            self._contents[name] = content
        return {"AuthenticationProfileName": name, "AuthenticationProfileContent": content}

    def describe(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Tell what profiles say: one, or all."""
        name = self._named(request, identity)
        with self._lock:
            found = dict(self._contents) if request.region == self._account.region else {}
        if name:
            found = {name: found[name]} if name in found else {}
        if name and not found:
            raise _not_found(name)
        profiles = [
            {"AuthenticationProfileName": each, "AuthenticationProfileContent": content}
            for each, content in found.items()
        ]
        return {"AuthenticationProfiles": [{"member": profile} for profile in profiles]}

    def delete(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Delete a profile."""
        name = self._named(request, identity)
        with self._lock:
            if self._contents.pop(name, None) is None:
                raise _not_found(name)
        return {"AuthenticationProfileName": name}

    def _named(self, request: AwsRequest, identity: Identity) -> str:
        name = request.text("AuthenticationProfileName") or ""
        arn = self._account.arn("redshift", f"authenticationprofile:{name or '*'}")
        authorize(identity, f"redshift:{request.operation}", arn)
        return name


def _is_object(content: str) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def _not_found(name: str) -> AwsError:
    text = f"Authentication profile {name} not found."
    return AwsError("AuthenticationProfileNotFoundFault", text, 404)
