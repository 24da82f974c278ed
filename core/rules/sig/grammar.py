"""The grammar of frequencies, maxima and durations. A rule looks at one place and answers an item and its end."""

from __future__ import annotations

from fractions import Fraction

from core.rules.sig.amounts import Found, an_amount
from core.rules.sig.items import EXTRA, UNSURE, After, Cycle, Lasting, Limit, Often, Slot, StepHeader, Weekdays
from core.rules.sig.numbers import Number, a_number, at, words_at
from core.rules.sig.tokens import Token
from core.rules.sig.words import LENGTH_DAYS, LETTER_DAYS, LETTER_WEEKS, MANY, ORDINALS, PERIOD_DAYS, WEEKDAYS

_SHORT_WHILES = frozenset({"minutes", "minute", "min", "mins", "hour", "hours", "hr", "hrs"})
_EVERY = frozenset({"every", "each", "q"})
_COUNTED = {"once": Fraction(1), "twice": Fraction(2), "thrice": Fraction(3)}
_ADVERBS = {
    "daily": Fraction(1),
    "weekly": Fraction(7),
    "wkly": Fraction(7),
    "monthly": Fraction(30),
    "nightly": Fraction(1),
}
_NO_MORE = (
    ("max", "dose", "of"),
    ("maximum", "dose", "of"),
    ("max", "dose"),
    ("maximum", "dose"),
    ("not", "to", "exceed"), ("do", "not", "exceed"), ("no", "more", "than"), ("not", "more", "than"),
    ("nte",), ("max", "of"), ("maximum", "of"), ("max",), ("maximum",), ("at", "most"), ("up", "to"), ("limit", "to"),
    ("do", "not", "take", "more", "than"), ("do", "not", "use", "more", "than"), ("must", "not", "exceed"),
)  # fmt: skip
MOST_PER_DAY = 24
"""A frequency above hourly is no frequency of a dose."""


def often(found: list[Token], place: int) -> Found:
    """``once weekly``, ``3 times a day``, ``2x/week``, ``once every 2 weeks``, ``every 10-14 days``, ``q12h``."""
    return _counted_often(found, place) or _interval_often(found, place)


def _counted_often(found: list[Token], place: int) -> Found:
    times = _times(found, place)
    if times is None:
        return None
    period = _period(found, times.end) or _interval(found, times.end)
    return _often(times, period) if period else None


def _interval_often(found: list[Token], place: int) -> Found:
    interval = _interval(found, place)
    told = _often(Number(Fraction(1), Fraction(1), place), interval) if interval else None
    return (told[0]._replace(when=_time_of_day(found, told[1] - 1)), told[1]) if told else None


def _often(times: Number, period: Number) -> tuple[Often, int] | None:
    low = times.low * 7 / period.high
    high = low if times.low == times.high and period.low == period.high else times.high * 7 / period.low
    return (Often(low, high, period.low), period.end) if high <= 7 * MOST_PER_DAY else None


def _times(found: list[Token], place: int) -> Number | None:
    """``once``, ``once or twice``, ``1 to 2 times``, ``3x``, ``two doses``."""
    once = _COUNTED.get(at(found, place).word)
    if once is not None:
        more = _COUNTED.get(at(found, place + 2).word) if at(found, place + 1).word in {"or", "to", "-"} else None
        return Number(once, more, place + 3) if more and more > once else Number(once, once, place + 1)
    count = a_number(found, place)
    if count is None or at(found, count.end).word not in {"times", "time", "x", "doses", "dose", "injections"}:
        return None
    return Number(count.low, count.high, count.end + 1)


def _period(found: list[Token], place: int) -> Number | None:
    """Days in ``daily``, ``a week``, ``per month``, ``/day``, ``in 24 hours``."""
    word = at(found, place).word
    if word in _ADVERBS:
        return Number(_ADVERBS[word], _ADVERBS[word], place + 1)
    if word not in {"a", "an", "per", "each", "/", "in", "within", "any", "every"}:
        return None
    if word in {"in", "within"} and at(found, place + 1).word in {"a", "any", "each"}:
        place += 1
    count = a_number(found, place + 1)
    word = at(found, count.end if count else place + 1).word
    days = PERIOD_DAYS.get(word)
    if days is None or (_is_odd_period(count, word, found[place].word) if count else word in MANY):
        return None
    end = (count.end if count else place + 1) + 1
    length = days * (count.low if count else 1)
    return Number(length, length, end + 1 if at(found, end).word == "period" else end)


