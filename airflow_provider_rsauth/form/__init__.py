"""The connection form and its documentation, derived from the registry of auth modes."""
