"""A custom domain name is enough to sign in by: one call, the certificate of that name, no lookup."""

from __future__ import annotations

import socket

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

DOMAIN = "dwh.example.com"
LOOKUPS = (
    "DescribeClusters",
    "DescribeCustomDomainAssociations",
    "ListCustomDomainAssociations",
    "GetWorkgroup",
)
ALLOW_CLUSTER = {
    "Statement": {
        "Effect": "Allow",
        "Action": "redshift:GetClusterCredentials",
        "Resource": ["arn:aws:redshift:*:dbuser:examplecluster/etl", "arn:aws:redshift:*:dbname:examplecluster/dev"],
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def dns(monkeypatch):
    """Let the domain lead to this machine, as no name with a dot does everywhere."""
    resolve = socket.getaddrinfo

    def resolved(host, *args, **kwargs):
        return resolve("127.0.0.1" if host in (DOMAIN, f"{DOMAIN}.") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.fixture
def domain(redshift, define):
    """Register the domain for a cluster or workgroup, and define a connection that names nothing else."""

    def registered(target: str, *, based_on: str = "redshift_iam_default", **changes) -> str:
        redshift.add_custom_domain(DOMAIN, target)
        port = changes.pop("port", redshift.targets[target].port)
        unknown = {"cluster_identifier": None, "serverless_work_group": None, "custom_domain": True}
        extra = unknown | changes.pop("extra", {})
        return define(based_on, host=changes.pop("host", DOMAIN), port=port, extra=extra, **changes)

    return registered


def test_a_cluster_is_signed_in_to_by_its_custom_domain(domain, redshift):
    assert RedshiftIAMHook(domain("othercluster")).get_first("select current_user") == ("etl",)
    (call,) = redshift.calls.all
    assert (call.action, call.parameters["CustomDomainName"]) == ("GetClusterCredentials", DOMAIN)
    assert "ClusterIdentifier" not in call.parameters
    assert (redshift.logins[-1].user, redshift.logins[-1].accepted) == ("IAM:etl", True)


def test_a_custom_domain_works_with_the_iam_identity(domain, redshift):
    conn_id = domain("examplecluster", extra={"as_iam_identity": True}, login=None)
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("IAM:airflow",)
    (call,) = redshift.calls.all
    assert (call.action, call.parameters["CustomDomainName"]) == ("GetClusterCredentialsWithIAM", DOMAIN)


def test_a_workgroup_is_signed_in_to_by_its_custom_domain(domain, redshift):
    conn_id = domain("example-workgroup", based_on="redshift_serverless", extra={"is_serverless": True})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("IAM:airflow",)
    (call,) = redshift.calls.all
    assert (call.action, call.parameters["customDomainName"]) == ("GetCredentials", DOMAIN)
    assert "workgroupName" not in call.parameters


def test_ten_connections_cost_one_call(domain, redshift):
    hook = RedshiftIAMHook(domain("examplecluster"))
    for _ in range(10):
        hook.get_conn().close()
    assert redshift.calls.count() == 1


def test_a_cluster_identifier_wins(domain, redshift):
    conn_id = domain("examplecluster", extra={"cluster_identifier": "examplecluster"})
    assert RedshiftIAMHook(conn_id).get_first("select 1") == (1,)
    (call,) = redshift.calls.all
    assert call.parameters["ClusterIdentifier"] == "examplecluster"
    assert "CustomDomainName" not in call.parameters


def test_the_permission_is_that_for_the_cluster(domain, redshift):
    """The least policy of the cluster is enough; the domain needs none of its own."""
    keys = redshift.create_access_keys("narrow", ALLOW_CLUSTER)
    own = {"access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key}
    conn_id = domain("examplecluster", extra={"auth_mode": "access_key", "aws_conn_id": None, **own})
    works, message = RedshiftIAMHook(conn_id).test_connection()
    assert works, message
    assert (
        "Custom domain of: not known (AWS does not allow redshift:DescribeCustomDomainAssociations" in message
    )
    conn_id = domain("othercluster", extra={"auth_mode": "access_key", "aws_conn_id": None, **own})
    with pytest.raises(errors.NotAllowed, match="dbuser:othercluster/etl"):
        RedshiftIAMHook(conn_id).get_conn()


@pytest.mark.parametrize(
    ("target", "based_on", "said"),
    [
        ("examplecluster", "redshift_iam_default", "Custom domain of cluster 'examplecluster'."),
        ("example-workgroup", "redshift_serverless", "Custom domain of workgroup 'example-workgroup'."),
    ],
)
def test_the_test_button_tells_to_what_the_domain_belongs(domain, target, based_on, said):
    conn_id = domain(target, based_on=based_on, extra={"is_serverless": target == "example-workgroup"})
    works, message = RedshiftIAMHook(conn_id).test_connection()
    assert works, message
    assert said in message
    assert f"at custom domain '{DOMAIN}' in us-east-1" in message


def test_the_test_button_asks_nothing_where_there_is_no_custom_domain(redshift):
    works, message = RedshiftIAMHook().test_connection()
    assert works
    assert "ustom domain" not in message
    assert sum(map(redshift.calls.count, LOOKUPS)) == 0


@pytest.mark.parametrize(
    ("target", "serverless", "said"),
    [
        ("example-workgroup", False, ["of a cluster in this AWS account and region (CustomDomainAssociationNotFoundFault", "turn off custom_domain and fill in cluster_identifier", "turn on is_serverless"]),
        ("examplecluster", True, ["of a workgroup in this AWS account and region (ResourceNotFoundException", "turn off custom_domain and fill in serverless_work_group", "turn off is_serverless"]),
    ],
)  # fmt: skip
def test_a_domain_that_is_not_registered_is_told_without_another_call(
    domain, redshift, target, serverless, said
):
    conn_id = domain(target, extra={"is_serverless": serverless})
    with pytest.raises(errors.NotFound) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    for part in (f"'{DOMAIN}' is not registered as the custom domain name", *said):
        assert part in str(caught.value)
    assert redshift.calls.count() == 1


def test_a_domain_is_registered_in_its_region_only(domain):
    with pytest.raises(errors.NotFound, match="is not registered"):
        RedshiftIAMHook(domain("examplecluster", extra={"region": "eu-west-1"})).get_conn()


def test_without_the_switch_a_name_is_no_custom_domain(domain, redshift):
    """Nothing is tried out: who does not say so is asked."""
    with pytest.raises(errors.InvalidSettings, match="or turn on custom_domain"):
        RedshiftIAMHook(domain("examplecluster", extra={"custom_domain": False})).get_conn()
    assert redshift.calls.count() == 0


def test_the_certificate_is_that_of_the_domain(domain, redshift):
    """Once the domain is gone, the server shows its own name, and the driver does not go on."""
    conn_id = domain("examplecluster", extra={"cluster_identifier": "examplecluster"})
    RedshiftIAMHook(conn_id).get_conn().close()
    redshift.remove_custom_domains()
    with pytest.raises(errors.TlsRefused, match=f"for another name than '{DOMAIN}'"):
        RedshiftIAMHook(conn_id).get_conn()


def test_a_name_as_people_write_it(domain, redshift):
    RedshiftIAMHook(domain("examplecluster", host=f"{DOMAIN.upper()}.")).get_conn().close()
    assert redshift.calls.all[-1].parameters["CustomDomainName"] == DOMAIN
