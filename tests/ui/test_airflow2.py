"""A user defines a connection in the pages of Airflow 2.11, tests it and reads it again."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from airflow_provider_rsauth.form.fields import extra_fields

if version("apache-airflow").startswith("2."):

    @pytest.mark.timeout(200)
    def test_a_connection_is_defined_tested_and_read_again(airflow, page, sandbox, keep):
        page.goto(f"{airflow.url}/login/")
        page.fill("#username", "admin")
        page.fill("#password", "admin")
        page.click("input[type=submit]")
        page.goto(f"{airflow.url}/connection/add")
        page.select_option("#conn_type", "redshift_iam")
        for field in extra_fields():
            page.locator(f"[name=extra__redshift_iam__{field.name}]").wait_for()
        target = sandbox.cluster
        standard = {
            "conn_id": "wh",
            "host": target.host,
            "port": target.port,
            "login": "etl",
            "schema": target.database,
        }
        extra = {
            "auth_mode": "access_key",
            "cluster_identifier": target.name,
            "region": sandbox.region,
            "ca_bundle": sandbox.ca_file,
            "access_key_id": sandbox.keys.access_key_id,
            "secret_access_key": sandbox.keys.secret_access_key,
        }
        for name, value in [
            *standard.items(),
            *((f"extra__redshift_iam__{key}", each) for key, each in extra.items()),
        ]:
            page.fill(f"[name={name}]", str(value))
        keep("form")
        with page.expect_response(lambda answer: answer.url.endswith("/connections/test")) as answer:
            page.click("#test-connection")
        found = answer.value.json()
        assert found["status"], found
        assert "AWS identity: arn:aws:iam" in found["message"]
        keep("connection-tested")
        page.get_by_role("button", name="Save").click()

        page.goto(f"{airflow.url}/connection/list/")
        page.locator("a[href*='/connection/edit/']").first.click()
        assert page.input_value("[name=extra__redshift_iam__cluster_identifier]") == target.name
        assert page.input_value("[name=extra__redshift_iam__auth_mode]") == "access_key"
        assert page.input_value("[name=extra__redshift_iam__secret_access_key]") == ""
        assert sandbox.keys.secret_access_key not in page.content()
        keep("form-edited")
