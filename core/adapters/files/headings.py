"""Which column a foreign heading means: by its name, by what somebody said before, by the words that exports use."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

Headings = Mapping[str, str]
"""The column that each heading (``folded``) means, as a person said; "" is one that is not read."""

SYNONYMS: Final[Mapping[str, str]] = {
    "patient": "patient id|patient code|patient number|patient no|mrn|medical record number|chart number|chart id",
    "first_name": "first|given name|patient first name|fname|firstname",
    "last_name": "last|surname|family name|patient last name|lname|lastname",
    "born_on": "dob|date of birth|birth date|birthdate|birthday|born|patient dob|d o b",
    "sex": "gender|sex at birth|birth sex",
    "phone": "phone number|telephone|telephone number|mobile|mobile phone|cell|cell phone|primary phone|home phone",
    "email": "email address|e mail|e mail address",
    "address1": "address|street|street address|address 1|address line 1|street 1",
    "address2": "address 2|address line 2|street 2|apt|unit|suite",
    "city": "town",
    "zip": "zip code|zipcode|postal code|postcode",
    "allergies": "allergy|known allergies|drug allergies|allergy list",
    "rx": "rx id|prescription|prescription id|prescription number|rx code",
    "sku": "sku code|item code|item number|product code|catalog number|product sku",
    "name": "product name|item name|description|pharmacy name|clinic name|practice name|sku name",
    "npi": "npi number|prescriber npi|provider npi|physician npi",
    "sig": "directions|directions for use|instructions|sig text",
    "quantity": "qty|quantity dispensed|packs",
    "days_supply": "day supply|days of supply",
    "refills": "refills authorized|refills allowed|number of refills",
    "written_on": "written|date written|written date|rx date|prescribed on|date prescribed|prescription date",
    "last_filled_on": "last fill|last filled|last fill date|last filled date|last dispensed|date last filled",
    "first_filled_on": "first fill|first filled|first fill date|date first filled",
    "stopped_on": "stop date|stopped|discontinued|discontinued on|discontinued date|date discontinued",
    "pharmacy": "pharmacy code|pharmacy id",
    "number": "license number|licence number|license no|license|permit number",
    "expires_on": "expires|expiration|expiration date|expiry|expiry date|license expiration|exp date",
    "dea_number": "dea|dea no",
    "unit_cost": "price|unit price|cost|price per pack|price each",
    "valid_from": "effective date|effective from|effective|valid since",
    "carrier": "shipper",
    "time_zone": "timezone",
    "cutoff": "cut off|cutoff time|cut off time|order cutoff",
}  # fmt: skip
"""Words for each column that can mean nothing else; what may mean two things ("refills remaining") is asked about."""
_COLUMN_OF: Final = {word: column for column, words in SYNONYMS.items() for word in words.split("|")}


def folded(heading: str) -> str:
    """A heading's words in small letters: ``Price ($)`` and ``price`` are one."""
    spelt = heading.casefold().replace("%", " percent ").replace("#", " number ")
    words = re.sub(r"[^a-z0-9]+", " ", spelt).split()
    return " ".join(word for word in words if word != "usd")


def known_headings(columns: Collection[str], given: Headings) -> frozenset[str]:
    """Every heading (``folded``) that means one of the columns."""
    words = (word for word, column in _COLUMN_OF.items() if column in columns)
    return frozenset({*(folded(column) for column in columns), *words, *(word for word in given if given[word])})


def columns_of(headings: Sequence[str], columns: Collection[str], given: Headings) -> list[str | None]:
    """The column that each heading means, None for one that is not read. What a person said goes first, then a column's
    own name; of two headings that words alone take for one column, neither is."""
    named = {folded(column): column for column in columns}
    sure = [given.get(folded(heading), named.get(folded(heading))) for heading in headings]
    taken = {column for column in sure if column}
    likely = [None if column is not None else _COLUMN_OF.get(folded(heading))
              for heading, column in zip(headings, sure, strict=True)]  # fmt: skip
    return [
        (column or None) if column is not None else guess if _alone(guess, likely, taken, columns) else None
        for column, guess in zip(sure, likely, strict=True)
    ]


def _alone(guess: str | None, likely: Sequence[str | None], taken: Collection[str], columns: Collection[str]) -> bool:
    return guess in columns and guess not in taken and likely.count(guess) == 1
