"""Sign in to Amazon Redshift from Apache Airflow with fresh temporary credentials."""

__version__ = "0.1.0"
