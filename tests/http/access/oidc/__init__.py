"""Tokens of an identity provider, which these tests run themselves."""