def _is_odd_period(count: Number, word: str, begins: str) -> bool:
    """``a 5 week``, ``per 7 week``: a number that came in by mistake; ``in 24 hours`` is none."""
    return count.low != count.high or begins in {"a", "an"} or (count.low > 1 and word in _ONE)


_ONE = frozenset({"day", "week", "month"})


def period_alone(found: list[Token], place: int) -> Found:
    """``a day`` or ``/week`` after an amount: once in that time."""
    if at(found, place).word not in {"a", "per", "/"}:
        return None
    period = _period(found, place)
    return _often(Number(Fraction(1), Fraction(1), place), period) if period else None


def _interval(found: list[Token], place: int) -> Number | None:
    """Days in ``every 12 hours``, ``every other day``, ``every third day``, ``every 10 to 14 days``, ``q7d``."""
    if at(found, place).word not in _EVERY:
        return None
    after = place + 1
    if at(found, after).word == "single":
        after += 1
    ordinal = 2 if at(found, after).word == "other" else ORDINALS.get(at(found, after).word)
    count = None if ordinal else a_number(found, after)
    after = after + 1 if ordinal else count.end if count else after
    counted = LENGTH_DAYS if count else PERIOD_DAYS
    if at(found, after).word in MANY and not count and ordinal != 2:
        return None
    days = counted.get(at(found, after).word) or (Fraction(1) if ordinal and _time_of_day(found, after) else None)
    if days is None:
        return None
    if count and {count.low.denominator, count.high.denominator} - {1, 2}:
        return None
    low, high = (count.low, count.high) if count else (Fraction(ordinal or 1),) * 2
    return Number(low * days, high * days, after + 1)


def _time_of_day(found: list[Token], place: int) -> str:
    word = at(found, place).word
    return word if word in {"night", "morning", "evening"} else ""


def weekdays(found: list[Token], place: int) -> Found:
    """``Monday and Thursday``, ``Mon-Fri``, ``M/W/F``, ``MWF``, ``every other Monday``, ``Monday or Tuesday`` (one)."""
    start = place + 1 if at(found, place).word in {"on", "every", "each"} else place
    if at(found, place).word == "every" and at(found, start).word == "other" and at(found, start + 1).word in WEEKDAYS:
        return Often(Fraction(1, 2), Fraction(1, 2), Fraction(14), "weekday"), start + 2
    if at(found, start).word in LETTER_WEEKS:
        days = LETTER_WEEKS[found[start].word]
        return Weekdays(len(days), days), start + 1
    names = WEEKDAYS if at(found, start).word in WEEKDAYS else LETTER_DAYS
    if at(found, start).word not in names or (names is LETTER_DAYS and not _is_letter_chain(found, start)):
        return None
    return _day_list(found, start, names)


def _is_letter_chain(found: list[Token], place: int) -> bool:
    return at(found, place + 1).word in {"/", "-", ",", "&"} and at(found, place + 2).word in LETTER_DAYS


def _day_list(found: list[Token], place: int, names: dict[str, int]) -> Found:
    named = {names[found[place].word]}
    last, place, joiners, earlier, count = names[found[place].word], place + 1, set[str](), "", 1
    while True:
        after = _past_joiners(found, place)
        day = names.get(at(found, after).word)
        if day is None or (after == place and names is LETTER_DAYS):
            break
        joiner = at(found, after - 1).word if after > place else ""
        joiners.add(joiner)
        chained = joiner == "-" and (earlier == "-" or at(found, after + 1).word == "-")
        named |= _span(last, day) if joiner in _THROUGH and not chained else {day}
        earlier = joiner
        last, place, count = day, after + 1, count + 1
    if at(found, place).word == "off" and at(found, place + 1).word not in {*names, "and", "&"}:
        named, place = set(range(7)) - named, place + 1
    torn = joiners == {""} and count == 2  # "Monday Friday" may have lost "through" or "and"
    if torn or ("or" in joiners and not joiners <= {"or", ",", "/"}):
        return UNSURE, place
    return (Weekdays(1 if "or" in joiners else len(named), frozenset(named)), place) if named else None


