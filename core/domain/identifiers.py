"""Check digits and shapes of what the outside world numbers: prescribers, telephones, states, ZIP codes.

Nothing here says that a number is somebody's: only that it could be. No function raises, whatever the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

NPI: Final = re.compile(r"[12][0-9]{9}")
DEA: Final = re.compile(r"[A-Z][A-Z9][0-9]{7}")
ZIP: Final = re.compile(r"[0-9]{5}(-?[0-9]{4})?")
MILITARY: Final = frozenset({"AA", "AE", "AP"})
STRADDLING: Final = frozenset({"063", "099", "205", "726", "739", "834", "967", "969"})
"""Prefixes with ZIP codes of more than one state; the table names the state of most of them."""

ZIP_PREFIXES: Final = (
    "AK 995-999; AL 350-352,354-369; AR 716-729; AZ 850-853,855-857,859-860,863-865; CA 900-908,910-928,930-961; "
    "CO 800-816; CT 060-069; DC 200,202-205,569,888; DE 197-199; FL 320-339,341-342,344,346-347,349; "
    "GA 300-319,398-399; GU 969; HI 967-968; IA 500-516,520-528; ID 832-838; IL 600-620,622-629; IN 460-479; "
    "KS 660-662,664-679; KY 400-418,420-427; LA 700-701,703-708,710-714; MA 010-027,055; MD 206-212,214-219; "
    "ME 039-049; MI 480-499; MN 550-551,553-567; MO 630-631,633-641,644-658; MS 386-397; MT 590-599; NC 270-289; "
    "ND 580-588; NE 680-681,683-693; NH 030-038; NJ 070-089; NM 870-871,873-884; NV 889-891,893-895,897-898; "
    "NY 005,100-149; OH 430-459; OK 730-731,734-741,743-749; OR 970-979; PA 150-196; PR 006-007,009; RI 028-029; "
    "SC 290-299; SD 570-577; TN 370-385; TX 733,750-770,772-799,885; UT 840-847; VA 201,220-246; VI 008; "
    "VT 050-054,056-059; WA 980-986,988-994; WI 530-532,534-535,537-549; WV 247-268; WY 820-831; "
    "AA 340; AE 090-099; AP 962-966"
)
"""State by the first three digits of a ZIP code, as ranges (made from the zipcodes 3.0.0 data, 933 prefixes)."""


def _by_prefix(ranges: str) -> dict[str, str]:
    states: dict[str, str] = {}
    for entry in ranges.split("; "):
        state, prefixes = entry.split(" ")
        for span in prefixes.split(","):
            first, _, last = span.partition("-")
            states |= {f"{prefix:03d}": state for prefix in range(int(first), int(last or first) + 1)}
    return states


STATE_OF_PREFIX: Final = _by_prefix(ZIP_PREFIXES)
STATES: Final = frozenset(STATE_OF_PREFIX.values()) | {"AS", "FM", "MH", "MP", "PW"}
"""Every two-letter code of the postal service; the islands added here share their prefixes with HI and GU."""

_STATE_NAMES: Final = (
    "AL alabama|ala; AK alaska; AZ arizona|ariz; AR arkansas|ark; CA california|calif|cal; CO colorado|colo; "
    "CT connecticut|conn; DE delaware|del; DC district of columbia|washington dc|washington d c; FL florida|fla; "
    "GA georgia; HI hawaii; ID idaho; IL illinois|ill; IN indiana|ind; IA iowa; KS kansas|kan|kans; KY kentucky; "
    "LA louisiana; ME maine; MD maryland; MA massachusetts|mass; MI michigan|mich; MN minnesota|minn; "
    "MS mississippi|miss; MO missouri; MT montana|mont; NE nebraska|neb|nebr; NV nevada|nev; NH new hampshire; "
    "NJ new jersey; NM new mexico|n mex; NY new york|new york state; NC north carolina|n carolina; "
    "ND north dakota|n dakota|n dak; OH ohio; OK oklahoma|okla; OR oregon|ore; PA pennsylvania|penn|penna; "
    "RI rhode island; SC south carolina|s carolina; SD south dakota|s dakota|s dak; TN tennessee|tenn; TX texas|tex; "
    "UT utah; VT vermont; VA virginia; WA washington|wash|washington state; WV west virginia|w virginia|w va; "
    "WI wisconsin|wis|wisc; WY wyoming|wyo; AS american samoa; GU guam; MP northern mariana islands; PR puerto rico; "
    "VI virgin islands|us virgin islands|u s virgin islands"
)
"""Each state's code, its name, and the abbreviations of the Associated Press and of older letters."""

STATE_BY_NAME: Final = {
    name: code
    for code, _, names in (entry.partition(" ") for entry in _STATE_NAMES.split("; "))
    for name in names.split("|")
}


def state_code(text: str) -> str:
    """The two letters of a state that is written out or abbreviated; any other text in capitals, trimmed."""
    plain = " ".join(text.replace(".", " ").replace(",", " ").casefold().split())
    letters = plain.replace(" ", "").upper()
    return STATE_BY_NAME.get(plain, letters if letters in STATES else text.strip().upper())


US_NUMBERS: Final = frozenset({"US", "AS", "GU", "MP", "PR", "VI"})
"""Regions of the North American numbering plan that are the United States."""


_DIGITS: Final = re.compile(r"(\d{1,18})", re.ASCII)


CodeOrder = tuple[tuple[int, ...], str, str]


def code_order(code: str) -> CodeOrder:
    """What codes are sorted by: their numbers, so that ``RX 999`` comes before ``1000``, then their letters."""
    folded = code_fold(code)
    numbers = tuple(int(digits) for digits in _DIGITS.findall(folded))
    return numbers, re.sub(r"[\d\W_]+", "", folded), code


def code_fold(code: str) -> str:
    """What codes that a person takes for the same share: no capitals, spaces or leading zeros; ``p-01001`` folds as
    ``P-1001`` does. Zeros after a point stay: 0.05 is not 0.5."""
    return re.sub(r"(?<![\d.])0+(?=\d)", "", "".join(code.split()).casefold())


@lru_cache(maxsize=4096)
def is_npi(npi: str) -> bool:
    """Whether it is ten digits, the first 1 or 2, that pass Luhn over ``80840`` + NPI (45 CFR 162.406)."""
    return NPI.fullmatch(npi) is not None and _luhn_sum("80840" + npi) % 10 == 0


def _luhn_sum(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return sum(doubled) + sum(int(digit) for digit in digits[::-2])


def is_dea(number: str) -> bool:
    """Whether it is two letters (the second may be 9) and seven digits whose last one checks the others.

    The check digit is the last digit of (d1 + d3 + d5) + 2 (d2 + d4 + d6).
    """
    if DEA.fullmatch(number) is None:
        return False
    digits = [int(digit) for digit in number[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


@lru_cache(maxsize=65_536)
def us_phone(text: str) -> str | None:
    """The number as ``+15125550142``; None where it is not a US number. Extensions are left out."""
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.region_code_for_number(number) not in US_NUMBERS:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_zip(text: str) -> bool:
    """Whether it is five digits, or nine with or without the hyphen."""
    return ZIP.fullmatch(text) is not None


def state_of_zip(text: str) -> str | None:
    """The state that most ZIP codes of this prefix lie in; None for a prefix that nobody uses."""
    return STATE_OF_PREFIX.get(text[:3])


def straddles(text: str) -> bool:
    """Whether the ZIP code's prefix is shared between states, so that a mismatch proves nothing."""
    return text[:3] in STRADDLING
