"""The grammar of frequencies, maxima and durations. A rule looks at one place and answers an item and its end."""

from __future__ import annotations

from fractions import Fraction

from core.rules.sig.amounts import Found, an_amount
from core.rules.sig.elements import (
    EXTRA,
    UNSURE,
    After,
    Cycle,
    Lasting,
    MaximumDose,
    NamedDays,
    Often,
    Slot,
    StepHeader,
    Until,
)
from core.rules.sig.numbers import Number, a_number, at, words_at
from core.rules.sig.tokens import Token
from core.rules.sig.vocabulary import (
    LENGTH_DAYS,
    LETTER_DAYS,
    LETTER_WEEKS,
    MANY,
    ORDINALS,
    PERIOD_DAYS,
    SHORT_WHILES,
    WEEKDAYS,
)

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
_MONTH = 30
_LONGEST = 4
"""Digits of a week or day that directions count to."""
MOST_PER_DAY = 24
"""A frequency above hourly is no frequency of a dose."""


def often(tokens: list[Token], place: int) -> Found:
    """``once weekly``, ``3 times a day``, ``2x/week``, ``once every 2 weeks``, ``every 10-14 days``, ``q12h``."""
    return _counted_often(tokens, place) or _interval_often(tokens, place)


def _counted_often(tokens: list[Token], place: int) -> Found:
    times = _times(tokens, place)
    if times is None:
        return None
    period = _period(tokens, times.end) or _interval(tokens, times.end) or _bare_period(tokens, times.end)
    return _often(times, period) if period else None


def _bare_period(tokens: list[Token], place: int) -> Number | None:
    """The ``day`` of "3 x day"."""
    days = PERIOD_DAYS.get(at(tokens, place).word) if at(tokens, place - 1).word == "x" else None
    bare = at(tokens, place).word in _ONE and not at(tokens, place + 1).is_number
    return Number(days, days, place + 1) if days and bare else None


def _interval_often(tokens: list[Token], place: int) -> Found:
    interval = _interval(tokens, place)
    interval_rate = _often(Number(Fraction(1), Fraction(1), place), interval) if interval else None
    return (
        (interval_rate[0]._replace(when=_time_of_day(tokens, interval_rate[1] - 1)), interval_rate[1])
        if interval_rate
        else None
    )


def _often(times: Number, period: Number) -> tuple[Often, int] | None:
    low = times.low * 7 / period.high
    alike = times.low is times.high and period.low is period.high  # most are, and fractions are slow to compare
    high = low if alike else times.high * 7 / period.low
    return (Often(low, high, period.low), period.end) if high <= 7 * MOST_PER_DAY else None


def _times(tokens: list[Token], place: int) -> Number | None:
    """``once``, ``once or twice``, ``1 to 2 times``, ``3x``, ``two doses``."""
    once = _COUNTED.get(at(tokens, place).word)
    if once is not None:
        more = _COUNTED.get(at(tokens, place + 2).word) if at(tokens, place + 1).word in {"or", "to", "-"} else None
        return Number(once, more, place + 3) if more and more > once else Number(once, once, place + 1)
    count = a_number(tokens, place)
    if count is None or at(tokens, count.end).word not in {"times", "time", "x", "doses", "dose", "injections"}:
        return None
    return Number(count.low, count.high, count.end + 1)


def _period(tokens: list[Token], place: int) -> Number | None:
    """Days in ``daily``, ``a week``, ``per month``, ``/day``, ``in 24 hours``."""
    word = at(tokens, place).word
    if word in _ADVERBS:
        return Number(_ADVERBS[word], _ADVERBS[word], place + 1)
    if word not in {"a", "an", "per", "each", "/", "in", "within", "any", "every"}:
        return None
    if word in {"in", "within"} and at(tokens, place + 1).word in {"a", "any", "each"}:
        place += 1
    count = a_number(tokens, place + 1)
    word = at(tokens, count.end if count else place + 1).word
    days = PERIOD_DAYS.get(word)
    if days is None or (_is_odd_period(count, word, tokens[place].word) if count else word in MANY):
        return None
    end = (count.end if count else place + 1) + 1
    length = days * (count.low if count else 1)
    return Number(length, length, end + 1 if at(tokens, end).word == "period" else end)


