"""Real runs on a clock that is handed in: no alarm while a site is well, and one when it changes. The long version is
`tests/health/judgement_simulation.py`."""

from __future__ import annotations

from pathlib import Path

from tests.health.judgement_simulation import befall, history, texts


def test_a_site_that_changes_is_found_by_its_own_history(tmp_path: Path) -> None:
    days, name = 3, "a renamed title node"
    all_texts = texts(days, seed=1)
    runs, wrong = history(all_texts, tmp_path / "before", days)
    assert wrong == []
    assert len(runs) == 2 * days
    outcome = befall(name, all_texts, tmp_path / "before", tmp_path / name, broken_runs=2, jobs=0)
    assert outcome.wrong == []
    assert "title of " in outcome.line
