from __future__ import annotations

import json

from airflow_provider_rsauth.sandbox import Sandbox
from tests.sandbox.clients import aws, refused_call

CONTENT = json.dumps({"DbUser": "etl", "SecretAccessKey": "very secret"})


def test_a_profile_is_created_read_and_deleted(sandbox: Sandbox) -> None:
    client = aws(sandbox, "redshift")
    asked = {"AuthenticationProfileName": "one", "AuthenticationProfileContent": CONTENT}
    assert client.create_authentication_profile(**asked)["AuthenticationProfileContent"] == CONTENT
    refused = refused_call(client.create_authentication_profile, **asked)
    assert refused[0] == "AuthenticationProfileAlreadyExistsFault"
    sandbox.add_authentication_profile("two", {"DbUser": "analyst"})
    one, two = client.describe_authentication_profiles()["AuthenticationProfiles"]
    assert (one, two["AuthenticationProfileName"]) == (asked, "two")
    found = client.describe_authentication_profiles(AuthenticationProfileName="one")
    assert found["AuthenticationProfiles"] == [asked]
    client.delete_authentication_profile(AuthenticationProfileName="one")
    for call in (client.describe_authentication_profiles, client.delete_authentication_profile):
        refused = refused_call(call, AuthenticationProfileName="one")
        assert refused == (
            "AuthenticationProfileNotFoundFault",
            "Authentication profile one not found.",
            404,
        )
    assert "very secret" not in repr(sandbox.calls.all)


def test_a_profile_is_an_object_with_a_name(sandbox: Sandbox) -> None:
    create = aws(sandbox, "redshift").create_authentication_profile
    for name, content in (("a_b", "{}"), ("one", "[]"), ("one", "{")):
        asked = {"AuthenticationProfileName": name, "AuthenticationProfileContent": content}
        assert refused_call(create, **asked)[0] == "InvalidAuthenticationProfileRequestFault"


def test_profiles_are_in_their_region_and_need_permission(sandbox: Sandbox) -> None:
    sandbox.add_authentication_profile("one", {})
    elsewhere = aws(sandbox, "redshift", region="eu-west-1")
    assert elsewhere.describe_authentication_profiles()["AuthenticationProfiles"] == []
    powerless = aws(sandbox, "redshift", sandbox.create_access_keys("without-profiles", None))
    code, message, _ = refused_call(
        powerless.describe_authentication_profiles, AuthenticationProfileName="one"
    )
    assert code == "AccessDenied"
    assert "redshift:DescribeAuthenticationProfiles" in message
    assert ":authenticationprofile:one" in message
