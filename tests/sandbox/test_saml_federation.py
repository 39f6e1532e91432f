"""AssumeRoleWithSAML of the sandbox: who gets in, and who does not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from lxml import etree

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from airflow_provider_rsauth.sandbox.aws.identities import ALLOW_ALL, federated_trust
from airflow_provider_rsauth.sandbox.idp import hostile
from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider
from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey
from tests.sandbox.clients import aws, cluster_credentials, refused_call

DS, SAML = "{http://www.w3.org/2000/09/xmldsig#}", "{urn:oasis:names:tc:SAML:2.0:assertion}"
INVALID, EXPIRED = "InvalidIdentityToken", "ExpiredTokenException"
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)


@pytest.fixture
def idp(sandbox: Sandbox) -> IdentityProvider:
    return sandbox.idp


def unsigned_sts(sandbox: Sandbox) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    return boto3.client("sts", endpoint_url=sandbox.endpoint_url, region_name="us-east-1", config=config)


def asked(idp: IdentityProvider, response: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "RoleArn": idp.role_arn,
        "PrincipalArn": idp.provider_arn,
        "SAMLAssertion": response or idp.saml_response(),
        **changes,
    }


def assume(sandbox: Sandbox, response: str | None = None, **changes: Any) -> dict[str, Any]:
    return unsigned_sts(sandbox).assume_role_with_saml(**asked(sandbox.idp, response, **changes))


def refused(sandbox: Sandbox, response: str | None = None, **changes: Any) -> tuple[str, str, int]:
    call = unsigned_sts(sandbox).assume_role_with_saml
    return refused_call(call, **asked(sandbox.idp, response, **changes))


def changed(response: str, change: Callable[[Any], None]) -> str:
    root = etree.fromstring(base64.b64decode(response))
    change(root)
    return base64.b64encode(etree.tostring(root)).decode()


def keys_of(answer: dict[str, Any]) -> AccessKeys:
    given = answer["Credentials"]
    return AccessKeys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@pytest.mark.parametrize("prefix", ["", "saml", "saml2"])
@pytest.mark.parametrize("role_first", [True, False])
def test_an_assertion_gives_keys_of_the_role(sandbox, idp, prefix, role_first):
    idp.role_first = role_first
    answer = assume(sandbox, idp.saml_response(prefix=prefix))
    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/SamlReader/jane@example.com"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert (answer["Subject"], answer["SubjectType"]) == ("jane@example.com", "persistent")
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    assert answer["Issuer"] == idp.issuer
    keys = keys_of(answer)
    assert aws(sandbox, "sts", keys).get_caller_identity()["Arn"] == arn
    assert cluster_credentials(sandbox, keys)[0] == "IAM:etl"
    lasts = answer["Credentials"]["Expiration"] - datetime.now(UTC)
    assert 3500 < lasts.total_seconds() <= 3600


def test_an_assertion_of_entra_id_counts_with_a_response_around_it(sandbox, idp):
    wrapped = (
        '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Status>'
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f"{idp.assertion().decode()}</samlp:Response>"
    )
    assert assume(sandbox, base64.b64encode(wrapped.encode()).decode())["Credentials"]


def test_no_secret_is_recorded(sandbox, idp):
    response = idp.saml_response()
    assume(sandbox, response)
    assert response not in repr(sandbox.calls.all)
    assert sandbox.calls.count("AssumeRoleWithSAML") == 1


def test_a_response_signed_by_somebody_else_is_refused(sandbox, idp):
    idp.sign_with()
    assert refused(sandbox) == (INVALID, "Response signature invalid", 400)
    idp.sign_with(SigningKey("another"))
    assert refused(sandbox)[1] == "Response signature invalid"


def test_what_was_changed_after_signing_is_refused(sandbox, idp):
    def rename(root: Any) -> None:
        root.find(f".//{SAML}NameID").text = "boss@example.com"

    def unsign(root: Any) -> None:
        signature = root.find(f".//{DS}Signature")
        signature.getparent().remove(signature)

    def damage(root: Any) -> None:
        certificate = root.find(".//{*}X509Certificate")
        certificate.tag = f"{DS}X509Other"

    def forge(root: Any) -> None:
        """Put an own assertion before the signed one."""
        forged = etree.fromstring(etree.tostring(root.find(f"{SAML}Assertion")))
        forged.find(f".//{SAML}NameID").text = "boss@example.com"
        forged.set("ID", "_forged")
        root.insert(0, forged)

    for change in (rename, unsign, damage):
        assert refused(sandbox, changed(idp.saml_response(), change))[1] == "Response signature invalid"
    answer = assume(sandbox, changed(idp.saml_response(), forge))
    assert answer["Subject"] == "jane@example.com"  # only what is signed counts


def test_what_was_signed_may_not_be_moved(sandbox, idp):
    def forge(root: Any) -> None:
        """Hide what was signed in the signature of an assertion about somebody else."""
        forged = root.find(f"{SAML}Assertion")
        signed = etree.fromstring(etree.tostring(forged, with_tail=False))
        signed.remove(signed.find(f"{DS}Signature"))
        etree.SubElement(forged.find(f"{DS}Signature"), f"{DS}Object").append(signed)
        forged.set("ID", "_forged")
        forged.find(f".//{SAML}NameID").text = "boss@example.com"

    assert refused(sandbox, changed(idp.saml_response(), forge))[1] == "Response signature invalid"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("not base64!", "Invalid base64 SAMLResponse"),
        (b"no XML", "Invalid SAML response"),
        (b"<Response/>", "Invalid SAML response"),
        (hostile.ENTITY_BOMB.encode(), "Invalid SAML response"),
        (hostile.EXTERNAL_ENTITY.encode(), "Invalid SAML response"),
    ],
)
def test_nonsense_is_refused(sandbox, content, text):
    response = content if isinstance(content, str) else base64.b64encode(content).decode()
    assert refused(sandbox, response) == (INVALID, text, 400)


def test_an_unknown_provider_is_refused(sandbox, idp):
    arn = f"{idp.provider_arn}-other"
    assert refused(sandbox, PrincipalArn=arn) == (INVALID, "Specified provider doesn't exist", 400)


def test_a_provider_that_was_registered_over_the_api_counts(sandbox, idp):
    key = SigningKey("partner")
    provider = aws(sandbox, "iam").create_saml_provider(
        Name="Partner", SAMLMetadataDocument=key.metadata("https://partner.example.com")
    )["SAMLProviderArn"]
    trust = federated_trust(provider, ["sts:AssumeRoleWithSAML"])
    role = sandbox._identities.provide_role("PartnerReader", ALLOW_ALL, trust)
    idp.roles = [(role, provider)]
    idp.sign_with(key)
    parties = {"RoleArn": role, "PrincipalArn": provider}
    assert refused(sandbox, **parties)[1] == "Issuer not present in specified provider"
    idp.issuer = "https://partner.example.com"
    assert assume(sandbox, **parties)["Issuer"] == "https://partner.example.com"


def test_time_runs_out(sandbox, idp):
    idp.seconds = -1
    assert refused(sandbox) == (EXPIRED, "Response has expired", 400)
    idp.seconds, idp.age = 3600, 301
    assert refused(sandbox) == (EXPIRED, "Token must be redeemed within 5 minutes of issuance", 400)
    idp.age = -120
    assert refused(sandbox) == (INVALID, "Response is not yet valid", 400)


def test_an_assertion_for_somebody_else_is_refused(sandbox, idp):
    idp.audience = "https://other.example.com"
    assert refused(sandbox) == (INVALID, "Response does not contain the required audience", 400)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "RoleSessionName is required in AuthnResponse"),
        ("Jane Doe", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
    ],
)
def test_a_session_needs_a_good_name(sandbox, idp, name, text):
    idp.role_session_name = name
    assert refused(sandbox) == (INVALID, text, 400)


def test_a_role_must_be_in_the_assertion(sandbox, idp):
    arn = idp.offer("Other")
    idp.roles = [pair for pair in idp.roles if pair[0] != arn]
    assert refused(sandbox, RoleArn=arn) == NOT_AUTHORIZED
    assert assume(sandbox)["Credentials"]


def test_a_role_must_trust_the_provider(sandbox, idp):
    missing = f"arn:aws:iam::{sandbox.account_id}:role/Missing"
    for arn in (sandbox.role_arn, missing):
        idp.roles = [(arn, idp.provider_arn)]
        assert refused(sandbox, RoleArn=arn) == NOT_AUTHORIZED


def test_conditions_of_the_trust_policy_hold(sandbox, idp):
    wanted = {
        "StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml", "SAML:sub": "joe@example.com"}
    }
    trust = federated_trust(idp.provider_arn, ["sts:AssumeRoleWithSAML"], wanted)
    arn = sandbox._identities.provide_role("OnlyJoe", ALLOW_ALL, trust)
    idp.roles = [(arn, idp.provider_arn)]
    assert refused(sandbox, RoleArn=arn) == NOT_AUTHORIZED
    assert assume(sandbox, idp.saml_response("joe@example.com"), RoleArn=arn)["Credentials"]


def test_the_duration_is_limited_by_the_role_and_the_provider(sandbox, idp):
    arn = idp.offer("Brief", longest_session=3600)
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert refused(sandbox, RoleArn=arn, DurationSeconds=7200) == ("ValidationError", text, 400)
    assert assume(sandbox, RoleArn=arn, DurationSeconds=900)["Credentials"]
    idp.session_seconds = 1200
    ends_at = assume(sandbox, RoleArn=arn, DurationSeconds=3600)["Credentials"]["Expiration"]
    assert 1100 < (ends_at - datetime.now(UTC)).total_seconds() <= 1200


def test_a_response_counts_once_for_each_role(sandbox, idp):
    other = idp.offer("Second")
    response = idp.saml_response()
    assert assume(sandbox, response)["Credentials"]
    assert assume(sandbox, response, RoleArn=other)["Credentials"]
    code, text, _ = refused(sandbox, response)
    assert (code, "already been used" in text) == (INVALID, True)
    idp.refuse_replay = False
    assert assume(sandbox, response)["Credentials"]


def test_a_session_policy_narrows_the_role(sandbox):
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    keys = keys_of(assume(sandbox, Policy=policy))
    client = aws(sandbox, "redshift", keys)
    code, _, _ = refused_call(
        client.get_cluster_credentials, DbUser="etl", ClusterIdentifier=sandbox.cluster.name
    )
    assert code == "AccessDenied"


@pytest.mark.parametrize(
    ("partition", "recipient"),
    [
        ("aws-cn", "https://signin.amazonaws.cn/saml"),
        ("aws-us-gov", "https://signin.amazonaws-us-gov.com/saml"),
    ],
)
def test_roles_of_other_partitions_are_offered_as_such(sandbox, idp, partition, recipient):
    elsewhere = {
        "RoleArn": idp.role_arn.replace("arn:aws:", f"arn:{partition}:"),
        "PrincipalArn": idp.provider_arn.replace("arn:aws:", f"arn:{partition}:"),
    }
    assert refused(sandbox, **elsewhere)[0] == INVALID
    idp.partition = partition
    assert assume(sandbox, **elsewhere)["Audience"] == recipient
    assert refused(sandbox) == NOT_AUTHORIZED


def test_a_signature_on_the_call_changes_nothing(sandbox, idp):
    idp.sign_with()
    client = aws(sandbox, "sts")
    code, _, _ = refused_call(client.assume_role_with_saml, **asked(idp))
    assert code == INVALID
