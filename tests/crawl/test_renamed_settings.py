"""Renamed settings: the old names are accepted, with a warning that states the new name."""

from __future__ import annotations

import logging

import pytest
from scrapy.settings import BaseSettings

from crawler.crawl.renamed_settings import RENAMED_SETTINGS, apply_renamed_settings
from tests.support.toy_site import Site


@pytest.mark.parametrize(("old", "new"), RENAMED_SETTINGS.items())
def test_old_name_sets_the_new_setting(old: str, new: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = BaseSettings({new: 1}, priority="project")
    settings.set(old, 7, priority="cmdline")
    with caplog.at_level(logging.WARNING):
        apply_renamed_settings(settings)
    assert settings.getint(new) == 7
    assert f"setting {old} is renamed to {new}" in caplog.text


def test_new_name_wins_over_the_old_name_of_equal_priority() -> None:
    settings = BaseSettings({"BLOCK_BACKOFF": 2, "BLOCK_PAUSE": 7}, priority="cmdline")
    apply_renamed_settings(settings)
    assert settings.getint("BLOCK_BACKOFF") == 2


def test_settings_without_old_names_give_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    apply_renamed_settings(BaseSettings({"BLOCK_BACKOFF": 2}))
    assert not caplog.records


def test_a_crawl_accepts_an_old_name_and_logs_the_new_one(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    run = site.crawl("-s", "REJECTED_PAUSE=0")
    assert run.exit_code == 0
    assert "WARNING setting REJECTED_PAUSE is renamed to REJECTED_BACKOFF_FACTOR" in run.log


def test_a_misspelled_setting_is_still_an_error(site: Site) -> None:
    site.listing("news", "a1")
    run = site.crawl("-s", "HIBOR_KEEP_WATERMARK=False")
    assert run.exit_code == 2
    assert "HIBOR_KEEP_WATERMARKS" in run.log


def test_old_name_in_a_settings_module_that_imports_the_defaults() -> None:
    settings = BaseSettings({"BLOCK_BACKOFF": 30.0, "BLOCK_PAUSE": 99}, priority="project")
    apply_renamed_settings(settings)
    assert settings.getint("BLOCK_BACKOFF") == 99
