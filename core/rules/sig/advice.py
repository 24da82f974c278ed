"""Clauses that only advise: handling, storage, injection sites, whom to call, what was dispensed.

They leave dose and frequency alone, and only then are passed over: a clause that tells a number, a frequency, a day, a
dose or a change is left unread, so that nobody reads "alternating weeks" or "call to double the dose" as advice.
"""

from __future__ import annotations

from typing import Final

from core.rules.sig.elements import EXTRA, UNSURE, Item
from core.rules.sig.numbers import a_number, at, words_at
from core.rules.sig.tokens import Token
from core.rules.sig.vocabulary import (
    COUNTING,
    LETTER_WEEKS,
    PER_WEEK,
    TENS,
    TWO_MEANINGS,
    WEEKDAYS,
    spellings,
    word_set,
)

_STORED: Final = word_set(
    "discard store refrigerate keep expires expire dispose protect shake swirl warm clean wash use throw"
)
"""What is said of the vial: days and degrees are its own there, not the dose's."""

_OTHER: Final = word_set("avoid caution warning remove contact call see wait follow pinch massage protect rinse report")
_SITE_CHANGES: Final = word_set("rotate rotating rotation alternate alternating alternately change vary")
_LOGISTICS: Final = word_set("dispense disp qty quantity refill refills rf supply")
ADVICE: Final = (_STORED | _OTHER | _SITE_CHANGES | _LOGISTICS) - {"use", "massage"}
"""Words that begin advice."""

NEVER_DO: Final = word_set(
    "crush chew freeze share shake swallow drive drink refrigerate reuse rub wash skip rinse eat exercise shower swim"
    " bathe massage mix operate lie inhale touch cut break smoke microwave"
)
"""After "do not": advice that leaves dose and frequency alone; "do not skip" included."""

_ENDS: Final = frozenset({".", ";", "then"})
_RESUMES: Final = frozenset({"inject", "take", "apply", "insert", "instill", "administer"})
"""Actions that begin the directions anew, without a mark before them."""

_SITE_NOUNS: Final = word_set(
    "site sites location locations spot spots area areas side sides abdomen stomach thigh thighs arm arms leg legs"
    " shoulder shoulders glute glutes buttock buttocks hip hips nostril nostrils deltoid deltoids forearm forearms"
    " wrist wrists cheek cheeks quadrant quadrants breast breasts gluteal belly knee knees"
)
_SITE_LINKS: Final = word_set(
    "injection injections application the of in on to between among and or from left right upper lower inner outer"
    " opposite different new your & / within body part parts around navel"
)
_PER_USE: Final = tuple(
    spellings(
        "with each injection|with every injection|each injection|every injection|with each dose|each dose|every dose"
        "|with every dose|with each use|each use|each time|every time|with each application|each application"
    )
)
_PER_USE_STARTS: Final = frozenset(words[0] for words in _PER_USE)
_SHORT_TIMES: Final = word_set("second seconds sec secs minute minutes min mins hour hours hr hrs h")
_LONG_TIMES: Final = word_set("day days week weeks month months")
_DEGREES: Final = word_set("f c ° degrees degree fahrenheit celsius g gauge")
_DOSES: Final = frozenset({"dose", "doses"})
_TELLING: Final = (
    word_set(
        "between apart below above attached reverse sheet handout list table dose doses dosage dosing dosages"
        " double doubling triple halve half halving quarter increase increases increasing decrease decreases"
        " decreasing reduce reduces reducing raise raising lower lowering titrate titrates titration titrating"
        " taper tapering adjust adjusting adjustment schedule scheduled chart table calendar protocol plan"
        " regimen instruction instructions directions step escalate escalation up extra additional another"
        " more less fewer skip skipping stop stopping hold holding pause pausing resume restart repeat placebo"
        " day days daily night nights nightly week weeks weekly weekend weekends weekday weekdays month months"
        " monthly cycle cycles every each times time once twice thrice morning mornings evening evenings noon"
        " bedtime menses period consecutive prn all entire whole full empty rest remainder remaining contents finish"
        " finishing second fortnight fortnights amount amounts strength strengths concentration volume total draw next"
        " previous prior bigger larger smaller higher greater change changes changing switch switching convert"
        " converting going back until backup only begin begins beginning start starting started tolerated injecting"
        " swallow top"
    )
    | frozenset(word for table in (*PER_WEEK, *TWO_MEANINGS) for spelling in spellings(table) for word in spelling)
    | frozenset({*WEEKDAYS, *LETTER_WEEKS, *COUNTING, *TENS})
) - {"on", "alternate", "alternating"}
"""Words that may tell a dose, a time or a change."""
_READY: Final = word_set("use used opened opening needed ready dry dissolved clear")
_LEFT_OVER: Final = word_set("all any empty rest remainder remaining contents")
"""What is thrown away, not taken."""
_DEFERRING: Final = {
    "avoid": word_set("use using this it medication product taking"),
    "see": word_set("label note notes prescription other prescriber's provider's doctor's"),
    "wait": word_set("for until"),
    "follow": word_set("with"),
}
"""What follows a word of advice where it cancels the directions, or leaves the dose to something else."""
_APPLIES: Final = word_set("use wear apply reapply")
_ABOUT_PRODUCT: Final = word_set("a an the your broad spectrum gentle plenty of")
_OTHER_PRODUCTS: Final = word_set("sunscreen sunblock moisturizer moisturiser cleanser spf")
OTHER_PRODUCT_STARTS: Final = _OTHER_PRODUCTS | (_APPLIES - {"use"})
_OF_OTHER_PRODUCT: Final = _OTHER_PRODUCTS | word_set(
    "daily every each day days morning mornings evening night am once twice times a in the and or when while outdoors"
    " outside sun during with of at least + higher above reapply hour hours as needed on face area areas treated your"
    " liberally always regularly before after going washing out exposure"
)
"""What may be said of another product; a number there is its own."""
_HARMLESS: Final = word_set("water glass moisturizer sunscreen food meal dry absorb dissolve questions")


