"""SAML: from an identity provider's assertion to the credentials of an IAM role, and to a database user."""