_THROUGH = frozenset({"-", "to", "through", "thru"})
"""What makes a span of two days; "Mon-Wed-Fri" names three."""


def _past_joiners(found: list[Token], place: int) -> int:
    while at(found, place).word in {",", "and", "&", "/", "-", "to", "through", "thru", "or", "on"}:
        place += 1
    return place


def _span(first: int, last: int) -> set[int]:
    return {(first + offset) % 7 for offset in range((last - first) % 7 + 1)}


def days_a_week(found: list[Token], place: int) -> Found:
    """``5 days a week``, ``5 nights per week``, ``5 days out of 7``."""
    count = a_number(found, place)
    if count is None or count.low != count.high or at(found, count.end).word not in {"days", "nights", "d"}:
        return None
    after = count.end + 1
    period = _period(found, after)
    end = period.end if period and period.low == 7 else None
    for words in (("out", "of", "7"), ("of", "7"), ("out", "of", "seven"), ("weekly",)):
        if end is None and words_at(found, after, words):
            end = after + len(words) + (at(found, after + len(words)).word == "days")
    if end is None or count.low.denominator != 1 or not 1 <= count.low <= 7:
        return None
    return Weekdays(int(count.low)), _past_days_off(found, end, 7 - count.low)


def _past_days_off(found: list[Token], place: int, days: Fraction) -> int:
    """After "5 days a week, 2 days off"."""
    start = place + 1 if at(found, place).word in {",", "and"} else place
    off = _stretch(found, start, "off")
    return off[1] if off and off[0] == days else place


def except_weekdays(found: list[Token], place: int) -> Found:
    """``except Sunday``, ``off on weekends``: the days that are left."""
    start = place + 2 if at(found, place + 1).word == "on" else place + 1
    if at(found, start).word in {"weekend", "weekends"}:
        return Weekdays(5, frozenset(range(5))), start + 1
    left_out = weekdays(found, start)
    if left_out is None or not isinstance(left_out[0], Weekdays):
        return None
    days = frozenset(range(7)) - left_out[0].named
    return (Weekdays(len(days), days), left_out[1]) if days else None


def cycle(found: list[Token], place: int) -> Found:
    """``5 days on, 2 days off``, ``5 on 2 off``, ``3 weeks on/1 week off``."""
    on = _stretch(found, place, "on")
    if on is None:
        return None
    after = on[1]
    while at(found, after).word in {",", "/", "and", "then", "&", ";", "followed", "by"}:
        after += 1
    off = _stretch(found, after, "off")
    alike = off is not None and found[on[1] - 2].is_number == found[off[1] - 2].is_number
    return (Cycle(on[0], off[0]), off[1]) if off and alike else None


def _stretch(found: list[Token], place: int, word: str) -> tuple[Fraction, int] | None:
    count = a_number(found, place)
    if count is None or count.low != count.high:
        return None
    days = LENGTH_DAYS.get(at(found, count.end).word)
    end = count.end + 1 if days else count.end
    return (count.low * (days or 1), end + 1) if at(found, end).word == word else None


def limit(found: list[Token], place: int) -> Found:
    """``up to 3 times daily``, ``not to exceed 2 a day``, ``max 4 tablets per 24 hours``, ``max daily dose 8 mg``."""
    if at(found, place).word in {"max", "maximum"} and words_at(found, place + 1, ("daily", "dose")):
        return _daily_limit(found, place + 3)
    return next((_limit_of(found, place + len(words)) for words in _NO_MORE if words_at(found, place, words)), None)


def _daily_limit(found: list[Token], place: int) -> Found:
    amount = an_amount(found, place + 1 if at(found, place).word in {"of", ":", "is"} else place)
    return (Limit(amount[0].high, amount[0].unit, Fraction(1)), amount[1]) if amount else None


def _limit_of(found: list[Token], place: int) -> Found:
    times = _times(found, place)
    amount = an_amount(found, place) if times is None else None
    bare = a_number(found, place) if times is None and amount is None else None
    count = times or bare
    end = amount[1] if amount else count.end if count else place
    period = _period(found, end) or _interval(found, end)
    if period is None:
        return None
    if amount:
        return Limit(amount[0].high, amount[0].unit, period.low), period.end
    return (Limit(count.high, None, period.low, bare=times is None), period.end) if count else None