def _is_odd_period(count: Number, word: str, begins: str) -> bool:
    """``a 5 week``, ``per 7 week``: a number that came in by mistake; ``in 24 hours`` is none."""
    return count.low != count.high or begins in {"a", "an"} or (count.low > 1 and word in _ONE)


_ONE = frozenset({"day", "week", "month"})


def period_alone(tokens: list[Token], place: int) -> Found:
    """``a day`` or ``/week`` after an amount: once in that time."""
    if at(tokens, place).word not in {"a", "per", "/"}:
        return None
    period = _period(tokens, place)
    return _often(Number(Fraction(1), Fraction(1), place), period) if period else None


def _interval(tokens: list[Token], place: int) -> Number | None:
    """Days in ``every 12 hours``, ``every other day``, ``every third day``, ``every 10 to 14 days``, ``q7d``."""
    if at(tokens, place).word not in _EVERY:
        return None
    after = place + 1
    if at(tokens, after).word == "single":
        after += 1
    ordinal = 2 if at(tokens, after).word == "other" else ORDINALS.get(at(tokens, after).word)
    count = None if ordinal else a_number(tokens, after)
    after = after + 1 if ordinal else count.end if count else after
    if (
        count
        and count.low == count.high
        and at(tokens, after).word in _ORDINAL_ENDS
        and at(tokens, after + 1).word == "day"
    ):
        return Number(count.low, count.high, after + 2)  # "every 3rd day"
    counted = LENGTH_DAYS if count else PERIOD_DAYS
    if at(tokens, after).word in MANY and not count and ordinal != 2:
        return None
    days = counted.get(at(tokens, after).word) or (Fraction(1) if ordinal and _time_of_day(tokens, after) else None)
    if days is None:
        return None
    if count and {count.low.denominator, count.high.denominator} - {1, 2}:
        return None
    low, high = (count.low, count.high) if count else (Fraction(ordinal or 1),) * 2
    return Number(low * days, high * days, after + 1)


def _time_of_day(tokens: list[Token], place: int) -> str:
    word = at(tokens, place).word
    return word if word in {"night", "morning", "evening"} else ""


def weekdays(tokens: list[Token], place: int) -> Found:
    """``Monday and Thursday``, ``Mon-Fri``, ``M/W/F``, ``MWF``, ``every other Monday``, ``Monday or Tuesday`` (one)."""
    start = place + 1 if at(tokens, place).word in {"on", "every", "each"} else place
    if (
        at(tokens, place).word == "every"
        and at(tokens, start).word == "other"
        and at(tokens, start + 1).word in WEEKDAYS
    ):
        return Often(Fraction(1, 2), Fraction(1, 2), Fraction(14), "weekday"), start + 2
    if at(tokens, start).word in LETTER_WEEKS:
        days = LETTER_WEEKS[tokens[start].word]
        return NamedDays(len(days), days), start + 1
    names = WEEKDAYS if at(tokens, start).word in WEEKDAYS else LETTER_DAYS
    if at(tokens, start).word not in names or (names is LETTER_DAYS and not _is_letter_chain(tokens, start)):
        return None
    return _day_list(tokens, start, names)


def _is_letter_chain(tokens: list[Token], place: int) -> bool:
    return at(tokens, place + 1).word in {"/", "-", ",", "&"} and at(tokens, place + 2).word in LETTER_DAYS


