"""Directions as a row of items: at every place the first rule that fits, else a fixed phrase, else an unread word."""

from __future__ import annotations

from core.rules.sig.advice import (
    ADVICE,
    OTHER_PRODUCT_STARTS,
    advice,
    advice_clause,
    advice_not_to,
    other_product,
    same_dose,
)
from core.rules.sig.amounts import (
    Found,
    Rule,
    a_strength,
    an_amount,
    blend_strength,
    equal_amount,
    no_number,
    syringe_scale,
    up_to_amount,
)
from core.rules.sig.clinical_terms import INDICATION_WORDS, MAY_BE_INDICATED
from core.rules.sig.elements import (
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
    DoseAmount,
    Item,
    NamedDays,
    Piece,
    SigAction,
    SigDrug,
    Slot,
    UnknownWord,
)
from core.rules.sig.grammar import (
    after,
    apart,
    bare_length,
    clock,
    cycle,
    days_a_week,
    days_of_cycle,
    except_weekdays,
    lasting,
    limit,
    often,
    period_alone,
    step_header,
    until,
    weekdays,
    with_water,
)
from core.rules.sig.numbers import a_number, at
from core.rules.sig.phrases import LENGTHS, PHRASES
from core.rules.sig.tokens import Token, tokenize
from core.rules.sig.vocabulary import (
    COUNTING,
    INDICATION_STARTS,
    LETTER_DAYS,
    LETTER_WEEKS,
    LINKS,
    SUPPLIES,
    SUSPICIOUS,
    TENS,
    WEEKDAYS,
    word_set,
)

_AT_NUMBERS: tuple[Rule, ...] = (
    syringe_scale, an_amount, often, days_a_week, cycle, a_strength, blend_strength, apart,
    clock,
    bare_length,
    with_water,
    no_number,
)  # fmt: skip


def _rules() -> dict[str, tuple[Rule, ...]]:
    """The rules that may fit where a word stands."""
    rules: dict[str, tuple[Rule, ...]] = dict.fromkeys((*COUNTING, *TENS, "half", "quarter"), _AT_NUMBERS)
    rules |= dict.fromkeys(("a", "an"), (period_alone, *_AT_NUMBERS))
    rules |= dict.fromkeys((*WEEKDAYS, *LETTER_DAYS, *LETTER_WEEKS), (weekdays,))
    rules |= dict.fromkeys(("once", "twice", "thrice"), (often, _once_at_a_time))
    rules |= dict.fromkeys(("every", "each", "q"), (often, weekdays))
    rules |= dict.fromkeys(("for", "x", "during"), (days_of_cycle, lasting))
    rules |= dict.fromkeys(("not", "no", "nte", "max", "maximum", "limit", "must"), (limit,))
    rules |= dict.fromkeys(("per", "/"), (period_alone,))
    rules |= dict.fromkeys(
        ("week", "weeks", "wk", "wks", "day", "days", "month", "months"), (days_of_cycle, step_header)
    )
    rules |= dict.fromkeys(ADVICE, (advice,))
    rules |= dict.fromkeys(OTHER_PRODUCT_STARTS, (other_product,))
    return rules | {
        "up": (limit, up_to_amount),
        "on": (weekdays, days_of_cycle, _on_period),
        "at": (limit, apart),
        "do": (limit, advice_not_to),
        "may": (_may_cause,),
        "take": (_take_off,),
        "use": (_use_within, _use_new, other_product),
        "after": (after,),
        "as": (equal_amount,),
        "bd": (_brand,),
        "weekend": (_weekends_off,),
        "weekends": (_weekends_off,),
        "through": (until,),
        "thru": (until,),
        "until": (until,),
        "by": (_change_by,),
        "maintain": (same_dose,),
        "continue": (same_dose,),
        "except": (except_weekdays,),
        "excluding": (except_weekdays,),
        "off": (except_weekdays,),
        "skip": (except_weekdays,),
    }


