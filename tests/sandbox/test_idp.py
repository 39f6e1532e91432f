"""The pages of the sandbox's identity provider, as a client without a browser sees them."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup
from lxml import etree

from airflow_provider_rsauth.sandbox import Sandbox
from airflow_provider_rsauth.sandbox.idp import hostile
from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

JANE = "jane@example.com"
ADFS = "/adfs/ls/IdpInitiatedSignOn.aspx"
SAML2 = "urn:ietf:params:oauth:token-type:saml2"
RECIPIENT = "https://signin.aws.amazon.com/saml"
ATTRIBUTE = "{urn:oasis:names:tc:SAML:2.0:assertion}Attribute"


@pytest.fixture
def idp(sandbox: Sandbox) -> IdentityProvider:
    return sandbox.idp


@pytest.fixture
def browser(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.verify = str(sandbox.ca_file)
        session.trust_env = False
        yield session


def form_of(page: requests.Response, selector: str = "form") -> tuple[str, dict[str, str]]:
    form = BeautifulSoup(page.text, "html.parser").select_one(selector)
    fields = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    return urljoin(page.url, form["action"]), fields


def saml_of(page: requests.Response) -> Any:
    assert page.status_code == 200
    action, fields = form_of(page)
    assert action == RECIPIENT
    return etree.fromstring(base64.b64decode(fields["SAMLResponse"], validate=True))


def attributes_of(response: Any) -> dict[str, list[str]]:
    return {
        each.get("Name").rsplit("/", 1)[-1]: [value.text for value in each]
        for each in response.iter(ATTRIBUTE)
    }


def adfs(idp: IdentityProvider, browser: requests.Session, password: str | None = None) -> requests.Response:
    page = browser.get(f"{idp.base_url}{ADFS}", params={"loginToRp": idp.login_to_rp})
    action, fields = form_of(page, "form#loginForm")
    return browser.post(action, fields | {"UserName": JANE, "Password": password or idp.password})


def ping(idp: IdentityProvider, browser: requests.Session, password: str | None = None) -> requests.Response:
    page = browser.get(f"{idp.base_url}/idp/startSSO.ping", params={"PartnerSpId": idp.partner_sp_id})
    action, fields = form_of(page)
    return browser.post(action, fields | {"pf.username": JANE, "pf.pass": password or idp.password})


def okta(idp: IdentityProvider, browser: requests.Session, password: str | None = None) -> requests.Response:
    login = {"username": JANE, "password": password or idp.password}
    return browser.post(f"{idp.base_url}/api/v1/authn", json=login)


def okta_app(idp: IdentityProvider, browser: requests.Session, token: str, app_id: str = "") -> Any:
    url = f"{idp.base_url}/home/{idp.app_name}/{app_id or idp.app_id}"
    return browser.get(url, params={"onetimetoken": token})


def entra(idp: IdentityProvider, browser: requests.Session, **changes: str) -> requests.Response:
    tenant = changes.pop("tenant", idp.tenant)
    form = {
        "grant_type": "password",
        "requested_token_type": SAML2,
        "username": JANE,
        "password": idp.password,
        "client_id": idp.client_id,
        "client_secret": idp.client_secret,
        "resource": idp.client_id,
    }
    return browser.post(f"{idp.base_url}/{tenant}/oauth2/token", data=form | changes)


class TestAdfs:
    @pytest.mark.parametrize("action", ["relative", "absolute"])
    @pytest.mark.parametrize("redirects", [False, True])
    def test_user_and_password_give_a_response(self, idp, browser, action, redirects):
        idp.adfs_action, idp.adfs_redirects, idp.adfs_choices = action, redirects, True
        page = browser.get(f"{idp.base_url}{ADFS}", params={"loginToRp": "urn:amazon:webservices"})
        assert ('action="https://' in page.text) is (action == "absolute")
        response = saml_of(adfs(idp, browser))
        assert attributes_of(response)["RoleSessionName"] == [JANE]

    def test_a_wrong_password_is_said_on_the_page(self, idp, browser):
        page = adfs(idp, browser, "wrong")
        error = BeautifulSoup(page.text, "html.parser").select_one("span#errorText")
        assert error.text.startswith("Incorrect user ID or password.")
        assert "SAMLResponse" not in page.text
        assert "wrong" not in page.text

    def test_the_way_of_authentication_must_be_sent(self, idp, browser):
        url = f"{idp.base_url}{ADFS}?loginToRp=urn:amazon:webservices"
        page = browser.post(url, {"UserName": JANE, "Password": idp.password})
        assert "SAMLResponse" not in page.text

    def test_an_unknown_relying_party_is_an_error(self, idp, browser):
        page = browser.get(f"{idp.base_url}{ADFS}", params={"loginToRp": "urn:<other>"})
        assert "An error occurred" in page.text
        assert "urn:&lt;other&gt;" in page.text
        assert "loginForm" not in page.text

    @pytest.mark.parametrize("path", [ADFS, "/adfs/ls/wia"])
    def test_a_kerberos_ticket_is_asked_for_and_checked(self, idp, browser, path):
        idp.adfs_integrated = True
        idp.kerberos = lambda ticket: "jane@EXAMPLE.COM" if ticket == b"good" else None
        url = f"{idp.base_url}{path}?loginToRp=urn:amazon:webservices"

        def ask(ticket: str | None) -> requests.Response:
            proof = {"Authorization": f"Negotiate {ticket}"} if ticket else {}
            return browser.get(url, headers={"User-Agent": "Mozilla/5.0 (Trident/7.0)", **proof})

        for ticket in (None, base64.b64encode(b"bad").decode(), "!"):
            page = ask(ticket)
            assert (page.status_code, page.headers["WWW-Authenticate"]) == (401, "Negotiate")
        response = saml_of(ask(base64.b64encode(b"good").decode()))
        assert attributes_of(response)["RoleSessionName"] == [JANE]

    def test_who_is_no_known_user_agent_is_shown_the_form(self, idp, browser):
        idp.adfs_integrated = True
        page = browser.get(f"{idp.base_url}{ADFS}", params={"loginToRp": idp.login_to_rp})
        assert 'id="loginForm"' in page.text


class TestPingFederate:
    def test_user_and_password_give_a_response(self, idp, browser):
        assert attributes_of(saml_of(ping(idp, browser)))["RoleSessionName"] == [JANE]

    def test_a_wrong_password_shows_the_page_again(self, idp, browser):
        page = ping(idp, browser, "wrong")
        assert "We didn't recognize the username or password" in page.text
        action, fields = form_of(page)
        assert fields["pf.adapterId"] == "HTMLFormAdapter"
        saml_of(browser.post(action, fields | {"pf.username": JANE, "pf.pass": idp.password}))

    def test_an_unknown_partner_is_an_error(self, idp, browser):
        page = browser.get(f"{idp.base_url}/idp/startSSO.ping", params={"PartnerSpId": "other"})
        assert page.status_code == 500
        assert "unknown partner" in page.text

    def test_only_who_was_shown_the_page_may_send_it(self, idp, browser):
        page = browser.get(f"{idp.base_url}/idp/startSSO.ping", params={"PartnerSpId": idp.partner_sp_id})
        action, fields = form_of(page)
        browser.cookies.clear()
        page = browser.post(action, fields | {"pf.username": JANE, "pf.pass": idp.password})
        assert (page.status_code, "has expired" in page.text) == (400, True)


class TestOkta:
    def test_a_session_token_opens_the_app_once(self, idp, browser):
        answer = okta(idp, browser).json()
        assert answer["status"] == "SUCCESS"
        assert okta_app(idp, browser, answer["sessionToken"], "0oaother").status_code == 404
        page = okta_app(idp, browser, answer["sessionToken"])
        assert "&#x3d;" in page.text or "&#x2b;" in page.text
        assert attributes_of(saml_of(page))["RoleSessionName"] == [JANE]
        again = okta_app(idp, browser, answer["sessionToken"])
        assert (again.status_code, "SAMLResponse" in again.text) == (200, False)

    def test_many_sign_in_at_once(self, idp, browser):
        def sign_in(_: int) -> list[str]:
            token = okta(idp, browser).json()["sessionToken"]
            return attributes_of(saml_of(okta_app(idp, browser, token)))["RoleSessionName"]

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(sign_in, range(48))) == [[JANE]] * 48

    def test_a_made_up_session_token_opens_nothing(self, idp, browser):
        assert "SAMLResponse" not in okta_app(idp, browser, "made-up").text

    def test_a_wrong_password_is_refused(self, idp, browser):
        answer = okta(idp, browser, "wrong")
        assert answer.status_code == 401
        assert answer.json()["errorCode"] == "E0000004"
        assert answer.json()["errorSummary"] == "Authentication failed"

    @pytest.mark.parametrize(
        ("status", "has_state"),
        [
            ("MFA_REQUIRED", True),
            ("MFA_ENROLL", True),
            ("PASSWORD_EXPIRED", True),
            ("PASSWORD_WARN", True),
            ("LOCKED_OUT", False),
        ],
    )
    def test_a_password_may_not_be_enough(self, idp, browser, status, has_state):
        idp.okta_status = status
        answer = okta(idp, browser)
        assert answer.status_code == 200
        assert answer.json()["status"] == status
        assert "sessionToken" not in answer.json()
        assert ("stateToken" in answer.json()) is has_state
        assert okta(idp, browser, "wrong").status_code == 401

    def test_calls_may_be_too_many(self, idp, browser):
        idp.okta_status = "E0000047"
        answer = okta(idp, browser)
        assert (answer.status_code, answer.json()["errorCode"]) == (429, "E0000047")

    @pytest.mark.parametrize(("body", "code"), [("{", "E0000003"), ("[]", "E0000003"), ("{}", "E0000001")])
    def test_a_body_must_be_well_formed(self, idp, browser, body, code):
        url, kind = f"{idp.base_url}/api/v1/authn", {"Content-Type": "application/json"}
        answer = browser.post(url, data=body, headers=kind)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, code)


class TestEntra:
    def test_user_and_password_give_an_assertion(self, idp, browser):
        answer = entra(idp, browser)
        assert answer.status_code == 200
        token = answer.json()["access_token"]
        assert "=" not in token
        assertion = etree.fromstring(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        assert assertion.tag == "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
        assert attributes_of(assertion)["RoleSessionName"] == [JANE]

    @pytest.mark.parametrize(
        ("changes", "status", "error", "code"),
        [
            ({"tenant": "other"}, 400, "invalid_request", "AADSTS90002"),
            ({"client_id": "other"}, 400, "unauthorized_client", "AADSTS700016"),
            ({"client_secret": "wrong-secret"}, 401, "invalid_client", "AADSTS7000215"),
            ({"client_secret": ""}, 400, "invalid_request", "AADSTS900144"),
            ({"resource": "other"}, 400, "invalid_resource", "AADSTS500011"),
            ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type", "AADSTS70003"),
            ({"username": "joe@example.com"}, 400, "invalid_grant", "AADSTS50034"),
            ({"password": "wrong-password"}, 400, "invalid_grant", "AADSTS50126"),
        ],
    )
    def test_what_is_wrong_is_refused(self, idp, browser, changes, status, error, code):
        answer = entra(idp, browser, **changes)
        facts = answer.json()
        assert (answer.status_code, facts["error"]) == (status, error)
        assert facts["error_description"].startswith(f"{code}: ")
        assert facts["error_codes"] == [int(code.removeprefix("AADSTS"))]
        assert "{" not in facts["error_description"].replace("{EUII Hidden}", "")
        for secret in ("wrong-secret", "wrong-password", idp.password, idp.client_secret):
            assert secret not in answer.text

    @pytest.mark.parametrize("code", ["AADSTS50076", "AADSTS53003", "AADSTS50055"])
    def test_a_password_may_not_be_enough(self, idp, browser, code):
        idp.entra_error = code
        answer = entra(idp, browser)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert answer.json()["error_description"].startswith(code)
        assert answer.json()["suberror"]


class TestAssertions:
    def test_they_grant_one_role_and_no_more_by_default(self, sandbox, idp):
        found = attributes_of(etree.fromstring(base64.b64decode(idp.saml_response())))
        provider = f"arn:aws:iam::{sandbox.account_id}:saml-provider/Corporate"
        role = f"arn:aws:iam::{sandbox.account_id}:role/SamlReader"
        assert found == {"Role": [f"{role},{provider}"], "RoleSessionName": [JANE]}

    def test_the_settings_are_written(self, idp):
        idp.db_user, idp.db_groups, idp.session_duration = "jane", ["etl", "bi & co"], 7200
        idp.auto_create, idp.force_lowercase, idp.allow_db_user_override = True, True, False
        found = attributes_of(etree.fromstring(base64.b64decode(idp.saml_response(prefix="saml2"))))
        found.pop("Role")
        assert found == {
            "RoleSessionName": [JANE],
            "SessionDuration": ["7200"],
            "DbUser": ["jane"],
            "DbGroups": ["etl", "bi & co"],
            "AutoCreate": ["true"],
            "ForceLowercase": ["true"],
            "AllowDbUserOverride": ["false"],
        }

    def test_a_pair_may_be_the_other_way_round_and_of_another_partition(self, idp):
        idp.role_first, idp.partition = False, "aws-cn"
        idp.offer("Second")
        response = etree.fromstring(base64.b64decode(idp.saml_response()))
        assert response.get("Destination") == "https://signin.amazonaws.cn/saml"
        pairs = [each.split(",") for each in attributes_of(response)["Role"]]
        assert [role.rsplit("/", 1)[-1] for _, role in pairs] == ["SamlReader", "Second"]
        assert all(arn.startswith("arn:aws-cn:iam:") for pair in pairs for arn in pair)

    @pytest.mark.parametrize("prefix", ["", "saml", "saml2"])
    def test_products_name_their_elements_differently(self, idp, prefix):
        start = f"<{prefix}:Assertion " if prefix else "<Assertion "
        assert idp.assertion(prefix=prefix).startswith(start.encode())


class TestFaults:
    def test_the_record_holds_no_secret(self, idp, browser):
        adfs(idp, browser)
        okta_app(idp, browser, okta(idp, browser).json()["sessionToken"])
        entra(idp, browser)
        recorded = repr(idp.requests)
        assert idp.password not in recorded
        assert idp.client_secret not in recorded
        assert (idp.count(ADFS), idp.count("/api/v1/authn"), idp.count()) == (2, 1, 5)
        assert "AuthMethod" in idp.requests[1].fields
        assert idp.requests[3].fields == ("onetimetoken",)

    def test_it_hangs_until_it_is_reset(self, idp, browser):
        idp.hang(60)
        with pytest.raises(requests.Timeout):
            browser.get(idp.base_url, timeout=0.3)
        threading.Timer(0.3, idp.reset).start()
        assert browser.get(idp.base_url, timeout=10).status_code == 404

    def test_a_client_that_stalls_holds_up_nobody(self, idp, browser):
        with socket.create_connection((idp.host, idp.port)):
            assert browser.get(idp.base_url, timeout=5).status_code == 404

    def test_an_answer_replaces_a_page_so_many_times(self, idp, browser):
        idp.answer(hostile.PAGE_WITHOUT_FORM, 503, {"Retry-After": "1"}, path=ADFS, times=1)
        assert browser.get(idp.base_url).status_code == 404
        url = f"{idp.base_url}{ADFS}?loginToRp=urn:amazon:webservices"
        page = browser.get(url)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "1")
        assert "loginForm" in browser.get(url).text

    def test_redirects_lead_nowhere_or_elsewhere(self, idp, browser):
        idp.answer("", 302, {"Location": "/again"}, path="/again")
        idp.answer("", 302, {"Location": "http://evil.example.com/"}, path="/away")
        with pytest.raises(requests.TooManyRedirects):
            browser.get(f"{idp.base_url}/again")
        away = browser.get(f"{idp.base_url}/away", allow_redirects=False)
        assert away.headers["Location"] == "http://evil.example.com/"

    def test_a_page_may_be_huge(self, idp, browser):
        idp.answer(hostile.megabytes(50))
        with browser.get(idp.base_url, stream=True) as page:
            size = sum(len(piece) for piece in page.iter_content(2**16))
        assert 49 * 2**20 < size < 51 * 2**20

    def test_who_hangs_up_in_the_middle_is_no_trouble(self, idp, browser, capfd):
        idp.answer(hostile.megabytes(50), times=1)
        with browser.get(idp.base_url, stream=True) as page:
            next(page.iter_content(2**16))
        time.sleep(0.2)
        assert browser.get(idp.base_url).status_code == 404
        assert "Traceback" not in capfd.readouterr().err

    @pytest.mark.parametrize("xml", [hostile.ENTITY_BOMB, hostile.EXTERNAL_ENTITY])
    def test_a_response_may_be_a_trap(self, idp, browser, xml):
        idp.answer(hostile.saml_page(xml))
        _, fields = form_of(browser.get(idp.base_url))
        assert base64.b64decode(fields["SAMLResponse"]).decode() == xml

    def test_the_certificate_holds_for_the_address_as_well(self, idp, browser):
        assert browser.get(f"https://127.0.0.1:{idp.port}/").status_code == 404
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(idp.base_url, timeout=5)

    def test_reset_puts_everything_back(self, idp, browser):
        idp.users["joe"], idp.okta_status, idp.db_user = "secret", "LOCKED_OUT", "joe"
        idp.answer("")
        idp.reset()
        assert (idp.users, idp.db_user) == ({JANE: idp.password}, None)
        assert json.loads(okta(idp, browser).text)["status"] == "SUCCESS"
