"""The command line ``rsauth``."""
