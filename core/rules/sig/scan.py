"""Directions as a row of items: at every place the first rule that fits, else a fixed phrase, else an unread word."""

from __future__ import annotations

from core.rules.sig import amounts, grammar
from core.rules.sig.amounts import Found, Rule
from core.rules.sig.items import (
    AND,
    AS_NEEDED,
    CLOSE,
    COMMA,
    EXTRA,
    OPEN,
    OR,
    STOP,
    THEN,
    UNSURE,
    Action,
    Amount,
    Item,
    Piece,
    Slot,
    Unread,
    Weekdays,
)
from core.rules.sig.numbers import a_number, at
from core.rules.sig.phrases import LENGTHS, PHRASES
from core.rules.sig.tokens import Token, tokens
from core.rules.sig.words import (
    ADVICE,
    COUNTING,
    INDICATION_STARTS,
    LENGTH_DAYS,
    LETTER_DAYS,
    LETTER_WEEKS,
    LINKS,
    NEVER_DO,
    SUPPLIES,
    SUSPICIOUS,
    TENS,
    WEEKDAYS,
)

_AT_NUMBERS: tuple[Rule, ...] = (
    amounts.an_amount, grammar.often, grammar.days_a_week, grammar.cycle, amounts.a_strength, grammar.apart,
    grammar.clock,
    amounts.no_number,
)  # fmt: skip


def _rules() -> dict[str, tuple[Rule, ...]]:
    """The rules that may fit where a word stands."""
    rules: dict[str, tuple[Rule, ...]] = dict.fromkeys((*COUNTING, *TENS, "half", "quarter"), _AT_NUMBERS)
    rules |= dict.fromkeys(("a", "an"), (grammar.period_alone, *_AT_NUMBERS))
    rules |= dict.fromkeys((*WEEKDAYS, *LETTER_DAYS, *LETTER_WEEKS), (grammar.weekdays,))
    rules |= dict.fromkeys(("once", "twice", "thrice"), (grammar.often, _once_at_a_time))
    rules |= dict.fromkeys(("every", "each", "q"), (grammar.often, grammar.weekdays))
    rules |= dict.fromkeys(("for", "x", "during"), (grammar.lasting,))
    rules |= dict.fromkeys(("not", "no", "nte", "max", "maximum", "limit", "must"), (grammar.limit,))
    rules |= dict.fromkeys(("per", "/"), (grammar.period_alone,))
    rules |= dict.fromkeys(("week", "weeks", "wk", "wks", "day", "days", "month", "months"), (grammar.step_header,))
    rules |= dict.fromkeys(ADVICE, (_advice,))
    return rules | {
        "up": (grammar.limit, amounts.up_to_amount),
        "on": (grammar.weekdays, _on_period),
        "at": (grammar.limit, grammar.apart),
        "do": (grammar.limit, _advice_not_to),
        "may": (_may_cause,),
        "take": (_take_off,),
        "use": (_use_within, _use_new),
        "after": (grammar.after,),
        "by": (_change_by,),
        "except": (grammar.except_weekdays,),
        "excluding": (grammar.except_weekdays,),
        "off": (grammar.except_weekdays,),
        "skip": (grammar.except_weekdays,),
    }


def scan(text: str, known: frozenset[str]) -> list[Piece]:
    """Every piece of the text in order; ``known`` are the SKU's own words (its name, actives and form)."""
    found = tokens(text)
    pieces: list[Piece] = []
    place, indication = 0, False
    while place < len(found):
        item, end = (
            _item_at(found, place)
            or _bare_number(found, place, pieces)
            or _sign(found, place, pieces)
            or _other(found, place, known, indication)
        )
        word = found[place].word
        if word in LINKS and _leads_nowhere(found, place, end, pieces):
            item = UNSURE
        pieces.append(Piece(item, tuple(token.written for token in found[place:end])))
        if indication or item is AS_NEEDED or word in INDICATION_STARTS:
            indication = _stays_indication(word, item, indication)
        place = end
    return pieces


def _leads_nowhere(found: list[Token], place: int, end: int, before: list[Piece]) -> bool:
    """Whether a word that links has nothing to link: "Monday and.", "with and dinner", "take or two tablets"."""
    word = found[place].word
    if end != place + 1:
        return False
    starts = word in _JOINS and bool(before) and isinstance(before[-1].item, Action)
    days_off = word == "of" and at(found, end).word in WEEKDAYS
    return starts or days_off or at(found, end).word in _NOTHING


def _stays_indication(word: str, item: Item, indication: bool) -> bool:
    """Whether the next unknown word belongs to an indication or a drug's name ("for weight loss", "of ...")."""
    if item is AS_NEEDED or (word in INDICATION_STARTS and item is EXTRA):
        return True
    return indication and (item is EXTRA or item in {AND, OR} or item == Unread(harmless=True)) and word != ":"


def _item_at(found: list[Token], place: int) -> Found:
    token = found[place]
    for rule in _AT_NUMBERS if token.is_number else _RULES.get(token.word, ()):
        answer = rule(found, place)
        if answer is not None:
            return answer
    for length in LENGTHS.get(token.word, ()):
        words = tuple([token.word for token in found[place : place + length]])
        item = PHRASES.get(words)
        if item is not None:
            return item, place + len(words)
    return None


