"""Use case: the rule book with its record, so that a clinic sees which rules earn their keep.

A rule counts once for a patient's line of a SKU on a refill day, however often the cart is looked at: noted when the
cart is worked on, and again, with what became of it, in the transaction that places the line
(docs/decisions/0006-what-a-rule-s-record-counts.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from core.adapters.store import Store, Work, rule_hits
from core.adapters.store.rule_hits import HitCount, HitResult, RejectedLine, RuleHit
from core.domain.errors import Unavailable
from core.domain.model import CartLine, Finding, FindingEnd, Split
from core.domain.roles import Action, Person, require
from core.rules.validation import RULES, Rule

DAYS: Final = 90
"""How far back the record looks, in days."""

REJECTED_AS: Final[Mapping[str, str]] = {
    code: reason
    for reason, codes in (
        ("SIG_REJECTED", "SIG_MISSING SIG_INCOMPLETE SIG_AMBIGUOUS SIG_TOO_LONG SIG_DOSE_MISMATCH SIG_NO_MG"),
        ("SIG_REJECTED", "SIG_ROUTE_MISMATCH SIG_FORM_MISMATCH SIG_DRUG_MISMATCH DOSE_NOT_MEASURABLE DOSE_IMPLAUSIBLE"),
        ("SIG_REJECTED", "SIG_SUPPLY_MISMATCH DOSE_OVER_MAX RX_SIG_CHANGED DOSE_START_HIGH RETITRATION TITRATION_SKIP"),
        ("PRESCRIBER_NOT_LICENSED", "NPI_INVALID PRESCRIBER_NOT_LICENSED LICENCE_EXPIRING RX_PRESCRIBER_MISMATCH"),
        ("CONTROLLED_RULE", "DEA_MISSING DEA_INVALID CONTROLLED_LIMIT"),
        ("RX_NOT_FOUND", "RX_MISSING RX_PATIENT_MISMATCH RX_SKU_MISMATCH RX_QUANTITY RX_AT_OTHER_PHARMACY"),
        ("RX_EXPIRED", "RX_EXPIRED TITRATION_STALE"),
        ("NO_REFILLS", "NO_REFILLS"),
        ("CLINICAL_DIFFERENCE_MISSING", "CLINICAL_DIFFERENCE_MISSING CLINICAL_DIFFERENCE_BOILERPLATE"),
        ("REFILL_TOO_SOON", "REFILL_TOO_SOON"),
        ("SUSPECTED_DUPLICATE", "SUSPECTED_DUPLICATE SAME_PERSON"),
        ("DUPLICATE_THERAPY", "DUPLICATE_THERAPY THERAPY_SWITCH"),
        ("PRODUCT_NOT_MAPPED", "NO_OFFER PRICE_STALE NO_PRICE QUANTITY_LIMIT"),
        ("OUT_OF_STOCK", "OUT_OF_STOCK"),
        ("OTHER", "PHARMACY_NOT_LICENSED COLD_CHAIN_WINDOW EXCLUDED"),
        ("ADDRESS_INVALID", "ADDRESS_INCOMPLETE PO_BOX STATE_ZIP_MISMATCH"),
        ("DEMOGRAPHIC_MISMATCH", "PATIENT_INCOMPLETE PHONE_INVALID BIRTH_DATE_DOUBTFUL UNDER_AGE"),
        ("ALLERGY", "ALLERGY ALLERGY_POSSIBLE ALLERGY_UNRECOGNIZED ALLERGIES_UNKNOWN"),
    )
    for code in codes.split()
}  # fmt: skip
"""For which reason a pharmacy would reject a line that a rule speaks of: whether it did is the rule's record."""


@dataclass(frozen=True)
class RuleRecord:
    """A rule and its record: lines by what became of the finding, and how many of those placed with it a pharmacy
    rejected, for any reason and for the rule's own."""

    rule: Rule
    lines: Mapping[FindingEnd, int] = field(default_factory=dict)
    rejected: int = 0
    rejected_for_it: int = 0

    @property
    def fired(self) -> int:
        """Lines on which it fired."""
        return sum(self.lines.values())

    @property
    def placed_with_it(self) -> int:
        """Lines that went out although it had fired: acknowledged or overridden."""
        return self.lines.get(FindingEnd.ACKNOWLEDGED, 0) + self.lines.get(FindingEnd.OVERRIDDEN, 0)


class RejectionReason(NamedTuple):
    """Lines that pharmacies rejected for one reason at the first attempt, and on how many of them a rule that speaks of
    that reason had fired."""

    reason: str
    lines: int
    predicted: int


