"""Marks for tests that need something of the system."""

import sys

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and needs PR_SET_PDEATHSIG")
