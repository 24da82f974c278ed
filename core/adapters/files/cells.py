"""Kinds of cell: how each is read from text, written back, and said in words (docs/formats.md).

A reader raises ValueError with a reason that continues the sentence "<column> “<value>” ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from core.domain.identifiers import state_code
from core.domain.money import cents_from, dollars
from core.domain.settings import SETTINGS
from core.domain.text_limits import why_no_key

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STATES = frozenset(
    """AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC ND NE NH NJ NM NV NY
    OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY""".split()  # noqa: SIM905 reads as a list of states
)
"""The 50 states, the District of Columbia and the five territories."""

MOST_WHOLE = 2**31 - 1
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RELATIVE = re.compile(r"[Dd](?:([+-])(\d{1,5}))?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::00)?(?:\s*([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"(-?)\$?\s?(-?\d{1,3}(?:,\d{3})+|-?\d+)?(\.\d{1,20})?", re.ASCII)
_UNSEEN = str.maketrans({"\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "", "\u00a0": " ", "\u202f": " "})
"""Characters that nobody sees: a code with one would be another code."""
_YES, _NO = frozenset({"yes", "y", "true", "t", "1"}), frozenset({"no", "n", "false", "f", "0"})
_NAMED_ZONES = {
    "EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu", "Etc/GMT+5": "America/New_York",
    "Etc/GMT+6": "America/Chicago", "Etc/GMT+7": "America/Denver", "Etc/GMT+8": "America/Los_Angeles",
    "Etc/GMT+9": "America/Anchorage", "Etc/GMT+10": "Pacific/Honolulu",
}  # fmt: skip
"""Zones of a fixed offset, with the one that a US business beside them keeps: half the year they are an hour wrong."""


class CellContext(NamedTuple):
    """What a cell is read with: the day that ``D-28`` counts from, the clinic's zone, the row's other cells, and the
    zones of its pharmacies by code."""

    today: date
    zone: tzinfo
    row: Mapping[str, str]
    pharmacy_zones: Mapping[str, str] = MappingProxyType({})

    @property
    def own_zone(self) -> tzinfo:
        """The zone of the row's pharmacy, else the clinic's."""
        name = self.pharmacy_zones.get(plain_code(self.row.get("pharmacy", "")))
        return ZoneInfo(name) if name else self.zone


class CellKind(NamedTuple):
    """One kind of cell. ``empty`` is the value of an empty one; ``keys`` are the keys that a value refers to; where a
    cell takes a few words only, ``choices`` are all of them."""

    words: str
    read: Callable[[str, CellContext], object]
    write: Callable[[Any], str] = str
    empty: object = None
    keys: Callable[[Any], Iterable[str]] = lambda value: (value,)
    choices: tuple[str, ...] = ()


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number; write digits and a decimal point only, such as 2.5")
    return Decimal(text)


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise ValueError("cannot be negative")
    return number


def _positive(text: str, _: CellContext) -> Decimal:
    number = _number(text)
    if number <= 0:
        raise ValueError("must be more than 0; leave the cell empty if it is not known")
    return number


def _rate(text: str, _: CellContext) -> Decimal:
    if text.endswith("%"):
        text = str(_number(text[:-1].strip()) / 100)
    rate = _not_negative(_number(text))
    if rate > 1:
        hint = f"; for {text} % write {_plain(rate / 100)}" if rate <= 100 else ""
        raise ValueError(f"is not a rate between 0 and 1{hint}")
    return rate


def _money(text: str, _: CellContext) -> int:
    amount = _GROUPED.fullmatch(text)
    if amount is None or not (amount[2] or amount[3]):
        raise ValueError("is not an amount in dollars; write digits and at most two decimals only, such as 189.00")
    cents = cents_from(_without_noise(f"{amount[1]}{(amount[2] or '0').replace(',', '')}{amount[3] or ''}"))
    if cents < 0:
        raise ValueError("cannot be negative")
    return cents


def _without_noise(amount: str) -> str:
    """An amount that a spreadsheet kept as a binary fraction, 69.30000000000001, as it was typed."""
    value = Decimal(amount)
    near = round(value, 2)
    return str(near) if abs(value - near) < _NOISE else amount


_NOISE = Decimal("0.000000001")


def _day(text: str, reading: CellContext) -> date:
    if relative := _RELATIVE.fullmatch(text):
        days = int(f"{relative[1]}{relative[2]}") if relative[1] else 0
        try:
            return reading.today + timedelta(days=days)
        except OverflowError:
            raise ValueError("is not a day in the calendar") from None
    text = without_midnight(text)
    if named := _NAMED_DAY.fullmatch(text):
        word = (named[2] or named[4]).casefold()
        month = next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(word)), 0)
        text = f"{named[3] or named[6]}-{month:02d}-{int(named[1] or named[5]):02d}"
    if not _DAY.fullmatch(text):
        raise ValueError(_which_day(text) or "is not a date; write it as 2026-12-04")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day in the calendar; write a date as 2026-12-04") from None


def without_midnight(text: str) -> str:
    """A date without the time that exports put behind it."""
    return _MIDNIGHT.sub("", text)


_MIDNIGHT: Final = re.compile(r"(?<=\d\d)[ T](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)$", re.ASCII)
_NAMED_DAY: Final = re.compile(
    r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII
)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def _which_day(text: str) -> str | None:
    """Of 4/5/2026, both days that it can be; None where it is none of these."""
    parts = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text, re.ASCII)
    if parts is None:
        return None
    return f"may be {parts[3]}-{parts[1]:0>2}-{parts[2]:0>2} or {parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}; write which"


def _instant(text: str, reading: CellContext) -> datetime:
    try:
        if _DAY.fullmatch(text) or _RELATIVE.fullmatch(text):
            instant = datetime.combine(_day(text, reading), time())
        else:
            instant = datetime.fromisoformat(text)
        instant = (instant if instant.tzinfo else instant.replace(tzinfo=reading.own_zone)).astimezone(UTC)
        day = instant.astimezone(reading.zone).date()
    except (ValueError, OverflowError):
        raise ValueError("is not a date and time; write it as 2026-12-04 13:30") from None
    if day > reading.today:
        raise ValueError("is in the future; leave the cell empty for the time of loading")
    return instant


def _time(text: str, _: CellContext) -> time:
    parts = _TIME.fullmatch(text)
    hour, half = (int(parts[1]), (parts[3] or "").casefold()) if parts else (24, "")
    if not parts or hour > 23 or (half and not 1 <= hour <= 12):
        raise ValueError("is not a time of day; write it as 13:00")
    return time(hour % 12 + 12 * (half == "p") if half else hour, int(parts[2]))


def _zone(text: str, _: CellContext) -> str:
    if text in _NAMED_ZONES:
        raise ValueError(f"has no daylight saving time; write the place's zone, such as {_NAMED_ZONES[text]}")
    if text not in _zones():
        raise ValueError("is not a time zone; write a name such as America/Chicago")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def plain_code(text: str) -> str:
    """A code without characters that nobody sees."""
    return text.translate(_UNSEEN).strip()


def _code(text: str, _: CellContext) -> str:
    code = plain_code(text)
    if reason := why_no_key(code):
        raise ValueError(reason)
    if _SHORTENED.fullmatch(code):
        raise ValueError("was shortened by a spreadsheet; format its column as text there, and type the code again")
    return code


_SHORTENED: Final = re.compile(r"\d\.\d+E\+\d{2,3}")
"""1.00021E+09: what Excel writes of a long number."""


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(";") if item.strip())


def _weekdays(text: str, _: CellContext) -> frozenset[int]:
    days: set[int] = set()
    for item in re.split(r"[;,/\s]+", re.sub(r"\s*(?:-|–|\bto\b|\bthrough\b)\s*", "-", text.strip().casefold())):
        first, dash, last = item.partition("-")
        if first not in _DAY_NAMES or (dash and last not in _DAY_NAMES):
            raise ValueError("is not a list of weekdays; write it as Mon;Tue;Wed")
        span = (_DAY_NAMES[last] - _DAY_NAMES[first]) % 7 if last else 0
        days |= {(_DAY_NAMES[first] + offset) % 7 for offset in range(span + 1)}
    return frozenset(days)


_DAY_NAMES = {
    name: number
    for number, names in enumerate((
        "mon monday m", "tue tues tuesday tu", "wed wednesday w", "thu thur thurs thursday th", "fri friday f",
        "sat saturday sa", "sun sunday su",
    ))
    for name in names.split()
}  # fmt: skip


def _allergies(text: str, _: CellContext) -> tuple[str, ...]:
    return tuple(item for item in _items(text) if item.casefold() != "none")


def _state(text: str, _: CellContext) -> str:
    code = state_code(text)
    if code not in STATES:
        raise ValueError("is not a state; write two letters, such as TX")
    return code


def _patient_state(text: str, _: CellContext) -> str:
    code = state_code(text)
    return code if len(code) == 2 else text


def _scope(text: str, reading: CellContext) -> str:
    kind, colon, code = text.partition(":")
    if text.casefold() == "clinic":
        return "clinic"
    if colon and kind.strip().casefold() == "pharmacy" and code.strip():
        return f"pharmacy:{code.strip()}"
    if colon and kind.strip().casefold() == "state":
        return f"state:{_state(code.strip(), reading)}"
    if colon and kind.strip().casefold() == "active" and code.strip():
        return f"active:{code.strip().casefold()}"
    if colon and kind.strip().casefold() == "sku" and code.strip():
        return f"sku:{code.strip()}"
    raise ValueError("is not a scope; write clinic, pharmacy:CODE, state:TX, active:NAME or sku:CODE")


def _setting_name(text: str, _: CellContext) -> str:
    if text.casefold() not in SETTINGS:
        raise ValueError(f"is not a setting; the settings are {', '.join(SETTINGS)}")
    return text.casefold()


def _setting_value(text: str, reading: CellContext) -> str:
    setting = SETTINGS.get(reading.row["name"].casefold())
    if setting is None:
        return text
    if setting.read is int:
        number = str(whole(0).read(text, reading))
        if setting.most is not None and int(number) > setting.most:
            raise ValueError(f"is more than {setting.most}, the most that {setting.source} allows")
        return number
    if setting.read is Decimal:
        is_share = setting.name.endswith(("threshold", "share"))
        return _plain(_rate(text, reading) if is_share else _not_negative(_number(text)))
    return _day(text, reading).isoformat()


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _yes_no(text: str, _: CellContext) -> bool:
    if text.casefold() not in _YES | _NO:
        raise ValueError("must be yes or no")
    return text.casefold() in _YES


def whole(least: int, most: int = MOST_WHOLE) -> CellKind:
    """A whole number from ``least`` to ``most``."""

    def read(text: str, _: CellContext) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError(f"is not a whole number from {least:,}")
        number = int(Decimal(text))
        if number < 0 <= least:
            raise ValueError("cannot be negative")
        if not least <= number <= most:
            raise ValueError(f"must be a whole number from {least:,} to {most:,}")
        return number

    limit = f" to {most:,}" if most < MOST_WHOLE else ""
    return CellKind(f"whole number from {least}{limit}", read)


E = TypeVar("E", bound=StrEnum)


def one_of(values: type[E], empty: E | None = None) -> CellKind:
    """One of an enumeration's values, in any case."""
    by_name = {value.value.casefold(): value for value in values}

    def read(text: str, _: CellContext) -> E:
        return by_name[_chosen(text, by_name)]

    words = tuple(value.value for value in values)
    return CellKind(" or ".join(words), read, lambda value: str(value.value), empty, choices=words)


