"""Signing in as a person at AD FS, PingFederate, Okta and Entra ID: real pages, signed assertions, real logins."""

from __future__ import annotations

import socket
import socketserver
import threading
import time

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.identity_provider import http
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.idp import hostile

MODES = ("adfs", "ping", "okta", "azure_ad")


@pytest.fixture
def idp(redshift, monkeypatch):
    """Give the identity provider."""
    monkeypatch.setattr(http, "PAUSE", 0.01)
    return redshift.idp


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


def settings(idp, mode: str) -> dict[str, object]:
    own = {
        "adfs": {},
        "ping": {},
        "okta": {"app_id": idp.app_id},
        "azure_ad": {
            "idp_tenant": idp.tenant,
            "client_id": idp.client_id,
            "client_secret": idp.client_secret,
        },
    }[mode]
    return {
        "auth_mode": mode,
        "aws_conn_id": None,
        "idp_host": idp.host,
        "idp_port": idp.port,
        "db_user": "etl",
        **own,
    }


@pytest.fixture
def person(idp, define):
    """Define a connection of a mode, for the person of the identity provider."""

    def define_person(mode: str, *, based_on: str = "redshift_iam_default", extra=None, **changes) -> str:
        fields = {"login": "jane@example.com", "password": idp.password, **changes}
        return define(based_on, **fields, extra={**settings(idp, mode), **(extra or {})})

    return define_person


def refusal(conn_id: str, kind: type[errors.RsAuthError] = errors.SignInRefused) -> str:
    with pytest.raises(kind) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    return str(caught.value)


def test_a_person_signs_in(redshift, person, mode):
    hook = RedshiftIAMHook(person(mode))
    assert hook.get_first("select current_user") == ("etl",)
    assert redshift.logins[-1].user == "IAM:etl"
    assert redshift.calls.count("AssumeRoleWithSAML") == 1
    works, message = hook.test_connection()
    assert works, message
    assert "assumed-role/SamlReader/jane@example.com" in message


def test_user_and_groups_come_from_the_assertion(redshift, idp, person, mode):
    idp.db_user, idp.db_groups, idp.auto_create = "newcomer", ["Loaders"], True
    conn_id = person(mode, extra={"db_user": None})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("newcomer",)
    login = redshift.logins[-1]
    assert login.user == "IAMA:newcomer"
    [call] = [call for call in redshift.calls.all if call.action == "GetClusterCredentials"]
    assert "loaders" in str(call.parameters)


def test_the_assertion_overrides_the_user_if_it_says_so(redshift, idp, person, mode):
    idp.db_user, idp.allow_db_user_override = "analyst", True
    assert RedshiftIAMHook(person(mode)).get_first("select current_user") == ("analyst",)


def test_ten_connections_ask_the_identity_provider_once(redshift, idp, person, mode):
    conn_id = person(mode)
    for database_user in ("etl", "analyst") * 5:
        RedshiftIAMHook(conn_id, db_user=database_user).get_conn().close()
    assert redshift.calls.count("AssumeRoleWithSAML") == 1


def test_serverless_and_a_further_role(redshift, idp, person, mode):
    conn_id = person(mode, based_on="redshift_serverless", extra={"db_user": None})
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("IAMR:SamlReader",)
    assert RedshiftIAMHook(conn_id, role_arn=redshift.role_arn).get_first("select current_user") == (
        "IAMR:RedshiftReader",
    )


def test_several_roles_without_a_preference_are_listed(idp, person, mode):
    other = idp.offer("SamlLoader")
    shown = refusal(person(mode), errors.InvalidSettings)
    assert "Preferred role (preferred_role): missing. The identity provider offers 2 roles" in shown
    assert other in shown
    assert RedshiftIAMHook(person(mode, extra={"preferred_role": other})).get_first("select 1") == (1,)


def test_a_wrong_password_is_told_in_the_identity_providers_words(person, mode):
    shown = refusal(person(mode, password="wrong-Passw0rd"))
    assert "does not accept user and password" in shown
    assert "Check login and password" in shown
    assert "wrong-Passw0rd" not in shown


def test_a_wrong_password_is_sent_once_however_often_a_task_connects(idp, person, mode):
    """Each arrival may count towards locking the account; a corrected password is asked for at once."""
    conn_id = person(mode, password="wrong-Passw0rd")
    refusal(conn_id)
    asked = idp.count()
    assert "(Not asked again.)" in refusal(conn_id)
    assert idp.count() == asked
    assert RedshiftIAMHook(person(mode)).get_first("select 1") == (1,)


def test_the_test_button_asks_the_identity_provider_anew(redshift, person):
    hook = RedshiftIAMHook(person("adfs"))
    hook.get_conn().close()
    assert hook.test_connection()[0]
    assert redshift.calls.count("AssumeRoleWithSAML") == 2


def test_a_certificate_of_somebody_else_is_not_trusted(idp, person, mode):
    shown = refusal(person(mode, extra={"ca_bundle": None}), errors.TlsRefused)
    assert "The certificate of the identity provider localhost is not trusted" in shown
    assert "ca_bundle" in shown


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda idp: idp.sign_with(), "upload its current metadata"),
        (lambda idp: setattr(idp, "age", 3600.0), "good for five minutes"),
        (lambda idp: setattr(idp, "roles", []), "offers no IAM role"),
    ],
    ids=["signature", "old", "no role"],
)
def test_what_sts_does_not_take_is_explained(idp, person, mode, break_it, said):
    break_it(idp)
    assert said in refusal(person(mode))


