"""The three APIs that issue a temporary database credential for an AWS identity."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.target import Target

GET_CLUSTER_CREDENTIALS = "redshift:GetClusterCredentials"
GET_CLUSTER_CREDENTIALS_WITH_IAM = "redshift:GetClusterCredentialsWithIAM"
GET_CREDENTIALS = "redshift-serverless:GetCredentials"


def api_for(target: Target, user: DatabaseUser) -> str:
    """
    Return the API that issues the credential, as its IAM action.

    :param target: the cluster or workgroup.
    :param user: the database user.
    """
    if target.is_serverless:
        return GET_CREDENTIALS
    return GET_CLUSTER_CREDENTIALS_WITH_IAM if user.as_iam_identity else GET_CLUSTER_CREDENTIALS


def issue(
    target: Target, database: str, user: DatabaseUser, session: AwsSession, now: datetime
) -> Credential:
    """
    Ask AWS for a database credential.

    :param target: the cluster or workgroup.
    :param database: the database that it is for.
    :param user: the database user; its ranges have been checked.
    :param session: who asks.
    :param now: the present, UTC.
    :raises NotAllowed: an IAM policy lacks the action.
    :raises NotFound: there is no such cluster or workgroup.
    :raises Throttled: AWS limits the calls, after botocore's own retries.
    """
    return asking_aws(lambda: _issue(target, database, user, session, now), target)


def _issue(
    target: Target, database: str, user: DatabaseUser, session: AwsSession, now: datetime
) -> Credential:
    api = api_for(target, user)
    client = session.client(api.partition(":")[0], target.region)
    if api == GET_CREDENTIALS:
        answer = client.get_credentials(**_serverless_request(target, database, user))
        name, password, expires_at = answer["dbUser"], answer["dbPassword"], answer["expiration"]
    else:
        if api == GET_CLUSTER_CREDENTIALS_WITH_IAM:
            answer = client.get_cluster_credentials_with_iam(**_request(target, database, user))
        else:
            answer = client.get_cluster_credentials(**_request(target, database, user), **_user_request(user))
        name, password, expires_at = answer["DbUser"], answer["DbPassword"], answer["Expiration"]
    return Credential(name, password, now, expires_at.astimezone(UTC), api)


def _serverless_request(target: Target, database: str, user: DatabaseUser) -> dict[str, Any]:
    which = (
        {"customDomainName": target.custom_domain}
        if target.custom_domain
        else {"workgroupName": target.identifier}
    )
    request: dict[str, Any] = {**which, "dbName": database}
    if user.duration_seconds:
        request["durationSeconds"] = user.duration_seconds
    return request


def _request(target: Target, database: str, user: DatabaseUser) -> dict[str, Any]:
    which = (
        {"CustomDomainName": target.custom_domain}
        if target.custom_domain
        else {"ClusterIdentifier": target.identifier}
    )
    request: dict[str, Any] = {**which, "DbName": database}
    if user.duration_seconds:
        request["DurationSeconds"] = user.duration_seconds
    return request


def _user_request(user: DatabaseUser) -> dict[str, Any]:
    request: dict[str, Any] = {"DbUser": user.db_user, "AutoCreate": bool(user.auto_create)}
    if user.groups:
        request["DbGroups"] = list(user.groups)
    return request
