"""Airflow connections that sign in to the sandbox: one for each auth mode and each API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.auth.settings import CONN_TYPE
from airflow_provider_rsauth.sandbox.idp.provider import READY_USER as READY_PERSON
from airflow_provider_rsauth.sandbox.sandbox import READY_SECRET
from airflow_provider_rsauth.sandbox.tokens import READY_NAMESPACE, READY_PROVIDER

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.sandbox import Sandbox
    from airflow_provider_rsauth.sandbox.target import Target

AWS_CONN_ID = "aws_sandbox"
ENHANCED_CONN_ID = "aws_identity_enhanced"
"""The AWS connection whose keys carry the identity of a person of IAM Identity Center."""
PERSON = "jane@example.com"
TOKEN_SECONDS = 43200
PROFILE = "sandbox"
IDENTITY_CENTER_CONN_ID = "redshift_identity_center"
"""The connection for which a person has to sign in first."""


def connections(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """
    Return the connections by their id, as Airflow's JSON form has them.

    :param sandbox: the running sandbox.
    """
    keys = sandbox.keys
    cluster, workgroup = sandbox.cluster, sandbox.workgroup
    through_aws = {"auth_mode": "aws_connection", "aws_conn_id": AWS_CONN_ID}
    own_keys = {"access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key}
    new_user = {"auto_create": True, "db_groups": ["loaders"]}
    as_role = {"role_arn": sandbox.role_arn, "as_iam_identity": True}
    return {
        AWS_CONN_ID: {
            "conn_type": "aws",
            "login": keys.access_key_id,
            "password": keys.secret_access_key,
            "extra": {"region_name": sandbox.region},
        },
        ENHANCED_CONN_ID: _enhanced(sandbox),
        "redshift_iam_default": _to(sandbox, cluster, through_aws, login="etl"),
        "redshift_access_key": _to(
            sandbox, cluster, {"auth_mode": "access_key", **own_keys, **new_user}, login="loader"
        ),
        "redshift_profile": _to(sandbox, cluster, {"auth_mode": "profile", "profile": PROFILE, **as_role}),
        IDENTITY_CENTER_CONN_ID: _to(
            sandbox, cluster, {"auth_mode": "identity_center", **_permission_set(sandbox)}, login="analyst"
        ),
        "redshift_serverless": _to(sandbox, workgroup, through_aws),
        "redshift_secret": {
            "conn_type": CONN_TYPE,
            "extra": {
                "auth_mode": "secrets_manager",
                "aws_conn_id": AWS_CONN_ID,
                "secret_id": READY_SECRET,
                "region": sandbox.region,
                "ca_bundle": str(sandbox.ca_file),
            },
        },
        **_at_the_identity_provider(sandbox),
        **_by_token(sandbox),
        "redshift_password": _to(
            sandbox, cluster, {"auth_mode": "password"}, login="dbadmin", password=sandbox.database_password
        ),
    }


def environment(sandbox: Sandbox) -> dict[str, str]:
    """
    Return the environment variables with which Airflow knows these connections and AWS clients find the sandbox.

    :param sandbox: the running sandbox.
    """
    credentials = sandbox.ca_file.parent / "aws-credentials"
    credentials.touch(mode=0o600)
    credentials.write_text(
        f"[{PROFILE}]\naws_access_key_id = {sandbox.keys.access_key_id}\n"
        f"aws_secret_access_key = {sandbox.keys.secret_access_key}\n"
    )
    defined = {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in connections(sandbox).items()
    }
    return sandbox.environment() | {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)} | defined


def _at_the_identity_provider(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return a connection for each product; the person is one, the database users are several."""
    idp = sandbox.idp
    entra = {"idp_tenant": idp.tenant, "client_id": idp.client_id, "client_secret": idp.client_secret}
    own: dict[str, dict[str, Any]] = {
        "adfs": {"db_user": "etl"},
        "ping": {"db_user": "analyst"},
        "okta": {"app_id": idp.app_id, "as_iam_identity": True},
        "azure_ad": {**entra, "db_user": "etl"},
    }
    place = {"idp_host": idp.host, "idp_port": idp.port}
    person = {"login": READY_PERSON, "password": idp.password}
    return {
        f"redshift_{mode}": _to(sandbox, sandbox.cluster, {"auth_mode": mode, **place, **extra}, **person)
        for mode, extra in own.items()
    }


def _by_token(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    cluster = sandbox.cluster
    return {
        "redshift_web_identity": _to(
            sandbox,
            cluster,
            {
                "auth_mode": "web_identity",
                "role_arn": sandbox.oidc.role_arn,
                "web_identity_token": sandbox.oidc.token(seconds=TOKEN_SECONDS),
            },
            login="etl",
        ),
        "redshift_identity_center_token": _to(
            sandbox, cluster, {"auth_mode": "identity_center_token", "aws_conn_id": ENHANCED_CONN_ID}
        ),
        "redshift_native_idp_token": _to(
            sandbox, cluster, {"auth_mode": "native_idp_token", **_native_token(sandbox)}
        ),
    }


def _enhanced(sandbox: Sandbox) -> dict[str, Any]:
    keys = sandbox.temporary_keys(seconds=TOKEN_SECONDS, person=PERSON)
    return {
        "conn_type": "aws",
        "login": keys.access_key_id,
        "password": keys.secret_access_key,
        "extra": {"aws_session_token": keys.session_token, "region_name": sandbox.region},
    }


def _native_token(sandbox: Sandbox) -> dict[str, str]:
    provider = sandbox.tokens.register(READY_PROVIDER, READY_NAMESPACE)
    return {
        "web_identity_token": provider.issue_token(PERSON, TOKEN_SECONDS),
        "provider_name": provider.name,
    }


def _permission_set(sandbox: Sandbox) -> dict[str, str]:
    center = sandbox.identity_center
    return {
        "sso_start_url": center.start_url,
        "sso_region": center.region,
        "sso_account_id": center.account_id,
        "sso_role_name": center.role_name,
    }


def _to(sandbox: Sandbox, target: Target, extra: dict[str, Any], **fields: str) -> dict[str, Any]:
    identifier = "serverless_work_group" if target.is_serverless else "cluster_identifier"
    return {
        "conn_type": CONN_TYPE,
        "host": target.host,
        "port": target.port,
        "schema": target.database,
        **fields,
        "extra": {
            identifier: target.name,
            "region": sandbox.region,
            "ca_bundle": str(sandbox.ca_file),
            **extra,
        },
    }
