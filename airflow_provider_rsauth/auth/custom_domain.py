"""To which cluster or workgroup a custom domain name belongs. A sign-in does not need to know; people like to."""

from __future__ import annotations

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.quiet import withholding_debug_logs
from airflow_provider_rsauth.auth.target import Target


def belongs_to(target: Target, session: AwsSession) -> str:
    """
    Ask AWS (redshift:DescribeCustomDomainAssociations, redshift-serverless:ListCustomDomainAssociations).

    :param target: the cluster or workgroup at a custom domain.
    :param session: who asks.
    :return: the cluster's identifier or the workgroup's name; empty if AWS names none.
    :raises RsAuthError: AWS does not say.
    """
    ask = _workgroup if target.is_serverless else _cluster
    with withholding_debug_logs():
        return asking_aws(lambda: ask(target, session), target)


def _cluster(target: Target, session: AwsSession) -> str:
    client = session.client("redshift", target.region)
    answer = client.describe_custom_domain_associations(CustomDomainName=target.custom_domain)
    domains = [each for one in answer["Associations"] for each in one["CertificateAssociations"]]
    found = {each["CustomDomainName"].lower(): each["ClusterIdentifier"] for each in domains}
    return str(found.get(target.custom_domain, ""))


def _workgroup(target: Target, session: AwsSession) -> str:
    client = session.client("redshift-serverless", target.region)
    answer = client.list_custom_domain_associations(customDomainName=target.custom_domain)
    found = {each["customDomainName"].lower(): each["workgroupName"] for each in answer["associations"]}
    return str(found.get(target.custom_domain, ""))
