"""A company's identity provider: pages as AD FS, PingFederate, Okta and Entra ID have them, and an OIDC issuer."""
