"""The APIs of both Redshift services that turn the identity of a person into a token for a login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.aws.identities import Identity
from airflow_provider_rsauth.sandbox.aws.issuing import Account, IssuingTarget, Operation
from airflow_provider_rsauth.sandbox.aws.permissions import authorize
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.tokens import DEFAULT_SECONDS, Tokens

ACTION = "GetIdentityCenterAuthToken"
MOST_TARGETS = 20
NOT_ENHANCED = "The operation is only supported with identity-enhanced credentials."


class IdentityTokens:
    """
    GetIdentityCenterAuthToken.

    :param account: where it is.
    :param clusters: the clusters by identifier.
    :param workgroups: the workgroups by name.
    :param tokens: where the tokens are known.
    :param faults: decides about lifetimes.
    """

    def __init__(
        self,
        account: Account,
        clusters: Mapping[str, IssuingTarget],
        workgroups: Mapping[str, IssuingTarget],
        tokens: Tokens,
        faults: Faults,
    ) -> None:
        self._account = account
        self._clusters = clusters
        self._workgroups = workgroups
        self._tokens = tokens
        self._faults = faults
        self.of_clusters: dict[str, Operation] = {ACTION: self.for_clusters}
        self.of_workgroups: dict[str, Operation] = {ACTION: self.for_workgroups}

    def for_clusters(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Issue a token for clusters."""
        names = request.items("ClusterIds")
        if not 1 <= len(names) <= MOST_TARGETS:
            raise AwsError("RedshiftInvalidParameter", f"ClusterIds must hold 1 to {MOST_TARGETS} items.")
        for name in names:
            if name not in self._clusters or request.region != self._account.region:
                raise AwsError("ClusterNotFound", f"Cluster {name} not found.", 404)
            authorize(identity, f"redshift:{ACTION}", self._account.arn("redshift", f"cluster:{name}"))
        token, expires_at = self._issue(identity, names, "redshift", "UnsupportedOperation")
        return {"Token": token, "ExpirationTime": expires_at}

    def for_workgroups(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Issue a token for workgroups."""
        names = [str(name) for name in request.parameters.get("workgroupNames") or ()]
        service = "redshift-serverless"
        if not 1 <= len(names) <= MOST_TARGETS:
            raise AwsError("ValidationException", f"workgroupNames must hold 1 to {MOST_TARGETS} items.")
        for name in names:
            if name not in self._workgroups or request.region != self._account.region:
                raise AwsError("ResourceNotFoundException", f"Serverless workgroup {name} not found.")
            arn = self._account.arn(service, f"workgroup/{self._workgroups[name].resource_id}")
            authorize(identity, f"{service}:{ACTION}", arn)
        token, expires_at = self._issue(identity, names, service, "UnsupportedOperationFault")
        return {"token": token, "expirationTime": expires_at.isoformat()}

    def _issue(
        self, identity: Identity, names: Sequence[str], service: str, unsupported: str
    ) -> tuple[str, datetime]:
        if not identity.person:
            raise AwsError(unsupported, NOT_ENHANCED)
        lifetime = self._faults.lifetime_of(identity.person, identity.person, DEFAULT_SECONDS)
        api = f"{service}:{ACTION}"
        token = self._tokens.issue(identity.person, "SUBJECT_TOKEN", lifetime.seconds, targets=names, api=api)
        return token, datetime.now(UTC) + timedelta(seconds=lifetime.announced)
