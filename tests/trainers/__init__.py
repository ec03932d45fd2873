"""Tests of the trainers; those that either has are rewritten as pytest rewrites a test file."""

import pytest

pytest.register_assert_rewrite("tests.trainers.either")
