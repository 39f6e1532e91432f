"""Integrated Windows sign-in: a real Kerberos ticket opens AD FS, and everything behind it."""

from __future__ import annotations

import base64
import hashlib
import logging
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.identity_provider import http
from airflow_provider_rsauth.auth.identity_provider.http import IdentityProviderHttp
from airflow_provider_rsauth.auth.identity_provider.kerberos import INTEGRATED_USER_AGENT, negotiate
from airflow_provider_rsauth.auth.modes.adfs import PAGE
from airflow_provider_rsauth.auth.saml.role_session import broker
from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sandbox.idp.kerberos import KeytabTickets
from tests.modes.kerberos_realm import SERVICE, Worker, need_kerberos, realm

REALM, OTHER_REALM = "EXAMPLE.COM", "OTHER.EXAMPLE"
JANE = "jane"


@pytest.fixture(scope="module")
def company():
    """Give the realm that AD FS belongs to, with a person and her keytab."""
    need_kerberos()
    with realm(REALM) as running:
        running.addprinc(JANE, running.password(JANE))
        running.extract_keytab(JANE, running.client_keytab)
        yield running


@pytest.fixture
def idp(redshift, monkeypatch):
    """Give the identity provider; nothing is remembered of an earlier sign-in."""
    broker.forget_all()
    monkeypatch.setattr(http, "PAUSE", 0.01)
    redshift.idp.adfs_integrated = True
    return redshift.idp


@pytest.fixture
def worker(company, idp, monkeypatch, tmp_path):
    """Give a worker of the realm, where AD FS checks tickets."""
    idp.kerberos = KeytabTickets(Path(company.keytab))
    return Worker(company, tmp_path, monkeypatch)


@pytest.fixture
def connection(idp, define):
    """Define a connection without login and password."""

    def define_integrated(**extra) -> str:
        return define("redshift_adfs", login=None, password=None, extra=extra)

    return define_integrated


def refusal(conn_id: str, kind: type[errors.RsAuthError] = errors.SignInRefused) -> str:
    with pytest.raises(errors.RsAuthError) as caught:
        RedshiftIAMHook(conn_id).get_conn()
    assert type(caught.value) is kind, caught.value
    return str(caught.value)


def assert_signs_in(redshift, conn_id: str) -> None:
    hook = RedshiftIAMHook(conn_id)
    assert hook.get_first("select current_user") == ("etl",)
    assert redshift.logins[-1].user == "IAM:etl"
    assert redshift.calls.count("AssumeRoleWithSAML") == 1
    assert redshift.calls.count("GetClusterCredentials") == 1
    works, message = hook.test_connection()
    assert works, message
    assert "assumed-role/SamlReader/jane@example.com" in message


def test_the_ticket_of_kinit_signs_in(redshift, idp, worker, connection):
    worker.kinit(JANE)
    conn_id = connection()
    RedshiftIAMHook(conn_id).get_conn().close()
    paths = [request.path for request in idp.requests]
    assert paths == [PAGE, "/adfs/ls/wia", "/adfs/ls/wia"]
    assert_signs_in(redshift, conn_id)


def test_a_keytab_signs_in_without_kinit(redshift, company, worker, connection):
    worker.use_keytab(company.client_keytab)
    assert_signs_in(redshift, connection())


def test_without_a_ticket_kinit_and_keytab_are_named(redshift, idp, worker, connection):
    shown = refusal(connection(), errors.NoAwsIdentity)
    assert "This worker has no Kerberos ticket for AD FS at localhost" in shown
    assert "kinit -k -t KEYTAB PRINCIPAL" in shown
    assert "KRB5_CLIENT_KTNAME" in shown
    assert idp.count() == 2
    assert redshift.calls.count() == 0


def test_a_ticket_that_ran_out_is_told_unless_there_is_a_keytab(redshift, company, worker, connection):
    worker.kinit(JANE, "-l", "1s")
    time.sleep(2.1)
    shown = refusal(connection(), errors.NoAwsIdentity)
    assert "(Ticket expired)" in shown
    assert "kinit" in shown
    worker.use_keytab(company.client_keytab)
    assert_signs_in(redshift, connection())


