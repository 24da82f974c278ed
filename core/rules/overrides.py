"""What people may answer for themselves: which overrides count, and what each must say (rules.md, section 3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.domain.errors import Refused
from core.domain.model import Override, Owner
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
