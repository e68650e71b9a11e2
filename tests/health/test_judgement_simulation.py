"""Real runs on a simulated clock: no alarm while a site is fine, an alarm after it has changed.

The long version is `tests/health/judgement_simulation.py`.
"""

from __future__ import annotations

from pathlib import Path

from tests.health.judgement_simulation import history, run_with_fault, texts


def test_a_changed_site_raises_an_alarm(tmp_path: Path) -> None:
    days, name = 3, "a renamed title node"
    all_texts = texts(days, seed=1)
    runs, errors = history(all_texts, tmp_path / "before", days)
    assert errors == []
    assert len(runs) == 2 * days
    outcome = run_with_fault(name, all_texts, tmp_path / "before", tmp_path / name, faulty_runs=2, jobs=0)
    assert outcome.errors == []
    assert "title of " in outcome.line
