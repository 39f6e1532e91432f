"""One person signs in, two workers connect; the sign-in is kept where both see it, or where one does."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sensors.identity_center import IdentityCenterSignInSensor


def dag(dag_id: str) -> DAG:
    return DAG(dag_id, schedule=None, start_date=datetime(2024, 1, 1), catchup=False)


def sign_in(conn_id: str, **how: Any) -> IdentityCenterSignInSensor:
    return IdentityCenterSignInSensor(task_id="sign_in", queue="east", redshift_conn_id=conn_id, **how)


@task
def connect(conn_id: str) -> None:
    user = RedshiftIAMHook(conn_id).get_first("select current_user")[0]
    print(f"{user} connected, at home in {os.environ['HOME']}")


def on(worker: str, conn_id: str) -> Any:
    return connect.override(task_id=f"on_{worker}", queue=worker)(conn_id)


with dag("deferred"):
    sign_in("shared", deferrable=True, poke_interval=1) >> [on("east", "shared"), on("west", "shared")]

with dag("rescheduled"):
    sign_in("shared", mode="reschedule", poke_interval=10) >> [on("east", "shared"), on("west", "shared")]

with dag("one_after_the_other"):
    on("east", "shared") >> on("west", "shared")

with dag("kept_in_a_file"):
    sign_in("kept_in_a_file", mode="reschedule", poke_interval=10) >> [
        on("east", "kept_in_a_file"),
        on("west", "kept_in_a_file"),
    ]
