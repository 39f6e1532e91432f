"""A database login, and the place it is for, kept in AWS Secrets Manager."""