def word_of(words: Collection[str], *, empty: str | None) -> CellKind:
    """One of some words, in any case; kept as it is spelt here."""
    by_name = {word.casefold(): word for word in words}
    choices = tuple(words)
    return CellKind(" or ".join(words), lambda text, _: by_name[_chosen(text, by_name)], empty=empty, choices=choices)


def _chosen(text: str, by_name: Mapping[str, object]) -> str:
    if text.casefold() not in by_name:
        raise ValueError(f"must be one of {', '.join(map(str, by_name.values()))}")
    return text.casefold()


def _written_bool(value: bool) -> str:
    return "yes" if value else "no"


def _written_weekdays(value: Collection[int]) -> str:
    return ";".join(WEEKDAYS[day] for day in sorted(value))


def _scoped_pharmacy(scope: str) -> tuple[str, ...]:
    return (scope.removeprefix("pharmacy:"),) if scope.startswith("pharmacy:") else ()


TEXT = CellKind("text", lambda text, _: text, empty="")
ZIP_CODE = CellKind("ZIP code", lambda text, _: text, empty="")
CODE = CellKind("code", _code)
CODES = CellKind("codes separated by ;", lambda text, _: _items(plain_code(text)), ";".join, (), tuple)
LIST = CellKind("list separated by ;", lambda text, _: _items(text), ";".join, ())
ALLERGIES = CellKind("list separated by ;, or none", _allergies, lambda value: ";".join(value) or "none")
MONEY = CellKind("dollars", _money, dollars)
RATE = CellKind("fraction from 0 to 1", _rate, _plain)
NUMBER = CellKind("number above 0", _positive, _plain)
COUNT = whole(0)
WHOLE = whole(1)
DAY = CellKind("date", _day, date.isoformat)
INSTANT = CellKind("date and time, the pharmacy's zone if none is given", _instant, datetime.isoformat)
TIME = CellKind("HH:MM", _time, lambda value: f"{value:%H:%M}")
ZONE = CellKind("time zone", _zone)
WEEKDAY_LIST = CellKind("Mon;Tue;Wed", _weekdays, _written_weekdays)
STATE = CellKind("two-letter state", _state)
PATIENT_STATE = CellKind("two-letter state", _patient_state, empty="")
YES_NO = CellKind("yes or no", _yes_no, _written_bool, empty=False, choices=("yes", "no"))
SCOPE = CellKind("clinic, pharmacy:CODE, state:TX, active:NAME or sku:CODE", _scope, keys=_scoped_pharmacy)
SETTING_NAME = CellKind("name of a setting", _setting_name)
SETTING_VALUE = CellKind("as the setting says", _setting_value)
