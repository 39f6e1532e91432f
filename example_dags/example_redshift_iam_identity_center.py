"""
A person signs in to IAM Identity Center: the sensor asks, a TaskFlow task goes on in the person's role.

Once in a while, when the sign-in has ended, the task `wait_for_person` waits. Who is to sign in presses "Identity
Center sign-in" in the task's details (the address is in its log, too), compares the code with the one in the log, and
approves, in any browser. Until the sign-in ends again, the sensor succeeds at once and asks nobody.

To run it without a scheduler, on `rsauth sandbox` with its environment sourced, or with a connection of your own::

    export AIRFLOW__CORE__DAGS_FOLDER=$PWD/example_dags
    airflow db migrate && python example_dags/example_redshift_iam_identity_center.py
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook
from airflow_provider_rsauth.sensors.identity_center import IdentityCenterSignInSensor

CONN_ID = "redshift_identity_center"


@dag(schedule=None, catchup=False, tags=["redshift"])
def example_redshift_iam_identity_center():
    wait_for_person = IdentityCenterSignInSensor(
        task_id="wait_for_person",
        redshift_conn_id=CONN_ID,
        deferrable=True,
        poke_interval=10,
        timeout=timedelta(hours=8).total_seconds(),
    )

    @task
    def who_am_i() -> list[tuple[str, str]]:
        return RedshiftIAMHook(CONN_ID).get_records("select current_user, current_database()")

    wait_for_person >> who_am_i()


dag_object = example_redshift_iam_identity_center()

if __name__ == "__main__":
    dag_object.test()
