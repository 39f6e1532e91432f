"""IAM Identity Center: a person approves once in a browser elsewhere, and machines go on with the token."""