def test_a_ticket_of_another_realm_is_refused(company, idp, connection, monkeypatch, tmp_path):
    idp.kerberos = KeytabTickets(Path(company.keytab))
    with realm(OTHER_REALM) as other:
        other.addprinc(JANE, other.password(JANE))
        Worker(other, tmp_path, monkeypatch).kinit(JANE)
        shown = refusal(connection())
    assert "AD FS at localhost does not accept the Kerberos ticket of this worker" in shown
    assert "setspn" in shown
    assert idp.count() == 3


def test_a_host_that_is_no_service_of_the_realm_is_told(worker, connection):
    worker.kinit(JANE)
    shown = refusal(connection(idp_host="127.0.0.1"))
    assert "gives no ticket for HTTP/127.0.0.1" in shown
    assert "rdns = false" in shown


def test_a_kdc_that_does_not_answer_is_worth_another_try(company, worker, connection):
    worker.kinit(JANE)
    company.stop_kdc()
    try:
        shown = refusal(connection(), errors.Unreachable)
    finally:
        company.start_kdc()
    assert "No Kerberos server (KDC) answers" in shown


def test_a_form_instead_of_a_question_for_the_ticket_is_told(idp, worker, connection):
    worker.kinit(JANE)
    idp.adfs_integrated = False
    shown = refusal(connection())
    assert "AD FS at localhost shows a form for user and password" in shown
    assert "not enabled for this client" in shown
    assert "WIASupportedUserAgents" in shown


def test_our_name_is_enough_among_the_user_agents_of_ad_fs(redshift, idp, worker, connection):
    worker.kinit(JANE)
    idp.adfs_user_agents = ["Edg/"]
    assert "shows a form" in refusal(connection())
    idp.adfs_user_agents = ["Edg/", "airflow-provider-rsauth"]
    assert_signs_in(redshift, connection())


def test_with_a_password_nobody_offers_integrated_sign_in(idp, define):
    assert RedshiftIAMHook(define("redshift_adfs")).get_first("select 1") == (1,)
    assert {request.user_agent for request in idp.requests} == {"airflow-provider-rsauth"}


def test_the_missing_package_is_named_before_anything_is_sent(idp, connection, monkeypatch):
    monkeypatch.setitem(sys.modules, "gssapi", None)
    assert "Install airflow-provider-rsauth[kerberos] on the workers" in refusal(connection())
    assert idp.count() == 0


def test_the_ticket_is_bound_to_the_server(redshift, company, idp, worker, connection):
    worker.kinit(JANE)
    certificate = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((idp.host, idp.port)))
    channel = b"tls-server-end-point:" + hashlib.sha256(certificate).digest()
    idp.kerberos = KeytabTickets(Path(company.keytab), channel[:-1])
    assert "does not accept the Kerberos ticket" in refusal(connection())
    idp.kerberos = KeytabTickets(Path(company.keytab), channel)
    assert_signs_in(redshift, connection())


def test_ten_threads_sign_in_at_once(redshift, idp, worker):
    worker.kinit(JANE)

    def sign_in(_: int) -> int:
        proof = negotiate(idp.host, "AD FS")
        client = IdentityProviderHttp(idp.host, idp.port, str(redshift.ca_file), proof, INTEGRATED_USER_AGENT)
        return client.get(PAGE, {"loginToRp": idp.login_to_rp}).status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(sign_in, range(30))) == {200}


@pytest.mark.parametrize("accepted", [True, False])
def test_the_ticket_is_in_no_log(idp, worker, connection, caplog, capfd, accepted):
    caplog.set_level(logging.DEBUG)
    tickets, check = [], idp.kerberos
    idp.kerberos = lambda ticket: tickets.append(ticket) or (check(ticket) if accepted else None)
    worker.kinit(JANE)
    if accepted:
        assert RedshiftIAMHook(connection()).get_first("select 1") == (1,)
    else:
        assert "Negotiate " not in refusal(connection())
    assert len(tickets) == 1
    written = caplog.text + "".join(capfd.readouterr())
    assert JANE in written
    assert base64.b64encode(tickets[0]).decode()[:60] not in written
    assert "Authorization" not in written


def test_the_service_of_the_sandbox_is_that_of_the_host(idp):
    assert f"HTTP/{idp.host}" == SERVICE
