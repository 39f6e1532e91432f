"""Which task run this code belongs to."""

from __future__ import annotations

import os
from typing import NamedTuple

from airflow.providers.common.compat.sdk import AirflowException, get_current_context

LONGEST_APPLICATION_NAME = 250


class RunningTask(NamedTuple):
    """What identifies one try of a task."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int


def running_task() -> RunningTask | None:
    """
    Return the running task; ``None`` outside a task.

    Airflow gives a task a process of its own, but ``dag.test()`` and some executors run many in one.
    """
    try:
        instance = get_current_context()["ti"]
    except (AirflowException, RuntimeError):
        return None
    return RunningTask(*(getattr(instance, name) for name in RunningTask._fields))


def application_name() -> str:
    """
    Return the name under which Redshift shows the session: DAG, task and run.

    A process that a task starts has no task context, but the environment variables that Airflow sets for it.
    """
    if task := running_task():
        mapped = f"[{task.map_index}]" if task.map_index >= 0 else ""
        name = f"airflow {task.dag_id}.{task.task_id}{mapped} {task.run_id}"
    elif dag_id := os.environ.get("AIRFLOW_CTX_DAG_ID"):
        task_id, run_id = (
            os.environ.get("AIRFLOW_CTX_TASK_ID", ""),
            os.environ.get("AIRFLOW_CTX_DAG_RUN_ID", ""),
        )
        name = f"airflow {dag_id}.{task_id} {run_id}"
    else:
        name = "airflow"
    return name[:LONGEST_APPLICATION_NAME]
