"""The APIs of provisioned clusters that moto lacks, or answers without a cluster behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.sandbox.aws.custom_domains import CustomDomains
from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.aws.identities import Identity
from airflow_provider_rsauth.sandbox.aws.issuing import (
    GROUP_NAME,
    Account,
    IssuingTarget,
    Operation,
    check_name,
    duration,
)
from airflow_provider_rsauth.sandbox.aws.permissions import authorize
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

INVALID = "InvalidParameterValue"


class Redshift:
    """
    The service ``redshift`` of one region.

    :param account: where it is.
    :param clusters: the clusters by identifier.
    :param domains: their custom domains.
    :param faults: decides about lifetimes.
    """

    def __init__(
        self,
        account: Account,
        clusters: Mapping[str, IssuingTarget],
        domains: CustomDomains,
        faults: Faults,
    ) -> None:
        self._account = account
        self._clusters = clusters
        self._domains = domains
        self._faults = faults
        self.operations: dict[str, Operation] = {
            "GetClusterCredentials": self.get_cluster_credentials,
            "GetClusterCredentialsWithIAM": self.get_cluster_credentials_with_iam,
            "DescribeClusters": self.describe_clusters,
            "DescribeCustomDomainAssociations": self.describe_custom_domain_associations,
        }

    def get_cluster_credentials(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Issue a password for a named database user."""
        user = check_name("DbUser", request.text("DbUser") or "", INVALID)
        database = self._database(request)
        groups = tuple(
            check_name("DbGroups", group, INVALID, GROUP_NAME) for group in request.items("DbGroups")
        )
        seconds = duration(request, "DurationSeconds", INVALID)
        cluster = self._cluster(request)
        self._authorize(request, identity, cluster.target.name, user, groups)
        auto_create = request.flag("AutoCreate")
        credential, expiration = cluster.issue(
            self._faults,
            "redshift:GetClusterCredentials",
            login=f"IAMA:{user}" if auto_create else f"IAM:{user}",
            role=user,
            seconds=seconds,
            database=database,
            groups=groups,
            auto_create=auto_create,
        )
        return {"DbUser": credential.login, "DbPassword": credential.password, "Expiration": expiration}

    def get_cluster_credentials_with_iam(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Issue a password for the database user that the IAM identity is."""
        database = self._database(request)
        seconds = duration(request, "DurationSeconds", INVALID)
        cluster = self._cluster(request)
        action = "redshift:GetClusterCredentialsWithIAM"
        resource = f"dbname:{cluster.target.name}/{database or '*'}"
        authorize(identity, action, self._account.arn("redshift", resource), self._context(request))
        login = identity.database_user
        credential, expiration = cluster.issue(
            self._faults, action, login, login, seconds, database=database, auto_create=True
        )
        return {
            "DbUser": credential.login,
            "DbPassword": credential.password,
            "Expiration": expiration,
            "NextRefreshTime": expiration,
        }

    def describe_clusters(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Tell where the clusters are."""
        name = request.text("ClusterIdentifier")
        arn = self._account.arn("redshift", f"cluster:{name or '*'}")
        authorize(identity, "redshift:DescribeClusters", arn)
        found = [self._find(name, request.region)] if name else self._clusters_in(request.region)
        return {"Clusters": [{"Cluster": self._describe(each)} for each in found]}

    def describe_custom_domain_associations(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Tell to which clusters custom domains belong."""
        authorize(identity, "redshift:DescribeCustomDomainAssociations", "*")
        name = request.text("CustomDomainName")
        found = self._domains.found(name, self._clusters) if request.region == self._account.region else {}
        if name and not found:
            raise _unknown_domain(name)
        return {"Associations": [{"Association": self._association(*each)} for each in found.items()]}

    def _cluster(self, request: AwsRequest) -> IssuingTarget:
        name = request.text("ClusterIdentifier")
        if domain := request.text("CustomDomainName"):
            name = self._domains.found(domain, self._clusters).get(domain.lower())
            if not name or request.region != self._account.region:
                raise _unknown_domain(domain)
        if not name:
            raise AwsError(INVALID, "Either ClusterIdentifier or CustomDomainName must be given.")
        return self._find(name, request.region)

    def _find(self, name: str, region: str) -> IssuingTarget:
        if name not in self._clusters or region != self._account.region:
            raise AwsError("ClusterNotFound", f"Cluster {name} not found.", 404)
        return self._clusters[name]

    def _clusters_in(self, region: str) -> list[IssuingTarget]:
        return list(self._clusters.values()) if region == self._account.region else []

    def _database(self, request: AwsRequest) -> str | None:
        database = request.text("DbName")
        return check_name("DbName", database, INVALID) if database else None

    def _authorize(
        self, request: AwsRequest, identity: Identity, cluster: str, user: str, groups: tuple[str, ...]
    ) -> None:
        """Check all that a call needs; a database that is not named needs no permission."""
        action = "redshift:GetClusterCredentials"
        needed = [(action, f"dbuser:{cluster}/{user}")]
        if database := request.text("DbName"):
            needed.append((action, f"dbname:{cluster}/{database}"))
        if request.flag("AutoCreate"):
            needed.append(("redshift:CreateClusterUser", f"dbuser:{cluster}/{user}"))
        needed += [("redshift:JoinGroup", f"dbgroup:{cluster}/{group}") for group in groups]
        for permission, resource in needed:
            authorize(identity, permission, self._account.arn("redshift", resource), self._context(request))

    def _context(self, request: AwsRequest) -> dict[str, str | None]:
        names = ("DbUser", "DbName", "DurationSeconds")
        return {f"redshift:{name}": request.text(name) for name in names}

    def _describe(self, cluster: IssuingTarget) -> dict[str, Any]:
        target = cluster.target
        return {
            "ClusterIdentifier": target.name,
            "NodeType": "ra3.large",
            "ClusterStatus": "available",
            "ClusterAvailabilityStatus": "Available",
            "MasterUsername": "dbadmin",
            "DBName": target.database,
            "Endpoint": {"Address": target.host, "Port": target.port},
            "NumberOfNodes": 1,
            "PubliclyAccessible": False,
            "Encrypted": True,
            "ClusterNamespaceArn": self._account.arn("redshift", f"namespace:{target.name}"),
        }

    def _association(self, domain: str, cluster: str) -> dict[str, Any]:
        one = {"CustomDomainName": domain, "ClusterIdentifier": cluster}
        return {
            "CustomDomainCertificateArn": self._account.arn("acm", f"certificate/{domain}"),
            "CertificateAssociations": [{"CertificateAssociation": one}],
        }


def _unknown_domain(name: str) -> AwsError:
    text = f"Custom domain association for {name} not found."
    return AwsError("CustomDomainAssociationNotFoundFault", text, 404)
