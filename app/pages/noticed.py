"""What was noticed about the leads of an upload or of a re-check, as rows that lead to the leads behind each count."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.leads import targets, verticals
from app.leads.batch_queries import BatchView
from app.leads.flag_words import FLAGS
from app.leads.problems import LEFT_OUT
from app.leads.reasons import REASONS, explain
from app.leads.rechecks.queries import Finding, RecheckView
from app.pages import trade_words
from app.pages.screening_words import reason

_SUMS = frozenset(LEFT_OUT.values())


def flag_options() -> list[tuple[str, str]]:
    """Every flag, as a filter of leads."""
    codes = [*FLAGS, *(one for one in LEFT_OUT if "%(" not in REASONS[one])]
    return [(one, _(REASONS[one])) for one in codes]


def rows(batch: BatchView) -> list[dict[str, Any]]:
    """The warnings and flags of an upload's leads, the commonest first, each with its leads.

    A check that ran before flags were counted tells its warnings alone, without a way to the leads.
    """
    by_code: dict[str, dict[str, int]] = defaultdict(dict)
    for one in batch.warnings:
        by_code[one["code"]][one["column"] or ""] = one["count"]
    shown = []
    for code, counts in by_code.items():
        if code in _SUMS:
            continue
        columns = ", ".join(sorted(one for one in counts if one))
        leads = counts.get("")
        row = {
            "kind": "warning" if columns else "flag",
            "sentence": _sentence(code, columns),
            "count": leads if leads is not None else sum(counts.values()),
            "href": url_for("leads.index", batch=batch.id, flag=code, released=batch.counted)
            if leads is not None
            else None,
        }
        shown.append(row)
    return sorted(shown, key=lambda one: -one["count"])


def waiting(batch: BatchView, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Why rows of an upload wait in quarantine, each reason with the rows it holds back."""
    return [
        {
            "kind": "quarantined",
            "sentence": reason(code),
            "count": count,
            "href": url_for("quarantine.index", upload=batch.id, reason=code),
        }
        for code, count in counts.items()
    ]


def findings(recheck: RecheckView) -> list[dict[str, Any]]:
    """What a re-check found, by verdict and reason, each with its leads."""
    labels = _labels(recheck.vertical)
    return [_finding(recheck, one, labels) for one in recheck.findings]


def _finding(recheck: RecheckView, one: Finding, labels: dict[str, str]) -> dict[str, Any]:
    code, _colon, target = one.code.partition(":")
    return {
        "verdict": one.verdict,
        "sentence": _sentence(code, labels.get(target, target)),
        "count": one.count,
        "href": url_for("leads.index", recheck=recheck.id, verdict=one.verdict, code=one.code),
    }


def _sentence(code: str, about: str) -> str:
    unnamed: dict[str, Any] = defaultdict(lambda: "…")  # the values differ from lead to lead
    return explain(trade_words.language(), code, about or None, unnamed)


def _labels(vertical: str | None) -> dict[str, str]:
    """The names of everything a lead may say; of one vertical where it is known."""
    kinds = (verticals.get(vertical),) if vertical else verticals.current()
    language = trade_words.language()
    return {
        one.name: one.label for kind in kinds for one in targets.targets(kind, targets.TARGETED, language)
    }