def _day_list(tokens: list[Token], place: int, names: dict[str, int]) -> Found:
    named = {names[tokens[place].word]}
    last, place, joiners, earlier, count = names[tokens[place].word], place + 1, set[str](), "", 1
    while True:
        after = _past_joiners(tokens, place)
        day = names.get(at(tokens, after).word)
        if day is None or (after == place and names is LETTER_DAYS):
            break
        joiner = at(tokens, after - 1).word if after > place else ""
        joiners.add(joiner)
        chained = joiner == "-" and (earlier == "-" or at(tokens, after + 1).word == "-")
        named |= _span(last, day) if joiner in _THROUGH and not chained else {day}
        earlier = joiner
        last, place, count = day, after + 1, count + 1
    if at(tokens, place).word == "off" and at(tokens, place + 1).word not in {*names, "and", "&"}:
        named, place = set(range(7)) - named, place + 1
    torn = joiners == {""} and count == 2  # "Monday Friday" may have lost "through" or "and"
    if torn or ("or" in joiners and not joiners <= {"or", ",", "/"}):
        return UNSURE, place
    if not named:
        return None
    span = "or" not in joiners and len(named) > 1
    return (
        NamedDays(1 if "or" in joiners else len(named), frozenset(named)),
        _past_days_off(tokens, place, Fraction(7 - len(named))) if span else place,
    )


_THROUGH = frozenset({"-", "to", "through", "thru"})
"""What makes a span of two days; "Mon-Wed-Fri" names three."""


def _past_joiners(tokens: list[Token], place: int) -> int:
    while at(tokens, place).word in {",", "and", "&", "/", "-", "to", "through", "thru", "or", "on"}:
        place += 1
    return place


def _span(first: int, last: int) -> set[int]:
    return {(first + offset) % 7 for offset in range((last - first) % 7 + 1)}


def days_a_week(tokens: list[Token], place: int) -> Found:
    """``5 days a week``, ``5 nights per week``, ``5 days out of 7``, ``5 out of 7 days``."""
    count = a_number(tokens, place)
    if count is None or count.low != count.high or count.low.denominator != 1 or not 1 <= count.low <= 7:
        return None
    one = count.low == 1 and at(tokens, count.end).word in {"day", "night"}
    after = count.end + 1 if one or at(tokens, count.end).word in _DAYS else count.end
    end = _past_seven(tokens, after, named=after > count.end)
    period = _period(tokens, after) if after > count.end and end is None else None
    if period and period.low == 7:
        end = period.end
    return (NamedDays(int(count.low)), _past_days_off(tokens, end, 7 - count.low)) if end is not None else None


_DAYS = frozenset({"days", "nights", "d"})
_ORDINAL_ENDS = frozenset({"nd", "rd", "th"})


def with_water(tokens: list[Token], place: int) -> Found:
    """``8 oz of water``: what a piece is swallowed with."""
    count = a_number(tokens, place)
    if count is None or at(tokens, count.end).word not in {"oz", "ounce", "ounces", "cup", "glass", "glasses"}:
        return None
    end = count.end + 2 if at(tokens, count.end + 1).word == "of" else count.end + 1
    return (EXTRA, end + 1) if at(tokens, end).word == "water" else None


def _past_seven(tokens: list[Token], place: int, *, named: bool) -> int | None:
    """Past ``out of 7 (days)``, ``of 7``, ``weekly``; without days before it, it names them or the week itself."""
    if named and at(tokens, place).word == "weekly":
        return place + 1
    start = place + 1 if at(tokens, place).word == "out" else place
    if at(tokens, start).word != "of":
        return None
    start += 2 if at(tokens, start + 1).word in {"every", "each"} else 1
    if at(tokens, start).word not in {"7", "seven"}:
        return None
    end = start + 1 + (at(tokens, start + 1).word == "days")
    period = _period(tokens, end)
    if period and period.low == 7:
        return period.end
    return end if named or end > start + 1 else None


def _past_days_off(tokens: list[Token], place: int, days: Fraction) -> int:
    """After "5 days a week, 2 days off"."""
    start = place
    while at(tokens, start).word in {",", "and", "then", "with", ";"}:
        start += 1
    off = _stretch(tokens, start, "off")
    return off[1] if off and off[0] == days else place