def scan(text: str, sku_words: frozenset[str]) -> list[Piece]:
    """Every piece of the text in order; ``known`` are the SKU's own words (its name, actives and form)."""
    tokens = tokenize(text)
    pieces: list[Piece] = []
    place, indication = 0, ""
    while place < len(tokens):
        item, end = (
            _item_at(tokens, place)
            or _bare_number(tokens, place, pieces)
            or _sign(tokens, place, pieces)
            or _other(tokens, place, sku_words, indication)
        )
        word = tokens[place].word
        if indication or word in _WATCHED:
            item = _in_context(item, tokens, place, end, pieces, indication)
        one = end == place + 1
        pieces.append(
            Piece(item, (tokens[place].written,) if one else tuple([token.written for token in tokens[place:end]]))
        )
        if indication or item is AS_NEEDED or word in _STARTS:
            indication = _indicated_by(word, item, indication)
        place = end
    return pieces


def _in_context(item: Item, tokens: list[Token], place: int, end: int, before: list[Piece], indication: str) -> Item:
    """The item, or what it is where it stands: nothing that may be passed over, or a word of the indication."""
    word = tokens[place].word
    if word in LINKS and _leads_nowhere(tokens, place, end, before):
        return UNSURE
    if isinstance(item, SigDrug) and indication not in {"", "of"} and item.name in MAY_BE_INDICATED:
        return EXTRA
    if indication and word in {"dose", "doses"}:  # "for low mood high dose"
        return UNSURE
    if word == "only" and sum(isinstance(piece.item, DoseAmount) for piece in before) > 1:
        return UNSURE  # of the last dose, or of all
    another = word == "as" and item == _AS_DIRECTED and before and before[-1].item in _GOING_ON
    return UNSURE if another else item  # "or as directed" is another dose, that nobody told


def _leads_nowhere(tokens: list[Token], place: int, end: int, before: list[Piece]) -> bool:
    """Whether a word that links has nothing to link: "Monday and.", "with and dinner", "take or two tablets"."""
    word = tokens[place].word
    if end != place + 1:
        return False
    starts = word in _JOINS and bool(before) and isinstance(before[-1].item, SigAction)
    days_off = word == "of" and at(tokens, end).word in WEEKDAYS
    return starts or days_off or at(tokens, end).word in _NOTHING


def _indicated_by(word: str, item: Item, indication: str) -> str:
    """What makes the next unknown word one of an indication or a drug's name: "for", "of", "needed"; empty for none."""
    if item is AS_NEEDED:
        return "needed"
    if word in _PURPOSES and item is EXTRA:
        return "for"
    if word in INDICATION_STARTS and item is EXTRA:
        return indication if indication and word == "of" else word
    goes_on = (
        item is EXTRA or item is AND or item is OR or item == UnknownWord(harmless=True) or isinstance(item, SigDrug)
    )
    return indication if goes_on and word != ":" else ""


def _item_at(tokens: list[Token], place: int) -> Found:
    token = tokens[place]
    for rule in _AT_NUMBERS if token.is_number else _RULES.get(token.word, ()):
        answer = rule(tokens, place)
        if answer is not None:
            return answer
    for length in LENGTHS.get(token.word, ()):
        words = (token.word,) if length == 1 else tuple([token.word for token in tokens[place : place + length]])
        item = PHRASES.get(words)
        if item is not None:
            return item, place + len(words)
    return None


def _bare_number(tokens: list[Token], place: int, before: list[Piece]) -> Found:
    """A dose without a unit: right after the action, or going on from an earlier dose ("... and 2 at night")."""
    count = a_number(tokens, place)
    if count is None or not before or at(tokens, count.end).is_number:
        return None
    last = before[-1].item
    plain = not at(tokens, count.end).word or _item_at(tokens, count.end) is not None
    goes_on = (
        plain and last in {AND, THEN, OR, COMMA, STOP} and any(isinstance(piece.item, DoseAmount) for piece in before)
    )
    return (DoseAmount(count.low, count.high, None), count.end) if isinstance(last, SigAction) or goes_on else None


_PURPOSES = frozenset({"to", "due", "because"})
"""First words of phrases that an indication follows: "to treat", "due to"."""
_AS_DIRECTED = UnknownWord(harmless=True)
_GOING_ON = (AND, OR, THEN)
_STARTS = _PURPOSES | INDICATION_STARTS
_WATCHED = LINKS | {"only", "as"}
_JOINS = frozenset({"and", "or", "&", "plus", "of"})
_NOTHING = frozenset({"", ".", ";", ",", ")", "and", "or"})
_MARKS = {"(": OPEN, ")": CLOSE, ".": STOP, ";": STOP, ",": COMMA} | dict.fromkeys(":-'\"“”‘’!•#*", EXTRA)


