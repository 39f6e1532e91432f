"""
The smallest DAG: the SQL operator and a TaskFlow task, both signed in with fresh temporary credentials.

To run it without a scheduler, on `rsauth sandbox` with its environment sourced, or with connections of your own::

    export AIRFLOW__CORE__DAGS_FOLDER=$PWD/example_dags
    airflow db migrate && python example_dags/example_redshift_iam.py
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import dag, task
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

CONN_ID = "redshift_iam_default"


@dag(schedule=None, catchup=False, tags=["redshift"])
def example_redshift_iam():
    load = SQLExecuteQueryOperator(
        task_id="load_orders",
        conn_id=CONN_ID,
        sql=[
            "create table if not exists orders (region varchar(20), amount int)",
            "delete from orders",
            "insert into orders values ('north', 40), ('north', 2), ('south', 58)",
            "select region, amount from orders",
        ],
    )

    @task
    def totals() -> list[tuple[str, int]]:
        hook = RedshiftIAMHook(CONN_ID)
        return hook.get_records("select region, sum(amount) from orders group by region order by region")

    load >> totals()


dag_object = example_redshift_iam()

if __name__ == "__main__":
    dag_object.test()