def except_weekdays(tokens: list[Token], place: int) -> Found:
    """``except Sunday``, ``off on weekends``: the days that are left."""
    start = place + 2 if at(tokens, place + 1).word == "on" else place + 1
    if at(tokens, start).word in {"weekend", "weekends"}:
        return NamedDays(5, frozenset(range(5))), start + 1
    left_out = weekdays(tokens, start)
    if left_out is None or not isinstance(left_out[0], NamedDays):
        return None
    days = frozenset(range(7)) - left_out[0].named
    return (NamedDays(len(days), days), left_out[1]) if days else None


def cycle(tokens: list[Token], place: int) -> Found:
    """``5 days on, 2 days off``, ``5 on 2 off``, ``3 weeks on/1 week off``."""
    on = _stretch(tokens, place, "on")
    if on is None:
        return None
    after = on[1]
    while at(tokens, after).word in {",", "/", "and", "then", "&", ";", "followed", "by"}:
        after += 1
    off = _stretch(tokens, after, "off")
    alike = off is not None and tokens[on[1] - 2].is_number == tokens[off[1] - 2].is_number
    if off is None or not alike:
        return None
    repeated_period = _period(tokens, off[1])
    same_period = repeated_period is not None and repeated_period.low == on[0] + off[0]  # "... each week"
    return Cycle(on[0], off[0]), repeated_period.end if repeated_period is not None and same_period else off[1]


def _stretch(tokens: list[Token], place: int, word: str) -> tuple[Fraction, int] | None:
    count = a_number(tokens, place)
    if count is None or count.low != count.high:
        return None
    days = LENGTH_DAYS.get(at(tokens, count.end).word)
    end = count.end + 1 if days else count.end
    return (count.low * (days or 1), end + 1) if at(tokens, end).word == word else None


def limit(tokens: list[Token], place: int) -> Found:
    """``up to 3 times daily``, ``not to exceed 2 a day``, ``max 4 tablets per 24 hours``, ``max daily dose 8 mg``."""
    if at(tokens, place).word in {"max", "maximum"} and words_at(tokens, place + 1, ("daily", "dose")):
        return _daily_limit(tokens, place + 3)
    for words in _NO_MORE:
        if words_at(tokens, place, words):
            return _limit_of(tokens, place + len(words), permits=words == ("up", "to"))
    return None


def _daily_limit(tokens: list[Token], place: int) -> Found:
    amount = an_amount(tokens, place + 1 if at(tokens, place).word in {"of", ":", "is"} else place)
    return (MaximumDose(amount[0].high, amount[0].unit, Fraction(1)), amount[1]) if amount else None


def _limit_of(tokens: list[Token], place: int, *, permits: bool) -> Found:
    times = _times(tokens, place)
    amount = an_amount(tokens, place) if times is None else None
    bare = a_number(tokens, place) if times is None and amount is None else None
    count = times or bare
    end = amount[1] if amount else count.end if count else place
    period = _period(tokens, end) or _interval(tokens, end)
    if period is None:
        return None
    if amount:
        return MaximumDose(amount[0].high, amount[0].unit, period.low, permits=permits), period.end
    if count is None:
        return None
    return MaximumDose(count.high, None, period.low, bare=times is None, permits=permits), period.end


def lasting(tokens: list[Token], place: int) -> Found:
    """``for 4 weeks``, ``x 7 days``, ``for the first 4 weeks``, ``for 4 doses``, ``for weeks 1-4``."""
    if at(tokens, place).word not in {"for", "x", "during"}:
        return None
    start = place + 1
    if (rhythm := days_a_week(tokens, start) or cycle(tokens, start)) is not None:
        return rhythm
    if tokens[place].word == "x" and (counted := _counted_bare(tokens, start)) is not None:
        return counted
    for words in (("the", "first"), ("the", "next"), ("up", "to"), ("at", "least"), ("a", "total", "of"), ("first",)):
        if words_at(tokens, start, words):
            start += len(words)
            break
    header = step_header(tokens, start)
    if header is not None and isinstance(header[0], StepHeader) and header[0].days is not None:
        lasting_days = Lasting(header[0].days, starts=header[0].starts)
        return _in_each_period(tokens, lasting_days, header[1]) or (lasting_days, header[1])
    length = _length(tokens, start)
    if length is None or not isinstance(length[0], Lasting):
        return length
    return _in_each_period(tokens, length[0], length[1]) or length


