"""
Mapped tasks: the same query through several connections, each signed in in its own way.

To run it without a scheduler, on `rsauth sandbox` with its environment sourced, or with connections of your own::

    export AIRFLOW__CORE__DAGS_FOLDER=$PWD/example_dags
    airflow db migrate && python example_dags/example_redshift_iam_mapped.py
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import Param, dag, task

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook


@dag(
    schedule=None,
    catchup=False,
    tags=["redshift"],
    params={"connections": Param(["redshift_iam_default"], type="array", items={"type": "string"})},
)
def example_redshift_iam_mapped():
    @task
    def connections(params: dict | None = None) -> list[str]:
        return (params or {})["connections"]

    @task
    def who_am_i(conn_id: str) -> list[tuple[str, str]]:
        return RedshiftIAMHook(conn_id).get_records("select current_user, current_database()")

    who_am_i.expand(conn_id=connections())


dag_object = example_redshift_iam_mapped()

if __name__ == "__main__":
    dag_object.test()