def _bare_number(found: list[Token], place: int, before: list[Piece]) -> Found:
    """A dose without a unit: right after the action, or going on from an earlier dose ("... and 2 at night")."""
    count = a_number(found, place)
    if count is None or not before or at(found, count.end).is_number:
        return None
    last = before[-1].item
    plain = not at(found, count.end).word or _item_at(found, count.end) is not None
    goes_on = plain and last in {AND, THEN, OR, COMMA, STOP} and any(isinstance(one.item, Amount) for one in before)
    return (Amount(count.low, count.high, None), count.end) if isinstance(last, Action) or goes_on else None


_JOINS = frozenset({"and", "or", "&", "plus", "of"})
_NOTHING = frozenset({"", ".", ";", ",", ")", "and", "or"})
_MARKS = {"(": OPEN, ")": CLOSE, ".": STOP, ";": STOP, ",": COMMA} | dict.fromkeys(":-'\"“”‘’!•#*", EXTRA)


def _other(found: list[Token], place: int, known: frozenset[str], indication: bool) -> tuple[Item, int]:
    word = found[place].word
    mark = _MARKS.get(word)
    if mark is not None:
        return mark, place + 1
    if word in known or word in INDICATION_STARTS:
        return EXTRA, place + 1
    harmless = indication and word.isalpha() and word not in SUSPICIOUS
    return Unread(harmless), place + 1


def _sign(found: list[Token], place: int, before: list[Piece]) -> Found:
    """A mark that may belong to a number: a minus before it, a point that was torn off it; nothing is guessed."""
    sign, after = found[place], at(found, place + 1)
    if not after.is_number:
        return None
    acted = bool(before) and isinstance(before[-1].item, Action)
    minus = sign.word == "-" and (acted or after.start == sign.start + 1)
    torn = sign.word == "." and acted
    return (UNSURE, place + 1) if minus or torn else None


def _once_at_a_time(found: list[Token], place: int) -> Found:
    """``once`` that only goes with a named day or time: ``once at bedtime``, ``once on Mondays``."""
    after = place + 1
    next_item = grammar.weekdays(found, after) or _item_at(found, after) if at(found, after).word else None
    timed = next_item is not None and isinstance(next_item[0], Slot | Weekdays)
    return (EXTRA, after) if timed and found[place].word == "once" else None


def _on_period(found: list[Token], place: int) -> Found:
    """``on days 1-5``: how long, like ``for days 1-5``."""
    header = grammar.step_header(found, place + 1)
    if header is None or at(found, place + 1).word not in {"day", "days"}:
        return None
    return grammar.lasting([*found[:place], found[place]._replace(word="for"), *found[place + 1 :]], place)


def _advice(found: list[Token], place: int) -> Found:
    """Handling advice, to the end of its clause: ``rotate sites``, ``discard after 28 days``.

    One that tells an amount, or to wait for days, is more than that: ``alternating with 2.5 mg``.
    """
    end = place + 1
    while end < len(found) and found[end].word not in {".", ";", ",", ")", "then"} and not _resumes(found[end].word):
        end += 1
    dosed = any(amounts.an_amount(found, inside) for inside in range(place + 1, end))
    waits = found[place].word == "wait" and any(token.word in _WHOLE_DAYS for token in found[place:end])
    return UNSURE if dosed or waits else EXTRA, end


_WHOLE_DAYS = frozenset({*(word for word, days in LENGTH_DAYS.items() if days >= 1), "daily", "weekly", "monthly"})


def _resumes(word: str) -> bool:
    return word in {"inject", "take", "apply", "insert", "instill", "administer"}


def _advice_not_to(found: list[Token], place: int) -> Found:
    if at(found, place + 1).word != "not":
        return None
    never = at(found, place + 2).word
    spoiled = never == "use" and at(found, place + 3).word == "if"
    return _advice(found, place) if spoiled or never in NEVER_DO else None


def _use_new(found: list[Token], place: int) -> Found:
    """``use a new syringe for each injection``."""
    begins = place + 1 + (at(found, place + 1).word == "a")
    new = at(found, begins).word in {"new", "clean", "fresh", "sterile"}
    return _advice(found, place) if new and at(found, begins + 1).word in SUPPLIES else None


def _change_by(found: list[Token], place: int) -> Found:
    """``by 5 units every 4 weeks``: a change without an end; nothing of the sentence's rest is read."""
    if amounts.an_amount(found, place + 1) is None:
        return None
    end = place + 1
    while end < len(found) and found[end].word not in {".", ";"}:
        end += 1
    return Unread(harmless=False), end


def _may_cause(found: list[Token], place: int) -> Found:
    return _advice(found, place) if at(found, place + 1).word == "cause" else None


def _take_off(found: list[Token], place: int) -> Found:
    """``take Saturday and Sunday off``, ``take weekends off``."""
    if at(found, place + 1).word in {"weekend", "weekends"} and at(found, place + 2).word == "off":
        return Weekdays(5, frozenset(range(5))), place + 3
    days = grammar.weekdays(found, place + 1)
    return days if days is not None and found[days[1] - 1].word == "off" else None


def _use_within(found: list[Token], place: int) -> Found:
    return _advice(found, place) if at(found, place + 1).word in {"within", "by"} else None


_RULES = _rules()
