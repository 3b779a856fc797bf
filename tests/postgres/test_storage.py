"""Storage on PostgreSQL."""

from __future__ import annotations

import pytest
from storage_contract import StorageContract

pytestmark = pytest.mark.postgres


class TestStorageOnPostgres(StorageContract):
    """The shared promises."""
