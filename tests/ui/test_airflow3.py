"""A user defines a connection in the pages of Airflow 3, tests it, edits it, and runs a DAG with it."""

from __future__ import annotations

import time
from importlib.metadata import version

import pytest

CONN_ID = "redshift_iam_default"
SECTIONS = (
    "Standard Fields",
    "Sign in",
    "Cluster or workgroup",
    "Database user",
    "IAM role",
    "AWS access key",
    "AWS profile",
    "IAM Identity Center",
    "TLS and driver",
)


def open_section(dialog, name: str) -> None:
    dialog.get_by_role("button", name=name, exact=True).click()


def define_connection(page, url: str, sandbox, keep) -> None:
    page.goto(f"{url}/connections")
    page.get_by_role("button", name="Add Connection").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Connection ID").fill(CONN_ID)
    page.get_by_role("combobox").first.click()
    page.keyboard.type("Redshift (IAM)")
    page.get_by_role("option", name="Amazon Redshift (IAM)").click()
    for section in SECTIONS:
        assert dialog.get_by_role("button", name=section, exact=True).is_visible()
    target = sandbox.cluster
    for name, value in {
        "host": target.host,
        "port": target.port,
        "login": "etl",
        "schema": target.database,
    }.items():
        dialog.locator(f"input[name={name}]").fill(str(value))
    open_section(dialog, "Sign in")
    dialog.get_by_role("combobox").nth(1).click()
    page.get_by_role("option", name="AWS access key").click()
    keep("form-sign-in")
    open_section(dialog, "Cluster or workgroup")
    dialog.locator("[name=element_cluster_identifier]").fill(target.name)
    dialog.locator("[name=element_region]").fill(sandbox.region)
    open_section(dialog, "TLS and driver")
    dialog.locator("[name=element_ca_bundle]").fill(str(sandbox.ca_file))
    open_section(dialog, "AWS access key")
    dialog.locator("[name=element_access_key_id]").fill("AKIAIOSFODNN7EXAMPLE")
    dialog.locator("[name=element_secret_access_key]").fill(sandbox.keys.secret_access_key)
    assert dialog.locator("[name=element_secret_access_key]").get_attribute("type") == "password"
    keep("form-access-key")
    dialog.locator("[name=element_access_key_id]").fill(sandbox.keys.access_key_id)
    with page.expect_response(lambda answer: answer.request.method == "POST" and "connections" in answer.url):
        page.get_by_role("button", name="Save").click()


def press_test(page) -> dict:
    with page.expect_response(lambda answer: answer.url.endswith("/connections/test")) as answer:
        page.get_by_label("Test Connection").click()
    return answer.value.json()


def wait_for_run(page, url: str) -> str:
    for _ in range(90):
        runs = page.request.get(f"{url}/api/v2/dags/example_redshift_iam/dagRuns").json()["dag_runs"]
        if runs and runs[0]["state"] in ("success", "failed"):
            return runs[0]["state"]
        time.sleep(1)
    return "still running"


if not version("apache-airflow").startswith("2."):

    @pytest.mark.timeout(300)
    def test_a_connection_is_defined_tested_edited_and_used(airflow, page, sandbox, keep):
        define_connection(page, airflow.url, sandbox, keep)

        found = press_test(page)
        assert found["status"], found
        for part in ("IAM:etl", "redshift:GetClusterCredentials", ":user/airflow", "Database user: etl"):
            assert part in found["message"]
        keep("connection-tested")

        stored = page.request.get(f"{airflow.url}/api/v2/connections/{CONN_ID}").json()
        assert sandbox.keys.secret_access_key not in str(stored)

        page.get_by_label("Edit Connection").click()
        dialog = page.get_by_role("dialog")
        open_section(dialog, "AWS access key")
        assert dialog.locator("[name=element_secret_access_key]").input_value() == "***"
        keep("form-edited")
        open_section(dialog, "Standard Fields")
        dialog.locator("[name=description]").fill("edited")
        with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            page.get_by_role("button", name="Save").click()
        assert press_test(page)["status"], "the stored secret was lost"

        before = len(sandbox.logins)
        page.goto(f"{airflow.url}/dags/example_redshift_iam")
        page.get_by_role("button", name="Trigger").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Trigger").click()
        assert wait_for_run(page, airflow.url) == "success"
        page.get_by_text("Success").first.wait_for()
        keep("dag-run")
        made = [
            login for login in sandbox.logins[before:] if "example_redshift_iam." in login.application_name
        ]
        assert [login.user for login in made] == ["IAM:etl", "IAM:etl"]
        assert made[0].expires_at != made[1].expires_at, "each task has a credential of its own"

    @pytest.mark.timeout(200)
    def test_a_worker_tests_the_connection_too(airflow, page, sandbox):
        """Airflow 3.3 can send the test to where the tasks run."""
        body = {
            "connection_id": "worker_side",
            "conn_type": "redshift_iam",
            "host": sandbox.cluster.host,
            "port": sandbox.cluster.port,
            "login": "nobody",
            "extra": (
                f'{{"auth_mode": "access_key", "access_key_id": "{sandbox.keys.access_key_id}", "secret_access_key": '
                f'"{sandbox.keys.secret_access_key}", "cluster_identifier": "{sandbox.cluster.name}", '
                f'"region": "{sandbox.region}", "ca_bundle": "{sandbox.ca_file}"}}'
            ),
        }
        queued = page.request.post(f"{airflow.url}/api/v2/connections/enqueue-test", data=body)
        assert queued.status == 202, queued.text()
        token = queued.json()["token"]
        for _ in range(60):
            answer = page.request.get(
                f"{airflow.url}/api/v2/connections/enqueue-test",
                headers={"Airflow-Connection-Test-Token": token},
            ).json()
            if answer.get("state") in ("success", "failed"):
                break
            time.sleep(1)
        assert answer["state"] == "failed", answer
        assert "CREATE USER" in answer["result_message"]
        assert sandbox.keys.secret_access_key not in str(answer)
