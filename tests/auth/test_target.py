"""The host of every partition says which Redshift it is; explicit fields beat it; any other host says nothing."""

from __future__ import annotations

import pytest

from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.auth.target import Target


def target(host=None, port=None, schema=None, **extra) -> Target:
    return parse(
        RawConnection("wh", host=host, port=port, schema=schema, extra={"as_iam_identity": True, **extra})
    ).target


@pytest.mark.parametrize(
    ("host", "identifier", "serverless", "region", "partition"),
    [
        ("c1.abc123.us-east-1.redshift.amazonaws.com", "c1", False, "us-east-1", "aws"),
        ("c1.abc123.ap-southeast-7.redshift.amazonaws.com", "c1", False, "ap-southeast-7", "aws"),
        ("C1.ABC123.US-EAST-1.Redshift.amazonaws.com", "c1", False, "us-east-1", "aws"),
        ("c1.abc123.us-east-1.redshift.amazonaws.com.", "c1", False, "us-east-1", "aws"),
        ("c1.abc123.us-gov-west-1.redshift.amazonaws.com", "c1", False, "us-gov-west-1", "aws-us-gov"),
        ("c1.abc123.cn-north-1.redshift.amazonaws.com.cn", "c1", False, "cn-north-1", "aws-cn"),
        ("c1.abc123.us-iso-east-1.redshift.c2s.ic.gov", "c1", False, "us-iso-east-1", "aws-iso"),
        ("c1.abc123.us-isob-east-1.redshift.sc2s.sgov.gov", "c1", False, "us-isob-east-1", "aws-iso-b"),
        ("c1.abc123.eusc-de-east-1.redshift.amazonaws.eu", "c1", False, "eusc-de-east-1", "aws-eusc"),
        ("wg-1.123456789012.eu-west-1.redshift-serverless.amazonaws.com", "wg-1", True, "eu-west-1", "aws"),
        (
            "wg-1.123456789012.cn-northwest-1.redshift-serverless.amazonaws.com.cn",
            "wg-1",
            True,
            "cn-northwest-1",
            "aws-cn",
        ),
    ],
)
def test_a_redshift_host_is_understood_whole(host, identifier, serverless, region, partition):
    found = target(host)
    assert (found.identifier, found.is_serverless, found.region, found.partition) == (
        identifier,
        serverless,
        region,
        partition,
    )


def test_the_account_of_a_workgroup_is_in_its_host():
    assert target("wg-1.123456789012.eu-west-1.redshift-serverless.amazonaws.com").account == "123456789012"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "10.0.0.7",
        "nlb-1234.elb.us-east-1.amazonaws.com",
        "warehouse.example.com",
        "c1.abc123.us-east-1.redshift.amazonaws.com.evil.example",
        "x.c1.abc123.us-east-1.redshift.amazonaws.com",
    ],
)
def test_any_other_host_says_nothing(host):
    found = target(host, cluster_identifier="c9", region="us-east-2")
    assert (found.identifier, found.is_serverless, found.region, found.host) == (
        "c9",
        False,
        "us-east-2",
        host,
    )


def test_explicit_fields_beat_the_host():
    """The first label of a managed VPC endpoint's host is the endpoint's name, not the workgroup's."""
    found = target(
        "endpoint-name.123456789012.eu-west-1.redshift-serverless.amazonaws.com",
        serverless_work_group="real-group",
    )
    assert (found.identifier, found.is_serverless, found.region) == ("real-group", True, "eu-west-1")


def test_an_untouched_switch_does_not_turn_serverless_off():
    """Airflow's older form stores every switch as false."""
    assert target(
        "wg-1.123456789012.eu-west-1.redshift-serverless.amazonaws.com", is_serverless=False
    ).is_serverless
    assert target(serverless_work_group="abc", region="us-east-1", is_serverless=False).is_serverless


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({"region": "us-east-2"}, "cluster at custom domain 'dwh.example.com' in us-east-2"),
        ({"is_serverless": True}, "workgroup at custom domain 'dwh.example.com'"),
    ],
)
def test_a_custom_domain_stands_for_what_it_is_registered_for(extra, text):
    found = target("DWH.example.com:5440/sales", custom_domain="true", **extra)
    assert (found.identifier, found.custom_domain, found.port) == ("", "dwh.example.com", 5440)
    assert str(found) == text


@pytest.mark.parametrize("name", ["cluster_identifier", "serverless_work_group"])
def test_an_explicit_name_beats_the_custom_domain(name):
    found = target("dwh.example.com", custom_domain=True, is_serverless=False, **{name: "real-one"})
    assert (found.identifier, found.custom_domain) == ("real-one", "")


def test_the_console_endpoint_is_taken_apart():
    """The console shows host, port and database as one text, and people paste it."""
    found = target("c1.abc123.us-east-1.redshift.amazonaws.com:5440/sales")
    assert (found.host, found.port, found.database) == (
        "c1.abc123.us-east-1.redshift.amazonaws.com",
        5440,
        "sales",
    )


def test_fields_of_their_own_beat_the_pasted_endpoint():
    found = target("c1.abc123.us-east-1.redshift.amazonaws.com:5440/sales", port=5441, schema="dev")
    assert (found.port, found.database) == (5441, "dev")
