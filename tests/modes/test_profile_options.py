"""An AWS profile that carries the drivers' options, at a real sign-in."""

from __future__ import annotations

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook


def test_a_profile_that_carries_the_drivers_options_signs_in(redshift, define, monkeypatch, tmp_path):
    path = tmp_path / "aws-config"
    keys = redshift.keys
    path.write_text(
        f"[profile warehouse]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        "DbUser = newcomer\nDbGroups = loaders\nAutoCreate = true\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    conn_id = define(
        "redshift_iam_default",
        login=None,
        extra={"auth_mode": "profile", "profile": "warehouse", "aws_conn_id": None},
    )
    assert RedshiftIAMHook(conn_id).get_first("select current_user") == ("newcomer",)
    assert redshift.logins[-1].user == "IAMA:newcomer"
