"""The driver's own sign-in plugins find in the sandbox what they know from the real products."""

from __future__ import annotations

from typing import Any

import pytest
from redshift_connector.plugin import azure_credentials_provider
from redshift_connector.plugin.adfs_credentials_provider import AdfsCredentialsProvider
from redshift_connector.plugin.azure_credentials_provider import AzureCredentialsProvider
from redshift_connector.plugin.okta_credentials_provider import OktaCredentialsProvider
from redshift_connector.plugin.ping_credentials_provider import PingCredentialsProvider
from redshift_connector.redshift_property import RedshiftProperty

from airflow_provider_rsauth.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:No parser was explicitly specified"
)

PLUGINS = {
    "adfs": AdfsCredentialsProvider,
    "ping": PingCredentialsProvider,
    "okta": OktaCredentialsProvider,
    "entra": AzureCredentialsProvider,
}


@pytest.fixture
def plugin_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(sandbox.ca_file))
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", sandbox.region)
    idp = sandbox.idp
    address = f"{idp.host}:{idp.port}"
    monkeypatch.setattr(azure_credentials_provider, "get_microsoft_idp_host", lambda _: address)

    def make(name: str, password: str | None = None) -> Any:
        options = RedshiftProperty()
        options.put("user_name", "jane@example.com")
        options.put("password", password or idp.password)
        options.put("idp_host", address if name == "okta" else idp.host)
        options.put("idpPort", idp.port)
        options.put("login_to_rp", idp.login_to_rp)
        options.put("app_name", idp.app_name)
        options.put("app_id", idp.app_id)
        options.put("idp_tenant", idp.tenant)
        options.put("client_id", idp.client_id)
        options.put("client_secret", idp.client_secret)
        options.put("ssl_insecure", False)
        plugin = PLUGINS[name]()
        plugin.add_parameter(options)
        return plugin

    return make


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_signs_in(sandbox, plugin_for, name):
    sandbox.idp.db_user, sandbox.idp.db_groups = "jane", ["etl"]
    credentials = plugin_for(name).get_credentials()
    assert credentials.get_session_credentials()["aws_access_key_id"]
    assert credentials.metadata.get_saml_db_user() == "jane"
    assert credentials.metadata.get_db_groups() == ["etl"]
    assert sandbox.calls.count("AssumeRoleWithSAML") == 1


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_is_refused_with_a_wrong_password(sandbox, plugin_for, name):
    with pytest.raises(Exception, match="Failed to get SAML assertion"):
        plugin_for(name, "wrong").get_credentials()
    assert sandbox.calls.count("AssumeRoleWithSAML") == 0