def _in_each_period(tokens: list[Token], length: Lasting, end: int) -> Found:
    """The ``every month`` of "for 14 days every month": days on and off, in a period longer than they are."""
    start = end + 1 if at(tokens, end).word == "out" else end
    linked = at(tokens, start).word == "of"
    start += linked
    if at(tokens, start).word not in {"every", "each", "per", "a"} and not (linked and at(tokens, start).word == "the"):
        return None
    count = a_number(tokens, start + 1)
    after = count.end if count else start + 1
    days = LENGTH_DAYS.get(at(tokens, after).word, Fraction(0)) * (count.high if count else 1)
    on_days = Fraction(length.days or 0)
    if days < 7 or not on_days:
        return None
    if days == _MONTH and on_days >= days:  # "for 40 days every month"
        return UNSURE, after + 1
    return (Cycle(on_days, days - on_days), after + 1) if days > on_days else None


def until(tokens: list[Token], place: int) -> Found:
    """``through week 12``, ``until day 28``: the last day of the step."""
    header = step_header(tokens, place + 1)
    if header is None or not isinstance(header[0], StepHeader) or header[0].days is None:
        return None
    one_period = PERIOD_DAYS.get(at(tokens, place + 1).word)
    return (Until(header[0].starts + header[0].days), header[1]) if header[0].days == one_period else None


def _counted_bare(tokens: list[Token], place: int) -> Found:
    """The ``1 per week`` of "x 1 per week", the ``2 weekly`` of "x 2 weekly"."""
    count = a_number(tokens, place)
    period = _period(tokens, count.end) if count else None
    return _often(count, period) if count and period else None


def after(tokens: list[Token], place: int) -> Found:
    """``after 4 weeks``: how long what came before goes on."""
    length = _length(tokens, place + 1)
    return (After(length[0]), length[1]) if length and isinstance(length[0], Lasting) else None


def bare_length(tokens: list[Token], place: int) -> Found:
    """``90 days`` at the end, as in "1 capsule once a day, 90 days": how long, like "for 90 days"."""
    length = _length(tokens, place)
    if length is None or not isinstance(length[0], Lasting) or (length[0].days or 0) < _SHORTEST_SUPPLY:
        return None
    return length if at(tokens, length[1]).word in {"", "."} and place else None


_SHORTEST_SUPPLY = 10
"""Days from which a number of days without "for" is a supply; "daily 5 days" may have lost "a week"."""


def _length(tokens: list[Token], place: int) -> Found:
    count = a_number(tokens, place)
    if count is None or count.low != count.high:
        return None
    word = at(tokens, count.end).word
    days = LENGTH_DAYS.get(word, Fraction(0)) * count.low
    if days >= 1 and days.denominator == 1:
        end = count.end + 1
        return Lasting(int(days)), end + 3 if words_at(tokens, end, ("(", "s", ")")) else end
    is_whole = count.low.denominator == 1
    return (Lasting(None, int(count.low)), count.end + 1) if word in {"doses", "dose"} and is_whole else None


def step_header(tokens: list[Token], place: int) -> Found:
    """``Weeks 1-4``, ``Week 5:``, ``days 1 through 7``, ``month 2``, ``week 9 on``."""
    days = PERIOD_DAYS.get(at(tokens, place).word)
    if days is None or days < 1 or len(tokens[place].word) < 3 or not at(tokens, place + 1).is_number:
        return None
    span = _whole_span(tokens, place + 1)
    if span is None:
        return None
    first, last, end = span
    length: int | None = int((last - first + 1) * days)
    for words in (("and", "on"), ("and", "onward"), ("and", "beyond"), ("and", "after"), ("onward",), ("onwards",),
                  ("on",), ("+",), ("and", "thereafter")):  # fmt: skip
        if words_at(tokens, end, words) and not at(tokens, end + len(words)).is_number:
            length, end = None, end + len(words)
            break
    return StepHeader(length, int((first - 1) * days)), end + 1 if at(tokens, end).word == ":" else end


