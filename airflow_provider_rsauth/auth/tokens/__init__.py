"""Tokens of identity providers: read, checked, exchanged for a role or handed to Redshift."""
