"""`require` skips on a newcomer's machine and fails in CI."""

import pytest


def test_a_condition_that_holds_lets_the_test_go_on(require, monkeypatch):
    monkeypatch.setenv("CI", "true")
    require(True, "nothing")


def test_without_ci_the_test_skips_with_the_reason(require, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"^no mnist here$"):
        require(False, "no mnist here")


def test_in_ci_a_skip_is_a_failure(require, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"CI has to provide .*: no mnist here"):
        require(False, "no mnist here")
