"""Which task run this code belongs to."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowException, get_current_context


def running_task() -> tuple[str, str, str, int, int] | None:
    """
    Return what identifies the running try of a task: DAG, task, run, map index and try; ``None`` outside a task.

    Airflow gives a task a process of its own, but ``dag.test()`` and some executors run many in one.
    """
    try:
        instance = get_current_context()["ti"]
    except (AirflowException, RuntimeError):
        return None
    return (instance.dag_id, instance.task_id, instance.run_id, instance.map_index, instance.try_number)
