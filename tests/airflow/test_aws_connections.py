"""A client made of an Airflow AWS connection: bounded as ours are, addressed and verified as the connection says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth.aws import ATTEMPTS, CONNECT_TIMEOUT, READ_TIMEOUT
from airflow_provider_rsauth.hooks.aws_connections import AirflowAwsConnections


@pytest.fixture
def client(monkeypatch):
    """Make the client of an AWS connection with some extra."""

    def make(service: str = "redshift", region: str | None = None, **extra):
        connection = {
            "conn_type": "aws",
            "login": "AKIAIOSFODNN7EXAMPLE",
            "password": "s",
            "extra": {"region_name": "eu-west-1", **extra},
        }
        monkeypatch.setenv("AIRFLOW_CONN_AWS_WH", json.dumps(connection))
        return AirflowAwsConnections("wh").session("aws_wh", region).client(service, region)

    return make


def test_calls_are_bounded_and_tried_again(client):
    config = client().meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT, READ_TIMEOUT)
    assert config.retries["total_max_attempts"] == ATTEMPTS
    assert config.retries["mode"] == "standard"
    assert "airflow-provider-rsauth" in config.user_agent_extra


def test_settings_of_the_aws_connection_win(client):
    config = client(config_kwargs={"read_timeout": 7}).meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT, 7)


def test_the_region_of_the_target_wins_over_the_aws_connections(client):
    assert client().meta.region_name == "eu-west-1"
    assert client(region="us-east-2").meta.region_name == "us-east-2"


@pytest.mark.parametrize(
    ("extra", "service", "address"),
    [
        ({}, "redshift", "https://redshift.eu-west-1.amazonaws.com"),
        ({"endpoint_url": "https://vpce.example"}, "redshift", "https://vpce.example"),
        (
            {"service_config": {"sts": {"endpoint_url": "https://sts.example"}}},
            "sts",
            "https://sts.example",
        ),
        (
            {
                "endpoint_url": "https://vpce.example",
                "service_config": {"redshift-serverless": {"endpoint_url": "https://serverless.example"}},
            },
            "redshift-serverless",
            "https://serverless.example",
        ),
    ],
    ids=["AWS's own", "one for all", "one for a service", "a service's before the one for all"],
)
def test_the_endpoint_is_that_of_the_aws_connection(client, extra, service, address):
    assert client(service, **extra).meta.endpoint_url == address


@pytest.mark.parametrize("verify", [False, "bundle"])
def test_the_server_is_verified_as_the_aws_connection_says(client, verify, tmp_path):
    verify = verify and str(Path(tmp_path, "ca.pem"))
    assert client(verify=verify)._endpoint.http_session._verify == verify
