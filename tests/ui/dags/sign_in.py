"""The sensor in the ways that the example does not show."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sensors.identity_center import IdentityCenterSignInSensor


def define(dag_id: str, conn_id: str, **options: Any) -> None:
    @dag(dag_id=dag_id, schedule=None, catchup=False)
    def waiting() -> None:
        wait = IdentityCenterSignInSensor(task_id="wait_for_person", redshift_conn_id=conn_id, **options)

        @task
        def who_am_i() -> list[tuple[str, str]]:
            return RedshiftIAMHook(conn_id).get_records("select current_user, current_database()")

        wait >> who_am_i()

    globals()[dag_id] = waiting()


# A task that goes on seconds after it paused may be failed by a busy scheduler, hence the 10 seconds.
define("sign_in_rescheduled", "redshift_identity_center", mode="reschedule", poke_interval=10)
define("sign_in_deferred", "redshift_identity_center", deferrable=True, poke_interval=1)
define("sign_in_in_variable", "redshift_in_variable", deferrable=True, poke_interval=10)
