"""Assertions: read safely, the role chosen deterministically, the database user by the documented precedence."""

from __future__ import annotations

import base64
import time

import pytest

from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.errors import InvalidSettings, SignInRefused
from airflow_provider_rsauth.auth.saml.assertion import Assertion, read_assertion
from airflow_provider_rsauth.auth.saml.claims import claimed_user
from airflow_provider_rsauth.auth.saml.roles import ROLE_ATTRIBUTE, choose_role, offered_roles

AWS = "https://aws.amazon.com/SAML/Attributes/"
REDSHIFT = "https://redshift.amazon.com/SAML/Attributes/"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/Corp"


def role(name: str, partition: str = "aws") -> str:
    return f"arn:{partition}:iam::123456789012:role/{name}"


def pair(name: str, partition: str = "aws") -> str:
    return f"{role(name, partition)},arn:{partition}:iam::123456789012:saml-provider/Corp"


def encoded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def response(attributes: str = "", before: str = "") -> str:
    return (
        f'{before}<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">'
        f"<a:Assertion><a:AttributeStatement>{attributes}</a:AttributeStatement></a:Assertion></p:Response>"
    )


def attribute(name: str, *values: str) -> str:
    inside = "".join(f"<a:AttributeValue>{value}</a:AttributeValue>" for value in values)
    return f'<a:Attribute Name="{name}">{inside}</a:Attribute>'


def offering(*values: str) -> Assertion:
    return Assertion("x", {ROLE_ATTRIBUTE: values})


def saying(**claims: str | tuple[str, ...]) -> Assertion:
    attributes = {
        f"{REDSHIFT}{name}": (value,) if isinstance(value, str) else value for name, value in claims.items()
    }
    return Assertion("x", attributes)


def test_attributes_are_read_with_all_their_values():
    text = encoded(
        response(attribute("n", " one ", "", "two") + attribute("n", "three") + attribute("m", "four"))
    )
    assertion = read_assertion(f"\n{text[:20]}\r\n{text[20:]}\n")
    assert assertion.values("n") == ("one", "two", "three")
    assert assertion.values("m") == ("four",)
    assert assertion.values("absent") == ()
    assert assertion.encoded == text
    assert text not in repr(assertion)


ENTITY = '<!DOCTYPE r [<!ENTITY e "boom">]>'
BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
FROM_A_FILE = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
FROM_THE_NET = '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/evil.dtd">'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (encoded(response(attribute("n", "&e;"), ENTITY)), "DocumentType"),
        (encoded(response(attribute("n", "&j;"), BOMB)), "NotXml"),
        (encoded(response(attribute("n", "&e;"), FROM_A_FILE)), "DocumentType"),
        (encoded(response(attribute("n", "x"), FROM_THE_NET)), "DocumentType"),
        (encoded("<p:Response"), "NotXml"),
        (encoded(""), "NotXml"),
        (encoded("<html><body>Sign in</body></html>"), None),
        ("not base64 !", "NotBase64"),
        ("A" * 100_001, "TooLarge"),
    ],
    ids=[
        "entity",
        "bomb",
        "a file",
        "the net",
        "half",
        "empty",
        "another document",
        "no Base64",
        "too large",
    ],
)
def test_a_hostile_or_broken_response_is_refused_at_once(text, code):
    start = time.monotonic()
    if code is None:
        assert not read_assertion(text).attributes
    else:
        with pytest.raises(SignInRefused) as caught:
            read_assertion(text)
        assert caught.value.code == code
        assert "root:" not in str(caught.value)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"])
def test_roles_are_read_in_either_order_and_in_every_partition(partition):
    one, other = pair("One", partition), ",".join(reversed(pair("path/Two", partition).split(",")))
    found = offered_roles(offering(one, f" {other} ", "nonsense", role("Alone", partition)))
    assert [each.arn for each in found] == [role("One", partition), role("path/Two", partition)]
    assert {each.partition for each in found} == {partition}


def choose(*values: str, preferred: str | None = None, region: str | None = "us-east-1") -> str:
    return choose_role(offering(*values), preferred, region, "Connection 'wh'", "Preferred role").arn


def test_the_only_role_is_taken():
    assert choose(pair("One"), pair("One")) == role("One")