def advice(tokens: list[Token], place: int) -> tuple[Item, int] | None:
    """Advice, to the end of its clause: ``rotate sites``, ``discard after 28 days``, ``call with questions``."""
    word = tokens[place].word
    if word in _SITE_CHANGES:
        return _site_change(tokens, place)
    if word in _LOGISTICS:
        return _logistics(tokens, place)
    if word == "follow" and at(tokens, place + 1).word == "up":
        return _clause(tokens, place + 1, long_times=True)
    allowed = _LEFT_OVER if word in {"discard", "dispose", "throw"} else frozenset()
    return _clause(tokens, place, long_times=word in _STORED, allowed=allowed)


def _defers(tokens: list[Token], place: int, end: int) -> bool:
    """``Avoid use.``, ``See label for strength.``, ``Wait for the doctor.``, ``Follow with semaglutide.``"""
    following = _DEFERRING.get(tokens[place].word, frozenset())
    rest = {token.word for token in tokens[place + 1 : end]}
    return at(tokens, place + 1).word in following and rest.isdisjoint(_HARMLESS)


def advice_not_to(tokens: list[Token], place: int) -> tuple[Item, int] | None:
    """``do not shake``, ``do not use if cloudy``, ``do not rinse for 4 hours``, ``do not skip doses``."""
    if at(tokens, place + 1).word != "not":
        return None
    verb = at(tokens, place + 2).word
    spoiled = verb == "use" and at(tokens, place + 3).word == "if"
    if not spoiled and verb not in NEVER_DO:
        return None
    return _clause(tokens, place + 2, allowed=_DOSES if verb == "skip" else frozenset())


def other_product(tokens: list[Token], place: int) -> tuple[Item, int] | None:
    """``Use sunscreen daily.``, ``apply moisturizer every morning``: its times are its own, not the drug's."""
    start = place + (tokens[place].word in _APPLIES)
    while at(tokens, start).word in _ABOUT_PRODUCT:
        start += 1
    if at(tokens, start).word not in _OTHER_PRODUCTS:
        return None
    end = _clause_end(tokens, start)
    words = {token.word for token in tokens[start:end] if not token.is_number}
    return (EXTRA if words <= _OF_OTHER_PRODUCT else UNSURE), end


def advice_clause(tokens: list[Token], place: int) -> tuple[Item, int]:
    """The clause that begins at ``place`` as advice, storage times allowed; unread where it tells more."""
    return _clause(tokens, place, long_times=True)


def _clause(
    tokens: list[Token], place: int, *, long_times: bool = False, allowed: frozenset[str] = frozenset()
) -> tuple[Item, int]:
    end = _clause_end(tokens, place)
    is_advice = not _defers(tokens, place, end) and not _tells_more(tokens, place + 1, end, long_times, allowed)
    return (EXTRA if is_advice else UNSURE), end


def _clause_end(tokens: list[Token], place: int) -> int:
    """Past the last word of a clause; brackets that open in it belong to it, with the commas inside."""
    end, depth = place + 1, 0
    while end < len(tokens):
        word = tokens[end].word
        if word in _ENDS or word in _RESUMES or (word == "," and not depth) or (word == ")" and not depth):
            break
        depth += (word == "(") - (word == ")")
        end += 1
    return end


