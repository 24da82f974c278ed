"""What people may answer for themselves: which overrides count, and what each must say (rules.md, section 3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.errors import Refused
from core.domain.model import Override, Owner, RoutedLine
from core.rules.eligibility import order_faults
from core.rules.validation.runner import RULES


def answered_for(overrides: Collection[Override]) -> Mapping[tuple[int, str], Override]:
    """The overrides that count, by line and code. Raises Refused for one that the rules do not allow as it is."""
    for override in overrides:
        rule = RULES.get(override.code)
        if rule is None or not rule.overridable:
            raise Refused(f"{override.code} on line {override.line} cannot be overridden: fix or hold the line.")
        if not override.reason.strip():
            raise Refused(f"An override of {override.code} on line {override.line} needs a reason.")
        named = override.confirmed_by.strip() and override.confirmed_on
        if needs_confirmation(override.code) and not named:
            raise Refused(
                f"An override of {override.code} on line {override.line} needs the name of the prescriber or pharmacist"
                " who confirmed it, and the day."
            )
    return {(override.line, override.code): override for override in overrides}


def needs_confirmation(code: str) -> bool:
    """Whether an override also names the prescriber or pharmacist who confirmed it, and when."""
    return code == "ALLERGY" or RULES[code].owner is Owner.PRESCRIBER


def goes_to_pharmacy(code: str) -> bool:
    """Whether the pharmacist is told of an override: of what a prescriber or pharmacist confirmed, and of an early
    refill. The others are the clinic's own affair."""
    return code == "REFILL_TOO_SOON" or needs_confirmation(code)


def override_notes(overrides: Iterable[Override]) -> dict[int, str]:
    """What the pharmacist is told of a line's overrides, by line number."""
    notes: dict[int, list[str]] = {}
    for made in overrides:
        if goes_to_pharmacy(made.code):
            what = "Early refill" if made.code == "REFILL_TOO_SOON" else made.code.replace("_", " ").capitalize()
            on = f" on {full_day(made.confirmed_on)}" if made.confirmed_on else ""
            by = f", confirmed by {made.confirmed_by.strip()}{on}" if made.confirmed_by.strip() else ""
            notes.setdefault(made.line, []).append(f"{what}{by}: {made.reason.strip()}")
    return {line: ". ".join(texts) for line, texts in notes.items()}


def refuse_long_notes(routed: Iterable[RoutedLine], notes: Mapping[int, str], context: Context) -> None:
    """Raises Refused where a pharmacy's system has no room for what is said of a line's overrides: no word of it is cut
    off, and it is known before payment."""
    for each in routed:
        note = notes.get(each.line.number, "")
        if note and (wrong := order_faults(each.line, str(each.pharmacy), context, note)):
            raise Refused(
                f"Line {each.line.number}: {wrong[0].problem}. Shorten its note or the reason of its override."
            )
