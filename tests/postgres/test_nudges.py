"""The nudges on PostgreSQL."""

from __future__ import annotations

import pytest
from nudges_contract import NudgesContract

pytestmark = pytest.mark.postgres


class TestNudgesOnPostgres(NudgesContract):
    """The shared promises."""