def _tells_more(tokens: list[Token], place: int, end: int, long_times: bool, allowed: frozenset[str]) -> bool:
    while place < end:
        token = tokens[place]
        start = place + (2 if words_at(tokens, place, ("more", "than")) else token.word == "between")
        counts = at(tokens, start).is_number or at(tokens, start).word in COUNTING
        past = _past_time(tokens, start, long_times) if counts else None
        if past is not None:
            place = past
            continue
        if token.word in _PER_USE_STARTS and (past := _past_per_use(tokens, place)) is not None:
            place = past
            continue
        sunlight = token.word == "sun" and at(tokens, place + 1).word == "exposure"
        kept = token.word == "until" and at(tokens, place + 1).word in _READY
        if token.is_number or (token.word in _TELLING and token.word not in allowed and not (sunlight or kept)):
            return True
        place += 1
    return False


def _past_time(tokens: list[Token], place: int, long_times: bool) -> int | None:
    """Past minutes, hours, degrees and, of what is stored, days; None for any other number."""
    count = a_number(tokens, place)
    if count is None:
        return None
    end = count.end
    if at(tokens, end).word in {"and", "-", "to"} and (upper := a_number(tokens, end + 1)) is not None:
        end = upper.end
    word = at(tokens, end).word
    if word in _SHORT_TIMES or word in _DEGREES or (long_times and word in _LONG_TIMES):
        return end + 1
    return None


def _site_change(tokens: list[Token], place: int) -> tuple[Item, int]:
    """``rotate injection sites``, ``alternating left and right thigh``: up to the first word that is no place."""
    end, named = place + 1, False
    while end < len(tokens):
        word = tokens[end].word
        past = _past_per_use(tokens, end) if word in _PER_USE_STARTS else None
        if past is not None:
            end = past
        elif word in _SITE_NOUNS:
            end, named = end + 1, True
        elif word in _SITE_LINKS and _leads_to_site(tokens, end):
            end += 1
        else:
            break
    before = tokens[place - 1].word if place else "."
    until = _clause_end(tokens, place)
    own_times = {token.word for token in tokens[end:until]}
    if named and before in {".", ";", ","} and own_times and own_times <= _OWN_TIMES:
        return (UNSURE if before == "," else EXTRA), until  # "Rotate sites weekly." is not how often it is injected
    return (EXTRA, end) if named else (UNSURE, until)


_OWN_TIMES: Final = word_set("daily weekly monthly nightly every each day week month other once twice a per")


def _past_per_use(tokens: list[Token], place: int) -> int | None:
    return next((place + len(words) for words in _PER_USE if words_at(tokens, place, words)), None)


def _leads_to_site(tokens: list[Token], place: int) -> bool:
    while at(tokens, place).word in _SITE_LINKS:
        place += 1
    return at(tokens, place).word in _SITE_NOUNS


def same_dose(tokens: list[Token], place: int) -> tuple[Item, int] | None:
    """``Maintain dose.``, ``Continue current dose.`` as a sentence: no change; after "then" it would be a step."""
    end = place + 1
    while at(tokens, end).word in {"current", "same", "this", "the", "at"}:
        end += 1
    begins = place == 0 or tokens[place - 1].word in {".", ";", ","}
    ends = at(tokens, end).word in {"dose", "dosage"} and at(tokens, end + 1).word in {"", ".", ";", ","}
    return (EXTRA, end + 1) if begins and ends else None


_PACKS: Final = word_set(
    "vial vials pen pens ml mls mg g gm gram grams syringe syringes capsule capsules tablet tablets cap caps tab tabs"
    " troche troches bottle bottles tube tubes box boxes pack packs kit kits jar jars count ea each unit patches"
)


def _logistics(tokens: list[Token], place: int) -> tuple[Item, int] | None:
    """``Dispense: 10 mL vial``, ``Qty: 1``, ``Refills 2``, ``disp #30``: what is supplied, not what is taken."""
    end = place + 1
    while at(tokens, end).word in {":", "#", "=", "-", "of", "("}:
        end += 1
    counted = False
    while (count := a_number(tokens, end)) is not None:
        end, counted = count.end, True
        while at(tokens, end).word in _PACKS or at(tokens, end).word in {"x", "×", "/", ")"}:
            end += 1
        if at(tokens, end).word in _LONG_TIMES and at(tokens, end + 1).word == "supply":
            end += 2
    if not counted and tokens[place].word in {"refill", "refills", "supply", "quantity"}:
        return None
    is_complete = counted and at(tokens, end).word in {"", ".", ";", ",", ")", *_LOGISTICS}
    return (EXTRA, end) if is_complete else (UNSURE, _clause_end(tokens, place))