class RuleBook(NamedTuple):
    """Every rule in the book's order, and every reason for which lines were rejected; ``since`` is the first refill day
    that counts."""

    since: date
    entries: tuple[RuleRecord, ...]
    rejections: tuple[RejectionReason, ...]


def rule_book(store: Store, person: Person, clinic: str, days: int = DAYS) -> RuleBook:
    """The rule book of the last ``days``; two queries, no patient's data."""
    require(person, Action.SEE_RULES)
    with store.read(clinic) as work:
        since = work.today - timedelta(days=days)
        counts, rejected = rule_hits.hit_counts(work, since), rule_hits.rejected_lines(work, since)
    return RuleBook(since, tuple(_entries(counts)), tuple(_rejection_reasons(rejected)))


def note_findings(
    store: Store, person: Person, clinic: str, refill_day: date, lines: Iterable[CartLine], findings: Iterable[Finding]
) -> None:
    """Count the findings of a cart that is being worked on, each once. A store that cannot be written to now is passed
    over: whoever looks at the cart next counts them."""
    require(person, Action.WORK_CART)
    fired = _fired(lines, findings)
    with store.read(clinic) as work:
        new = fired - rule_hits.hits_of(work, refill_day).keys()
    if not new:
        return
    try:
        store.note(clinic, lambda work: rule_hits.note_hits(work, refill_day, sorted(new)))
    except Unavailable:
        return


def note_placed(
    work: Work,
    split: Split,
    findings: Collection[Finding],
    checkout: str,
    refill_day: date,
    overridden: Collection[tuple[int, str]],
) -> None:
    """Count the findings of a cart that is being placed, and say what became of those on its placed lines."""
    lines = [routed.line for routed in split.lines]
    standing = _by_key(lines, findings)
    placed = {(routed.line.patient, routed.line.sku): routed.line.number for routed in split.filled}
    hits = rule_hits.hits_of(work, refill_day, {patient for patient, _ in placed})
    rule_hits.note_hits(work, refill_day, sorted(standing.keys() - hits.keys()))
    ended = []
    for fired in sorted(hits.keys() | standing.keys()):
        number = placed.get((fired.patient, fired.sku))
        if number is None or hits.get(fired, FindingEnd.OPEN) is not FindingEnd.OPEN:
            continue
        ended.append(HitResult(fired, _end(standing.get(fired), overridden), f"{checkout}/{number:02d}"))
    rule_hits.end_hits(work, refill_day, ended)


def _end(finding: Finding | None, overridden: Collection[tuple[int, str]]) -> FindingEnd:
    if finding is None:
        return FindingEnd.FIXED
    return FindingEnd.OVERRIDDEN if (finding.line, finding.code) in overridden else FindingEnd.ACKNOWLEDGED


def _fired(lines: Iterable[CartLine], findings: Iterable[Finding]) -> set[RuleHit]:
    return set(_by_key(lines, findings))


def _by_key(lines: Iterable[CartLine], findings: Iterable[Finding]) -> dict[RuleHit, Finding]:
    by_number = {line.number: line for line in lines}
    return {
        RuleHit(by_number[finding.line].patient, by_number[finding.line].sku, finding.code): finding
        for finding in findings
    }


def _entries(counts: Iterable[HitCount]) -> Iterable[RuleRecord]:
    by_code: dict[str, list[HitCount]] = defaultdict(list)
    for tally in counts:
        by_code[tally.code].append(tally)
    for code, rule in RULES.items():
        lines: Counter[FindingEnd] = Counter()
        for tally in by_code[code]:
            lines[tally.end] += tally.lines
        sent_out = [
            tally for tally in by_code[code] if tally.end is not FindingEnd.FIXED and tally.rejected_for is not None
        ]
        yield RuleRecord(
            rule,
            lines,
            rejected=sum(tally.lines for tally in sent_out),
            rejected_for_it=sum(tally.lines for tally in sent_out if tally.rejected_for == REJECTED_AS[code]),
        )


def _rejection_reasons(rejected: Iterable[RejectedLine]) -> list[RejectionReason]:
    """The reasons with the most lines first. A rule that was put right before placing predicted nothing."""
    lines: dict[str, set[str]] = defaultdict(set)
    predicted: dict[str, set[str]] = defaultdict(set)
    for row in rejected:
        lines[row.reason].add(row.line)
        if row.code is not None and REJECTED_AS.get(row.code) == row.reason:
            predicted[row.reason].add(row.line)
    reasons = [RejectionReason(reason, len(numbers), len(predicted[reason])) for reason, numbers in lines.items()]
    return sorted(reasons, key=lambda refusal: (-refusal.lines, refusal.reason))