def test_a_claimed_user_that_cannot_be_one_is_told(idp, person):
    idp.db_user = "not/a/user"
    shown = refusal(person("adfs", extra={"db_user": None}), errors.InvalidSettings)
    assert "what the identity provider asserts of the database user has 1 problem" in shown
    assert "Database user (db_user): must begin with a letter" in shown


SAML_PAGE = {"adfs": "/adfs/ls/IdpInitiatedSignOn.aspx", "ping": "/idp/startSSO.ping"}


@pytest.mark.parametrize("mode", SAML_PAGE)
@pytest.mark.parametrize(
    ("page", "code"),
    [
        (hostile.PAGE_WITHOUT_FORM, "NoForm"),
        ("", "NoForm"),
        ("\x00\xff<form", "NoForm"),
        ("<form action='https://elsewhere.example.com/'><input name=UserName><input type=password name=p></form>", "ForeignRedirect"),
    ],
    ids=["no form", "empty", "no HTML", "a form that leads elsewhere"],
)  # fmt: skip
def test_a_page_that_is_no_sign_in_page_is_told(idp, person, mode, page, code):
    idp.answer(page)
    with pytest.raises(errors.SignInRefused) as caught:
        RedshiftIAMHook(person(mode)).get_conn()
    assert caught.value.code == code
    assert idp.password not in str(caught.value)


@pytest.mark.parametrize("mode", SAML_PAGE)
@pytest.mark.parametrize(
    ("xml", "code"),
    [(hostile.ENTITY_BOMB, "NotXml"), (hostile.EXTERNAL_ENTITY, "DocumentType"), ("<r/>", "NoRole"), ("", "NoSamlResponse")],
    ids=["entity bomb", "external entity", "nothing asserted", "empty"],
)  # fmt: skip
def test_a_hostile_assertion_is_refused(idp, person, mode, xml, code):
    start = time.monotonic()
    with pytest.raises(errors.SignInRefused) as caught:
        with_answer_after_the_form(idp, hostile.saml_page(xml), RedshiftIAMHook(person(mode)))
    assert caught.value.code == code
    assert time.monotonic() - start < 10


def with_answer_after_the_form(idp, page: str, hook: RedshiftIAMHook) -> None:
    """Let the sign-in page be itself, and what comes after it something else."""
    get = IdentityProviderHttp.get

    def plant_after(self, *arguments):
        found = get(self, *arguments)
        idp.answer(page)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IdentityProviderHttp, "get", plant_after)
        hook.get_conn()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("MFA_REQUIRED", "asks for a second factor, which nobody can give on a worker"),
        ("MFA_ENROLL", "wants the person to set up a second factor"),
        ("PASSWORD_EXPIRED", "says that the password has expired"),
        ("LOCKED_OUT", "is locked after too many wrong passwords"),
        ("E0000047", "limits the rate of sign-ins"),
    ],
)
def test_what_okta_wants_is_said_plainly(idp, person, status, said):
    idp.okta_status = status
    shown = refusal(person("okta"), errors.RsAuthError)
    assert said in shown
    assert status in shown


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AADSTS50076", "asks for a second factor, which nobody can give on a worker"),
        ("AADSTS53003", "refuses by Conditional Access"),
        ("AADSTS50055", "says that the password has expired"),
        ("AADSTS7000215", "does not accept the client secret"),
        ("AADSTS90002", "does not know the tenant"),
    ],
)
def test_what_entra_refuses_is_said_plainly(idp, person, code, said):
    idp.entra_error = code
    shown = refusal(person("azure_ad"))
    assert said in shown
    assert code in shown


@pytest.mark.parametrize(
    ("mode", "extra", "said"),
    [
        ("adfs", {"idp_host": "https://adfs.example.com"}, "must be the name of a host, without https://"),
        ("ping", {"idp_host": "ping.example.com/idp"}, "without https://, slashes and blanks"),
        ("okta", {"idp_host": "example okta.com"}, "without https://, slashes and blanks"),
        ("okta", {"app_id": "amazon_aws/0oa1"}, "one part of the application's embed link"),
        ("azure_ad", {"idp_partition": "mars"}, "must be 'commercial', 'us-gov' or 'cn'"),
        ("adfs", {"idp_port": 0}, "must be a whole number from 1 to 65535"),
    ],
)
def test_a_wrong_setting_is_told_before_anybody_is_called(redshift, idp, person, mode, extra, said):
    assert said in refusal(person(mode, extra=extra), errors.InvalidSettings)
    assert idp.count() == 0


@pytest.mark.parametrize(
    ("name", "value"), [("adfs_action", "absolute"), ("adfs_redirects", True), ("adfs_choices", True)]
)
def test_ad_fs_shows_its_form_in_several_ways(idp, person, name, value):
    setattr(idp, name, value)
    assert RedshiftIAMHook(person("adfs")).get_first("select 1") == (1,)


def test_only_login_or_only_password_is_a_problem_at_ad_fs(person):
    assert "Password (password): missing beside the login" in refusal(
        person("adfs", password=None), errors.InvalidSettings
    )


def test_a_corporate_proxy_is_gone_through(redshift, idp, person, mode, monkeypatch):
    with Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert RedshiftIAMHook(person(mode)).get_first("select 1") == (1,)
    assert set(proxy.asked_for) == {f"{idp.host}:{idp.port}"}


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that knows CONNECT."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.asked_for: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        place = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.asked_for.append(place)
        host, _, port = place.partition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(there, self.request), daemon=True)
            back.start()
            pump(self.request, there)
            back.join(5)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
