"""Tokens of an identity provider: who calls, as OpenID Connect says it."""
