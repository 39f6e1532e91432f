"""
Run DAG files through Airflow in this process and write down what became of each task.

``python -m airflow_provider_rsauth.cli.dag_run REPORT DAG_FILE CONF [DAG_FILE CONF …]``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from runpy import run_path
from typing import Any


def main(report: str, *runs: str) -> int:
    """
    Run the DAGs, one after the other, and write the report as JSON.

    :param report: path of the report: for each DAG its ``dag_id``, ``state`` and ``tasks``, each task with its
        state and what it returned.
    :param runs: file, inside the DAGs folder, and conf as JSON, of one DAG after the other.
    :return: 0 if all runs succeeded.
    """
    outcomes = [
        _run(dag_file, json.loads(conf)) for dag_file, conf in zip(runs[::2], runs[1::2], strict=True)
    ]
    Path(report).write_text(json.dumps(outcomes), encoding="utf-8")
    return 0 if all(outcome["state"] == "success" for outcome in outcomes) else 1


def _run(dag_file: str, conf: dict[str, Any]) -> dict[str, Any]:
    from airflow.providers.common.compat.sdk import DAG
    from airflow.utils.session import create_session

    dag = next(value for value in run_path(dag_file, run_name="example").values() if isinstance(value, DAG))
    run = dag.test(run_conf=conf)
    with create_session() as session:
        tasks = _tasks(session, run.dag_id, run.run_id)
    return {"dag_id": run.dag_id, "state": str(run.state), "tasks": tasks}


def _tasks(session: Any, dag_id: str, run_id: str) -> list[dict[str, Any]]:
    from airflow.models.taskinstance import TaskInstance

    returned = _returned(session, dag_id, run_id)
    instances = session.query(TaskInstance).filter_by(dag_id=dag_id, run_id=run_id)
    return [
        {
            "task_id": instance.task_id,
            "map_index": instance.map_index,
            "state": str(instance.state),
            "returned": returned.get((instance.task_id, instance.map_index)),
        }
        for instance in instances
    ]


def _returned(session: Any, dag_id: str, run_id: str) -> dict[tuple[str, int], Any]:
    from airflow.models import xcom

    if hasattr(xcom, "XComModel"):
        from airflow.providers.common.compat.sdk import XCom

        stored, read = xcom.XComModel, XCom.deserialize_value
    else:  # Airflow 2 reads the value when it loads the row
        stored, read = xcom.XCom, lambda found: found.value
    rows = session.query(stored).filter_by(dag_id=dag_id, run_id=run_id, key="return_value")
    return {(row.task_id, row.map_index): read(row) for row in rows}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
