"""The APIs of serverless workgroups, which moto lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.sandbox.aws.custom_domains import CustomDomains
from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.aws.identities import Identity
from airflow_provider_rsauth.sandbox.aws.issuing import (
    Account,
    IssuingTarget,
    Operation,
    check_name,
    duration,
)
from airflow_provider_rsauth.sandbox.aws.permissions import authorize
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

INVALID = "ValidationException"
NOT_FOUND = "ResourceNotFoundException"
WORKGROUP_NAME = re.compile(r"[a-z0-9-]{3,64}")


class RedshiftServerless:
    """
    The service ``redshift-serverless`` of one region.

    :param account: where it is.
    :param workgroups: the workgroups by name.
    :param domains: their custom domains.
    :param faults: decides about lifetimes.
    """

    def __init__(
        self,
        account: Account,
        workgroups: Mapping[str, IssuingTarget],
        domains: CustomDomains,
        faults: Faults,
    ) -> None:
        self._account = account
        self._workgroups = workgroups
        self._domains = domains
        self._faults = faults
        self.operations: dict[str, Operation] = {
            "GetCredentials": self.get_credentials,
            "GetWorkgroup": self.get_workgroup,
            "ListCustomDomainAssociations": self.list_custom_domain_associations,
        }

    def get_credentials(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Issue a password for the database user that the IAM identity is."""
        database = request.text("dbName")
        if database:
            check_name("dbName", database, INVALID)
        seconds = duration(request, "durationSeconds", INVALID)
        workgroup = self._workgroup(request)
        action = "redshift-serverless:GetCredentials"
        authorize(identity, action, self._arn(workgroup))
        login = identity.database_user
        credential, expiration = workgroup.issue(
            self._faults, action, login, login, seconds, database=database, auto_create=True
        )
        return {
            "dbUser": credential.login,
            "dbPassword": credential.password,
            "expiration": expiration,
            "nextRefreshTime": expiration,
        }

    def get_workgroup(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Tell where a workgroup is."""
        workgroup = self._workgroup(request)
        authorize(identity, "redshift-serverless:GetWorkgroup", self._arn(workgroup))
        target = workgroup.target
        return {
            "workgroup": {
                "workgroupName": target.name,
                "workgroupId": workgroup.resource_id,
                "workgroupArn": self._arn(workgroup),
                "namespaceName": f"{target.name}-namespace",
                "status": "AVAILABLE",
                "endpoint": {"address": target.host, "port": target.port},
                "port": target.port,
                "publiclyAccessible": False,
            }
        }

    def list_custom_domain_associations(self, request: AwsRequest, identity: Identity) -> dict[str, Any]:
        """Tell to which workgroups custom domains belong."""
        authorize(identity, "redshift-serverless:ListCustomDomainAssociations", "*")
        wanted = request.text("customDomainName")
        found = (
            self._domains.found(wanted, self._workgroups) if request.region == self._account.region else {}
        )
        return {
            "associations": [
                {
                    "customDomainName": domain,
                    "workgroupName": workgroup,
                    "customDomainCertificateArn": self._account.arn("acm", f"certificate/{domain}"),
                }
                for domain, workgroup in found.items()
            ]
        }

    def _workgroup(self, request: AwsRequest) -> IssuingTarget:
        name = request.text("workgroupName")
        if domain := request.text("customDomainName"):
            name = self._domains.found(domain, self._workgroups).get(domain.lower())
            if not name:
                raise AwsError(NOT_FOUND, f"Custom domain association for {domain} not found.")
        if not name:
            raise AwsError(INVALID, "Either workgroupName or customDomainName must be given.")
        if not WORKGROUP_NAME.fullmatch(name):
            raise AwsError(INVALID, f"Invalid value for workgroupName: {name}")
        if name not in self._workgroups or request.region != self._account.region:
            raise AwsError(NOT_FOUND, f"Serverless workgroup {name} not found.")
        return self._workgroups[name]

    def _arn(self, workgroup: IssuingTarget) -> str:
        return self._account.arn("redshift-serverless", f"workgroup/{workgroup.resource_id}")
