"""The weekly digest of a lead on PostgreSQL."""

from __future__ import annotations

import pytest
from leads_contract import LeadsContract

pytestmark = pytest.mark.postgres


class TestLeadsOnPostgres(LeadsContract):
    """The shared promises."""
