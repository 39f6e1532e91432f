"""The auth core: an Airflow connection's settings become an endpoint and a credential. Knows no Airflow."""