def days_of_cycle(tokens: list[Token], place: int) -> Found:
    """``days 14 through 28 of cycle``, ``on days 1-12 of each menstrual cycle``: days on in a cycle of 28."""
    start = place + 1 if at(tokens, place).word in {"on", "for"} else place
    span = _whole_span(tokens, start + 1) if at(tokens, start).word in {"day", "days"} else None
    if span is None or at(tokens, span[2]).word != "of":
        return None
    end = span[2] + 1
    while at(tokens, end).word in {"the", "each", "every", "your", "her", "menstrual"}:
        end += 1
    days = span[1] - span[0] + 1
    known = at(tokens, end).word in {"cycle", "cycles"} and span[0] >= 1 and span[1] <= _CYCLE_DAYS and days > 1
    return (Cycle(Fraction(days), Fraction(_CYCLE_DAYS - days)), end + 1) if known else None


_CYCLE_DAYS = 28


def _whole_span(tokens: list[Token], place: int) -> tuple[int, int, int] | None:
    """First and last of ``1-4``, ``1 through 25``, ``5``, and the place after it."""
    first = at(tokens, place).word
    if not first.isdigit() or len(first) > _LONGEST:
        return None
    if at(tokens, place + 1).word not in {"through", "thru", "to", "-"} or not at(tokens, place + 2).is_number:
        return int(first), int(first), place + 1
    last = at(tokens, place + 2).word
    rises = last.isdigit() and len(last) <= _LONGEST and int(last) > int(first)
    return (int(first), int(last), place + 3) if rises else None


def clock(tokens: list[Token], place: int) -> Found:
    """``8 am``, ``9:30 PM``, ``12 noon``, and by 24 hours ``at 14:00``: a time of day."""
    hour, end = tokens[place].word, place + 1
    if not hour.isdigit() or len(hour) > 2:
        return None
    minutes = at(tokens, end + 1).word if at(tokens, end).word == ":" and at(tokens, end + 1).is_number else ""
    end += 2 if minutes else 0
    half = at(tokens, end).word
    if minutes and (not minutes.isdigit() or len(minutes) != 2 or int(minutes) > 59):
        return None
    if half in _HALVES and 1 <= int(hour) <= 12:
        return _slot_at((int(hour) % 12 + 12 * (half == "pm")) * 60 + int(minutes or 0)), end + 1
    if half in {"noon", "midnight"} and hour == "12" and not minutes:
        return _slot_at(720 if half == "noon" else 0), end + 1
    told_as_time = place and tokens[place - 1].word in {"at", ",", "and", "&", "or"}
    return (_slot_at(int(hour) * 60 + int(minutes)), end) if minutes and told_as_time and int(hour) < 24 else None


_HALVES = frozenset({"am", "pm"})
_PARTS_OF_DAY = (
    (180, "night"),
    (720, "morning"),
    (840, "noon"),
    (1020, "afternoon"),
    (1260, "evening"),
    (1440, "night"),
)
"""The minute before which a clock time is of each part of the day."""


def _slot_at(minute: int) -> Slot:
    return Slot(next(name for end, name in _PARTS_OF_DAY if minute < end), clock=minute)


def apart(tokens: list[Token], place: int) -> Found:
    """``at least 3 days apart``, ``30 minutes before``: it leaves the number of doses alone."""
    start = place + 2 if words_at(tokens, place, ("at", "least")) else place
    count = a_number(tokens, start)
    word, after = (at(tokens, count.end).word, at(tokens, count.end + 1).word) if count else ("", "")
    if count and after == "apart" and word in PERIOD_DAYS:
        return EXTRA, count.end + 2
    ahead = word in SHORT_WHILES and after in {"before", "prior", "after"}
    return (EXTRA, count.end + 1) if count and ahead else None