def lasting(found: list[Token], place: int) -> Found:
    """``for 4 weeks``, ``x 7 days``, ``for the first 4 weeks``, ``for 4 doses``, ``for weeks 1-4``."""
    if at(found, place).word not in {"for", "x", "during"}:
        return None
    start = place + 1
    if (rhythm := days_a_week(found, start) or cycle(found, start)) is not None:
        return rhythm
    if found[place].word == "x" and (counted := _counted_bare(found, start)) is not None:
        return counted
    for words in (("the", "first"), ("the", "next"), ("up", "to"), ("at", "least"), ("a", "total", "of"), ("first",)):
        if words_at(found, start, words):
            start += len(words)
            break
    header = step_header(found, start)
    if header is not None and isinstance(header[0], StepHeader) and header[0].days is not None:
        return Lasting(header[0].days, starts=header[0].starts), header[1]
    return _length(found, start)


def _counted_bare(found: list[Token], place: int) -> Found:
    """The ``1 per week`` of "x 1 per week", the ``2 weekly`` of "x 2 weekly"."""
    count = a_number(found, place)
    period = _period(found, count.end) if count else None
    return _often(count, period) if count and period else None


def after(found: list[Token], place: int) -> Found:
    """``after 4 weeks``: how long what came before goes on."""
    length = _length(found, place + 1)
    return (After(length[0]), length[1]) if length and isinstance(length[0], Lasting) else None


def _length(found: list[Token], place: int) -> Found:
    count = a_number(found, place)
    if count is None or count.low != count.high:
        return None
    word = at(found, count.end).word
    days = LENGTH_DAYS.get(word, Fraction(0)) * count.low
    if days >= 1 and days.denominator == 1:
        return Lasting(int(days)), count.end + 1
    whole = count.low.denominator == 1
    return (Lasting(None, int(count.low)), count.end + 1) if word in {"doses", "dose"} and whole else None


def step_header(found: list[Token], place: int) -> Found:
    """``Weeks 1-4``, ``Week 5:``, ``days 1 through 7``, ``month 2``, ``week 9 on``."""
    days = PERIOD_DAYS.get(at(found, place).word)
    if days is None or days < 1 or len(found[place].word) < 3 or not at(found, place + 1).is_number:
        return None
    first = a_number(found, place + 1)
    if first is None or first.low.denominator != 1 or first.high.denominator != 1:
        return None
    last, end = first.high, first.end
    if at(found, end).word in {"through", "thru"} and (upper := a_number(found, end + 1)) and upper.high > last:
        last, end = upper.high, upper.end
    length: int | None = int((last - first.low + 1) * days)
    for words in (("and", "on"), ("and", "onward"), ("and", "beyond"), ("and", "after"), ("onward",), ("onwards",),
                  ("on",), ("+",), ("and", "thereafter")):  # fmt: skip
        if words_at(found, end, words) and not at(found, end + len(words)).is_number:
            length, end = None, end + len(words)
            break
    return StepHeader(length, int((first.low - 1) * days)), end + 1 if at(found, end).word == ":" else end


def clock(found: list[Token], place: int) -> Found:
    """``8 am``, ``9:30 PM``: a time of day."""
    end = place + 1
    if at(found, end).word == ":" and at(found, end + 1).is_number:
        end += 2
    half = {"am": "morning", "pm": "evening", "a m": "morning"}.get(at(found, end).word)
    return (Slot(half), end + 1) if half and found[place].word.isdigit() else None


def apart(found: list[Token], place: int) -> Found:
    """``at least 3 days apart``, ``30 minutes before``: it leaves the number of doses alone."""
    start = place + 2 if words_at(found, place, ("at", "least")) else place
    count = a_number(found, start)
    word, after = (at(found, count.end).word, at(found, count.end + 1).word) if count else ("", "")
    if count and after == "apart" and word in PERIOD_DAYS:
        return EXTRA, count.end + 2
    ahead = word in _SHORT_WHILES and after in {"before", "prior", "after"}
    return (EXTRA, count.end + 1) if count and ahead else None