def test_the_preferred_role_is_taken_100_times_of_100():
    values = [pair(f"R{number}") for number in range(300)]
    assert {choose(*values, preferred=role("R42")) for _ in range(100)} == {role("R42")}


def test_several_roles_without_a_preference_are_listed():
    with pytest.raises(InvalidSettings, match=r"Preferred role \(preferred_role\): missing") as caught:
        choose(pair("One"), pair("Two"))
    assert f"2 roles; fill in one of: {role('One')}, {role('Two')}" in str(caught.value)


def test_300_roles_are_not_all_listed():
    with pytest.raises(InvalidSettings, match="offers 300 roles") as caught:
        choose(*(pair(f"R{number}") for number in range(300)))
    assert "and 280 more" in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_a_preferred_role_that_is_not_offered_is_told_with_those_that_are():
    with pytest.raises(InvalidSettings, match="is not among the roles") as caught:
        choose(pair("One"), preferred=role("Other"))
    assert role("One") in str(caught.value)


def test_no_role_at_all_names_the_attribute():
    with pytest.raises(SignInRefused, match="offers no IAM role") as caught:
        choose()
    assert ROLE_ATTRIBUTE in str(caught.value)
    assert "saml-provider/PROVIDER" in str(caught.value)


def test_a_role_of_another_partition_than_the_region_is_refused():
    with pytest.raises(InvalidSettings, match="in the partition aws-cn, and us-east-1 in aws"):
        choose(pair("One", "aws-cn"))
    assert choose(pair("One", "aws-cn"), region="cn-north-1") == role("One", "aws-cn")
    assert choose(pair("One", "aws-cn"), region=None) == role("One", "aws-cn")


def test_the_assertion_fills_in_what_the_connection_leaves_open():
    said = saying(DbUser="jane", DbGroups=("Analysts", "loaders"), AutoCreate="true", ForceLowercase="false")
    user = claimed_user(DatabaseUser(), said)
    assert (user.db_user, user.groups, user.auto_create) == ("jane", ("analysts", "loaders"), True)


def test_the_connection_wins():
    said = saying(DbUser="jane", DbGroups="analysts", AutoCreate="true")
    user = claimed_user(DatabaseUser(db_user="etl", db_groups=("loaders",)), said)
    assert (user.db_user, user.groups, user.auto_create) == ("etl", ("loaders",), True)


def test_a_switch_that_is_off_says_nothing():
    """Airflow before 3.2 stores each that nobody touched as off."""
    assert claimed_user(DatabaseUser(auto_create=False), saying(DbUser="jane", AutoCreate="true")).auto_create
    assert claimed_user(DatabaseUser(auto_create=True), saying(DbUser="jane", AutoCreate="false")).auto_create


def test_groups_may_stand_in_one_value():
    assert claimed_user(DatabaseUser(), saying(DbUser="jane", DbGroups="Sales, finance")).groups == (
        "sales",
        "finance",
    )


def test_a_role_session_name_that_cannot_be_a_user_is_none():
    assert (
        claimed_user(DatabaseUser(), Assertion("x", {f"{AWS}RoleSessionName": ("1234567",)})).db_user is None
    )


def test_no_frame_of_a_refusal_holds_the_assertion():
    text = encoded(response(attribute("n", "c4nary"), ENTITY))
    with pytest.raises(SignInRefused) as caught:
        read_assertion(text)
    frame = caught.value.__traceback__.tb_next
    while frame:
        shown = repr(frame.tb_frame.f_locals)
        assert "c4nary" not in shown
        assert text not in shown
        frame = frame.tb_next


@pytest.mark.parametrize(
    ("allowed", "expected"), [("true", "jane"), ("1", "jane"), ("false", "etl"), ("0", "etl")]
)
def test_the_assertion_overrides_the_user_only_if_it_says_so(allowed, expected):
    said = saying(DbUser="jane", AllowDbUserOverride=allowed, DbGroups="analysts")
    user = claimed_user(DatabaseUser(db_user="etl", db_groups=("loaders",)), said)
    assert (user.db_user, user.groups) == (expected, ("loaders",))


def test_without_a_db_user_the_role_session_name_is_the_user():
    said = Assertion("x", {f"{AWS}RoleSessionName": ("jane@example.com",)})
    assert claimed_user(DatabaseUser(), said).db_user == "jane@example.com"
    assert claimed_user(DatabaseUser(db_user="etl"), said).db_user == "etl"
