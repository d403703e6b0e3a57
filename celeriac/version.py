"""The version of Celeriac: of the wheel, the command and the OpenAPI document."""

VERSION = "0.1.0"