def _other(tokens: list[Token], place: int, sku_words: frozenset[str], indication: str) -> tuple[Item, int]:
    word = tokens[place].word
    mark = _MARKS.get(word)
    if mark is not None:
        return mark, place + 1
    if word in sku_words or word in INDICATION_STARTS:
        return EXTRA, place + 1
    return UnknownWord(_is_harmless(word, indication, bool(sku_words))), place + 1


def _is_harmless(word: str, indication: str, has_sku: bool) -> bool:
    """An indication's own word; after "of" any, where no SKU tells which drug it must be."""
    if indication == "of":
        return not has_sku and word.isalpha() and word not in SUSPICIOUS
    return bool(indication) and word in INDICATION_WORDS


def _sign(tokens: list[Token], place: int, before: list[Piece]) -> Found:
    """A mark that may belong to a number: a minus before it, a point that was torn off it; nothing is guessed."""
    sign, after = tokens[place], at(tokens, place + 1)
    if not after.is_number:
        return None
    acted = bool(before) and isinstance(before[-1].item, SigAction)
    minus = sign.word == "-" and (acted or after.start == sign.start + 1)
    torn = sign.word == "." and acted
    return (UNSURE, place + 1) if minus or torn else None


def _once_at_a_time(tokens: list[Token], place: int) -> Found:
    """``once`` that only goes with a named day or time: ``once at bedtime``, ``once on Mondays``."""
    after = place + 1
    next_item = weekdays(tokens, after) or _item_at(tokens, after) if at(tokens, after).word else None
    timed = next_item is not None and isinstance(next_item[0], Slot | NamedDays)
    return (EXTRA, after) if timed and tokens[place].word == "once" else None


def _on_period(tokens: list[Token], place: int) -> Found:
    """``on days 1-5``: how long, like ``for days 1-5``."""
    header = step_header(tokens, place + 1)
    if header is None or at(tokens, place + 1).word not in {"day", "days"}:
        return None
    return lasting([*tokens[:place], tokens[place]._replace(word="for"), *tokens[place + 1 :]], place)


def _use_new(tokens: list[Token], place: int) -> Found:
    """``use a new syringe for each injection``."""
    begins = place + 1 + (at(tokens, place + 1).word == "a")
    new = at(tokens, begins).word in {"new", "clean", "fresh", "sterile"}
    return advice_clause(tokens, place) if new and at(tokens, begins + 1).word in SUPPLIES else None


def _change_by(tokens: list[Token], place: int) -> Found:
    """``by 5 units every 4 weeks``: a change without an end; nothing of the sentence's rest is read."""
    if an_amount(tokens, place + 1) is None:
        return None
    end = place + 1
    while end < len(tokens) and tokens[end].word not in {".", ";"}:
        end += 1
    return UnknownWord(harmless=False), end


def _may_cause(tokens: list[Token], place: int) -> Found:
    return advice_clause(tokens, place) if at(tokens, place + 1).word == "cause" else None


def _take_off(tokens: list[Token], place: int) -> Found:
    """``take Saturday and Sunday off``, ``take weekends off``."""
    if at(tokens, place + 1).word in {"weekend", "weekends"} and at(tokens, place + 2).word == "off":
        return NamedDays(5, frozenset(range(5))), place + 3
    days = weekdays(tokens, place + 1)
    return days if days is not None and tokens[days[1] - 1].word == "off" else None


def _weekends_off(tokens: list[Token], place: int) -> Found:
    """``weekends off``: the other five days."""
    return (NamedDays(5, frozenset(range(5))), place + 2) if at(tokens, place + 1).word == "off" else None


def _brand(tokens: list[Token], place: int) -> Found:
    """``BD syringe`` is no "twice a day"."""
    return (UNSURE, place + 1) if at(tokens, place + 1).word in _BD_PRODUCTS else None


_BD_PRODUCTS = word_set("syringe syringes insulin needle needles pen ultra ultrafine micro nano luer brand")


def _use_within(tokens: list[Token], place: int) -> Found:
    return advice_clause(tokens, place) if at(tokens, place + 1).word in {"within", "by"} else None


_RULES = _rules()
