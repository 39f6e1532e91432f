"""Secrets Manager: moto keeps the secrets, the policies of the caller are checked here, and AWS's words are used."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.identities import Identities, Identity
from airflow_provider_rsauth.sandbox.aws.permissions import refusal_reason
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

GET_SECRET_VALUE = "secretsmanager:GetSecretValue"


def put_secret(identities: Identities, name: str, content: Mapping[str, Any] | str | bytes) -> str:
    """
    Create a secret, or give it a new version; the one before becomes AWSPREVIOUS.

    :param name: its name.
    :param content: key/value pairs, a text, or bytes for a binary secret.
    :returns: its ARN.
    """
    backend = _backend(identities, identities.region)
    binary = text = None
    if isinstance(content, bytes):
        binary = base64.b64encode(content).decode()
    else:
        text = content if isinstance(content, str) else json.dumps(content)
    if name in backend.secrets:
        backend.put_secret_value(name, text, binary, None, ["AWSCURRENT"])
    else:
        backend.create_secret(name, text, binary, None, [], None, None, [], False)
    return str(backend.secrets[name].arn)


def authorize_get_secret_value(identities: Identities, identity: Identity, request: AwsRequest) -> None:
    """
    Check the caller's policies, and what moto tells in other words than AWS.

    :raises AwsError: ``AccessDenied``, for a secret that does not exist as well, as AWS does it;
        ``ResourceNotFoundException`` for a version that does not exist.
    """
    asked = request.text("SecretId") or ""
    secret = _backend(identities, request.region).secrets.get(asked)
    place = f"arn:{identities.partition}:secretsmanager:{request.region}:{identities.account_id}"
    arn = (
        str(secret.arn) if secret else asked if asked.startswith("arn:") else f"{place}:secret:{asked}-??????"
    )
    stage = request.text("VersionStage")
    why = refusal_reason(identity, GET_SECRET_VALUE, arn, {"secretsmanager:VersionStage": stage})
    if arn.split(":")[4] != identities.account_id:
        why = why or f"because no resource-based policy allows the {GET_SECRET_VALUE} action"
    if why:
        shown = arn if secret else asked
        text = f"User: {identity.arn} is not authorized to perform: {GET_SECRET_VALUE} on resource: {shown} {why}"
        raise AwsError("AccessDenied", text, 403)
    if secret and stage and not any(stage in each["version_stages"] for each in secret.versions.values()):
        text = f"Secrets Manager can't find the specified secret value for staging label: {stage}"
        raise AwsError("ResourceNotFoundException", text)


def _backend(identities: Identities, region: str) -> Any:
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends[identities.account_id][region]
