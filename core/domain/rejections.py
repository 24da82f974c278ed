"""Why a pharmacy refuses a line: canonical codes, who can put each right, and a partner's words mapped to one.

Source: rules.md, section 9. A partner's text is always kept and shown beside the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from core.domain.model import Owner

RETURNED: Final = "released, or refunded where it was captured; resubmitting authorizes a new quote"
UNPAID: Final = "released, or refunded where it was captured; settle the account with the pharmacy before resubmitting"


class Rejection(NamedTuple):
    """A canonical code: who owns it, whether the clinic can fix it itself, what happens to the money, what to do."""

    code: str
    owner: Owner
    clinic_can_fix: bool
    money: str
    remedy: str


REJECTIONS: Final[Mapping[str, Rejection]] = {
    row.code: row
    for row in (
        Rejection("ADDRESS_INVALID", Owner.CLINIC, True, RETURNED, "Correct the patient's address, then resubmit."),
        Rejection("SIG_REJECTED", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for corrected directions."),
        Rejection("ALLERGY", Owner.PATIENT, False, RETURNED, "Ask the prescriber whether to change the medication."),
        Rejection("DUPLICATE_THERAPY", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber which therapy stays."),
        Rejection("REFILL_TOO_SOON", Owner.CLINIC, True, RETURNED, "Resubmit on the first day the pharmacy allows."),
        Rejection("NO_REFILLS", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for a new prescription."),
        Rejection("RX_EXPIRED", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for a new prescription."),
        Rejection("RX_NOT_FOUND", Owner.CLINIC, True, RETURNED, "Correct the pharmacy's prescription number."),
        Rejection("DEMOGRAPHIC_MISMATCH", Owner.CLINIC, True, RETURNED, "Correct the patient's name, birth day, sex."),
        Rejection("SUSPECTED_DUPLICATE", Owner.CLINIC, True, RETURNED, "Check for an earlier order of the same SKU."),
        Rejection("OUT_OF_STOCK", Owner.PHARMACY, True, RETURNED, "Resubmit to another pharmacy, or later."),
        Rejection("PAYMENT_NOT_RECEIVED", Owner.CLINIC, True, UNPAID, "Settle the account, then resubmit."),
        Rejection("PRESCRIBER_NOT_LICENSED", Owner.PRESCRIBER, False, RETURNED, "Ask a prescriber licensed there."),
        Rejection("PRODUCT_NOT_MAPPED", Owner.PHARMACY, True, RETURNED, "Ask the pharmacy, or use another one."),
        Rejection("CLINICAL_DIFFERENCE_MISSING", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber to state it."),
        Rejection("CONTROLLED_RULE", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber; the law limits this one."),
        Rejection("PHARMACY_UNREACHABLE", Owner.PHARMACY, True, RETURNED, "Resubmit later, or to another pharmacy."),
        Rejection("OTHER", Owner.CLINIC, True, RETURNED, "Read the pharmacy's words, then resubmit or ask them."),
    )
}  # fmt: skip
"""Every canonical code, in the order of rules.md."""

REJECTED_AS: Final[Mapping[str, str]] = {
    code: reason
    for reason, codes in (
        ("SIG_REJECTED", "SIG_MISSING SIG_INCOMPLETE SIG_AMBIGUOUS SIG_TOO_LONG SIG_DOSE_MISMATCH SIG_NO_MG"),
        ("SIG_REJECTED", "SIG_ROUTE_MISMATCH SIG_FORM_MISMATCH SIG_DRUG_MISMATCH DOSE_NOT_MEASURABLE DOSE_IMPLAUSIBLE"),
        ("SIG_REJECTED", "SIG_SUPPLY_MISMATCH DOSE_OVER_MAX RX_SIG_CHANGED DOSE_START_HIGH TITRATION_SKIP RETITRATION"),
        ("PRESCRIBER_NOT_LICENSED", "NPI_INVALID PRESCRIBER_NOT_LICENSED LICENCE_EXPIRING RX_PRESCRIBER_MISMATCH"),
        ("CONTROLLED_RULE", "DEA_MISSING DEA_INVALID CONTROLLED_LIMIT"),
        ("RX_NOT_FOUND", "RX_MISSING RX_PATIENT_MISMATCH RX_SKU_MISMATCH RX_QUANTITY RX_AT_OTHER_PHARMACY"),
        ("RX_EXPIRED", "RX_EXPIRED TITRATION_STALE"),
        ("NO_REFILLS", "NO_REFILLS"),
        ("CLINICAL_DIFFERENCE_MISSING", "CLINICAL_DIFFERENCE_MISSING CLINICAL_DIFFERENCE_BOILERPLATE"),
        ("REFILL_TOO_SOON", "REFILL_TOO_SOON"),
        ("SUSPECTED_DUPLICATE", "SUSPECTED_DUPLICATE SAME_PERSON"),
        ("DUPLICATE_THERAPY", "DUPLICATE_THERAPY THERAPY_SWITCH"),
        ("PRODUCT_NOT_MAPPED", "NO_OFFER PRICE_STALE NO_PRICE QUANTITY_LIMIT"),
        ("OUT_OF_STOCK", "OUT_OF_STOCK"),
        ("OTHER", "ORDER_NOT_TAKEN PAUSED PHARMACY_NOT_LICENSED COLD_CHAIN_WINDOW ARRIVES_LATE EXCLUDED"),
        ("ADDRESS_INVALID", "ADDRESS_INCOMPLETE PO_BOX STATE_ZIP_MISMATCH"),
        ("DEMOGRAPHIC_MISMATCH", "PATIENT_INCOMPLETE PHONE_INVALID BIRTH_DATE_DOUBTFUL UNDER_AGE"),
        ("ALLERGY", "ALLERGY ALLERGIES_UNKNOWN ALLERGY_POSSIBLE ALLERGY_UNRECOGNIZED"),
    )
    for code in codes.split()
}  # fmt: skip
"""For which reason a pharmacy would reject a line that a rule speaks of: whether it did is the rule's record."""

_SHORT_FORMS: Final = {
    "prescription": "rx rxs script escript erx",
    "patient": "pt pts",
    "prescriber": "dr md doctor prescribers doctors providers physician physicians provider practitioner np",
    "address": "addr adress",
    "dose": "dosage",
    "out of stock": "oos",
    "payment": "pmt",
    "credit card": "cc",
    "refill too soon": "rts",
    "duplicate": "dup",
    "therapy": "ther",
    "date of birth": "birthdate birthday dob",
    "license": "lic licence licensed licenses",
    "medication": "med meds",
    "backorder": "bo",
    "schedule iii": "ciii",
    "schedule ii": "cii",
    "schedule iv": "civ",
    "authorization": "auth",
    "not": "isnt doesnt dont cant cannot wont didnt hasnt havent wasnt",
    "account": "acct",
    "": "been",
    "year": "yr",
}
"""What words mean here, with the short forms that technicians write for them."""

_MEANING: Final = {short: words for words, forms in _SHORT_FORMS.items() for short in forms.split()}

_WORDS: Final = {
    "CLINICAL_DIFFERENCE_MISSING": r"""
        clinical(ly)? (significant )?(difference|statement|justification)
        medical necessity
        essential(ly)? (a )?copy
        \bfda copy
        why (the )?commercial product
        (justification|reason|rationale) for compound
    """,
    "CONTROLLED_RULE": r"""
        \bdea\b
        \bepcs
        controlled (rule|substance|prescription)
        \bpdmp\b
        schedule (ii|iii|iv|v|[2-5])\b
        must be (electronic|e prescribed)
        telehealth for control
    """,
    "PRESCRIBER_NOT_LICENSED": r"""
        (prescriber|npi)\b.*\b(license|(patients?|this|their) state\b)
        license\b.*\bprescriber
        supervis\w*\b.*\b(license|agreement|required)
        prescriber\b.*\bnot prescribe in
        npi (is )?(invalid|not (found|valid|active)|unknown|inactive)
    """,
    "OUT_OF_STOCK": r"""
        out of stock
        back ?order
        \bno (inventory|stock)\b
        insufficient (stock|inventory)
        not in stock
        \b(api|drug|supply|supplier|product|national|nationwide) shortage\b
        temporarily unavailable
        unavailable (at this time|from)
        (drug|product|medication|strength|\d) unavailable
        \bran out\b
        (we are|were|is|currently|all) out\b(?! (of|for) (office|network|date|refill))
        waiting (on|for) (the |more )?(api|stock|supply|supplier|raw|inventory|product)\b
        not enough (on hand|in stock|stock)
        short on (product|stock|inventory|supply)
    """,
    "PRODUCT_NOT_MAPPED": r"""
        (product|drug|item|sku|ndc|medication)( id| code)?\b.*\b(un|not |no )(mapped|found|known|recogni)
        (product|drug|item|sku|ndc|medication)\b.*\bnot in (our|the) (catalog|formulary|system)
        unknown (product|drug|item|sku)
        (lf ?product ?id|product id|drug ?name)\b.*invalid
        (invalid|wrong) (product|drug|item|sku)\b
        \b(not|no longer) (carry|carried|make|compound|compounded|offer)\b
        not on our (list|menu|formulary)
        discontinued (product|item|drug|strength|size|sku)
        (product|item|drug|strength|size) (\w+ )?discontinued
    """,
    "PAYMENT_NOT_RECEIVED": r"""
        payment (not|failed|declined|required|needed|missing|overdue|due|rejected|method)
        no payment
        credit (limit|hold)
        past due
        \bcard( on file| ending \d+)?( was| is| has)? (declin|expire|reject)
        \bcard\b.*\bnot go through
        \b(updat\w*|new|valid) card
        (declined|expired|rejected) card\b
        non ?payment
        insufficient funds
        \bnsf\b
        \bach (was |is )?(return|fail|reject)
        \bunpaid\b
        account (is )?(suspended|overdue|delinquent)
        (open|unpaid|outstanding) balance
        balance (due|owed)
    """,
    "SUSPECTED_DUPLICATE": r"""
        duplicate (order|id|prescription|of|submission|request)
        suspected duplicate
        already (on file|received|exists?|processing|shipped|have this order)
        (second|2 nd) order
        (order|prescription|drug|this|it) (was |were |got )?(sent|submitted|entered|placed) (twice|2 ?x|two times)
        (order|prescription|this|it) (was |got )?received (twice|2 ?x)
        received this (order )?(already|yesterday)
    """,
    "DUPLICATE_THERAPY": r"""
        duplicat\w* (of )?therap
        therap\w* duplicat
        already (on|taking)\b(?! (a |the |its )?(file|hold|back|order|schedule|vacation|way|route|truck))
        on same class
        \btwo (glp|testosterone)
        on two \w+ products
        also (on|taking|getting) (another|ozempic|wegovy|mounjaro|zepbound|saxenda|semaglutide|tirzepatide)
        dual (glp|therap)
        currently (on|taking|using)\b(?! (a |the |our )?(hold|back|order|schedule|vacation|leave|break))
        patient (is )?(on|taking|using) (ozempic|wegovy|mounjaro|zepbound|saxenda|semaglutide|tirzepatide|another)
    """,
    "ALLERGY": r"""
        (?<!no )(?<!no known )\ballerg(?!(y|ies) list)
        hypersensitiv
        anaphyla
    """,
    "REFILL_TOO_SOON": r"""
        too (soon|early)
        early refill
        refill\w* (requested )?early
        not due(?! to)
        next (fill|refill) (date|due)
        last filled?\b.*\b(ago|days|\d)
        not (re)?fill (before|until)
        still (have|has) (\w+ ){0,4}(medication|supply|drug|weeks|wks|days)\b
        (have|has) (\w+ )?(medication|supply|drug)\b.*\b(hand|remaining|left)
        \d days early
        wait until\b.*\bto (re)?fill
        too close to last fill
        eligible (to|for) refill
        picked up an? \d+ day
    """,
    "NO_REFILLS": r"""
        \bno (more )?(refills?|rf)\b
        refills? (exhausted|depleted|used|denied|0)
        (\b0|zero) (refills?|rfs?)\b
        out of refills
        fills? denied
        \bdepleted
        all (re)?fills (were |are )?used
        refill authorization
        last refill (was )?(dispensed|used|filled)
        refill request denied
        filled max
    """,
    "RX_EXPIRED": r"""
        prescription\b.*\b(expired|expiration|too old)
        expired prescription
        older than (1|one|a|12)
        out of date
        prescription (is )?past (12|6|\d+ (month|year))
        prescription (is )?no longer valid
        written (date )?(over|more than)\b.*\b(year|months)
        (1|12|one|a) ?(yr|year|months?) old
    """,
    "RX_NOT_FOUND": r"""
        prescription\b.*\b(not (found|on file|exist|received|in (our|the) system)|unknown|no record)
        (no such|unknown) prescription
        no (record of (this |the )?)?prescription( on file|\b.*\d|$)
        waiting (on|for) (the )?prescription
        (not|unable to|never) (\w+ )?(locate|find|have|see|got|get|received?) (this |the |an? |any )?prescription
        no prescription (yet|received|here)
        (invalid|wrong|bad) prescription (number|no|id)
        prescription never (came|received|arrived)
    """,
    "ADDRESS_INVALID": r"""
        \baddress (undeliver|incomplete|invalid|missing|bad|wrong|not|is a|flag|needed|required)
        (bad|wrong|invalid|missing|incomplete|verify|validate|shipping|delivery|this|new|correct|no|from) address
        unverified address
        \baddress (needs to|has to|must|has not|could not|was not) (be )?(verif|validat|correct|confirm)
        (verify|validate) delivery
        \bzip\b
        \bzip ?code
        postal
        undeliverable
        shipping (city|state|zip|address)
        p ?o ?box
        \b(apt|apartment|unit number|street number|suite number)\b
        (validate|missing|wrong|invalid) street
    """,
    "SIG_REJECTED": r"""
        \bsig\b
        directions
        dose (too|exceed|high|low|missing|unclear|invalid|not|over|above)
        (missing|invalid|unclear|wrong|clarify|max|maximum|weekly) dose
        \bdosing\b
        instructions
        \bas directed\b
        how often\b.*\b(inject|take|apply|use|dose|given)
        (missing|no|unclear|need|needs) (the |a )?(frequency|route)
        (frequency|route) (missing|unclear)
        what is the (frequency|dose|route)
        no route
        mg and units
        clarify (the )?(route|frequency)
        how many (units|mg|ml)
    """,
    "DEMOGRAPHIC_MISMATCH": r"""
        demographic
        date ?of ?birth
        \bd o b\b
        \bgender\b
        \bsex on\b
        \bsex (is |not |missing|invalid|unknown|mismatch)
        (missing|wrong|no|invalid|patient) sex\b
        (?<!drug )\bnames? (mismatch|spelled|is different|not match|on file)
        patient.*identity
        (first|last) ?name
    """,
    "PHARMACY_UNREACHABLE": r"""
        unreachable
        timed? ?out
        timeout
        (pharmacy|we|were) (is |are )?closed( until| for| today|$)
        service unavailable
        (system|site|server|software|portal|api)\b.*\b(down|offline|error)
    """,
}
"""What partners write, by code: words that one code alone can mean, a pattern a line."""


_BEFORE: Final = {
    "CONTROLLED_RULE": {"PRESCRIBER_NOT_LICENSED", "RX_EXPIRED", "NO_REFILLS", "RX_NOT_FOUND", "PRODUCT_NOT_MAPPED"},
    "CLINICAL_DIFFERENCE_MISSING": {"PRODUCT_NOT_MAPPED", "OUT_OF_STOCK"},
    "PAYMENT_NOT_RECEIVED": {"RX_EXPIRED", "RX_NOT_FOUND", "SUSPECTED_DUPLICATE"},
    "PRESCRIBER_NOT_LICENSED": {"RX_EXPIRED", "SUSPECTED_DUPLICATE"},
    "ALLERGY": {"SIG_REJECTED", "PRODUCT_NOT_MAPPED"},
    "DUPLICATE_THERAPY": {"SUSPECTED_DUPLICATE", "OUT_OF_STOCK"},
    "SUSPECTED_DUPLICATE": {"RX_NOT_FOUND"},
    "REFILL_TOO_SOON": {"NO_REFILLS"},
    "ADDRESS_INVALID": {"PRESCRIBER_NOT_LICENSED"},
    "OUT_OF_STOCK": {"PRODUCT_NOT_MAPPED", "RX_NOT_FOUND"},
    "PRODUCT_NOT_MAPPED": {"RX_NOT_FOUND"},
    "PHARMACY_UNREACHABLE": {"OUT_OF_STOCK"},
    "SIG_REJECTED": {"RX_NOT_FOUND"},
    "DEMOGRAPHIC_MISMATCH": {"RX_NOT_FOUND", "SUSPECTED_DUPLICATE"},
    "NO_REFILLS": {"RX_NOT_FOUND"},
    "RX_EXPIRED": {"RX_NOT_FOUND"},
}
"""Of two codes that words could mean, the one that says what happened: an expired card is no expired prescription."""

_AFFIRMED: Final = r"(?<!not )(?<!not be )(?<!to be )(?<!must be )\b"
"""Before a word that says something was done: it is neither denied nor still to do."""

_ABOUT_ANOTHER: Final = {
    "ADDRESS_INVALID": rf"""
        \b(prescriber|clinic|office|mail|ip|billing|email) address
        address (ok|fixed|updated|corrected)
        formatting
        (delivery|service|shipping) (is |are )?(not |un)available
        \bzip (lock|bag|tie)
        {_AFFIRMED}(verified|corrected)\b
    """,
    "ALLERGY": r"""
        allerg\w* (info|list|not (list|on|given|provid)|history|status|missing|needed|profile|review)
        \b(foam|packaging|box)\b
        \b(need|needs|missing|update\w*|confirm|verify|provide|no|any) (\w+ )?allerg
        \b(season|asks?|asking|asked|wonder\w*|worried|risk|denies|denied)\b
    """,
    "CONTROLLED_RULE": r"""
        schedule \w+ (day|hour|business)
        per pdmp
        inspection
        audit
        controlled (room|temp)
    """,
    "DEMOGRAPHIC_MISMATCH": r"""
        \b(card|npi|prescriber name|pharmacy name|cardholder|insurance)\b
        prescriber (date of birth|dob|phone|telephone)
        (was|were|been) (corrected|updated|fixed)
    """,
    "DUPLICATE_THERAPY": r"""
        \bfile\b
    """,
    "NO_REFILLS": r"""
        reminder
        \b(toner|ink|printer|paper)\b
    """,
    "OUT_OF_STOCK": r"""
        \b(ice|gel|cold) packs?
        \b(boxes|packaging|labels?|photo|syringes?|needles?|shippers?|coolers?|swabs?|gloves|paper|toner|tape|bottles)\b
    """,
    "PAYMENT_NOT_RECEIVED": r"""
        \bno (open |outstanding |unpaid |past due )?balance
        payment (was |is )?received
        memo
        \bpaid\b
        timeout
        timed out
    """,
    "PHARMACY_UNREACHABLE": r"""
        \b(patient|prescriber|card|credit card|website|caregiver|phone|payment)\b
    """,
    "PRESCRIBER_NOT_LICENSED": r"""
        \b(our|pharmacy)\b.*\blicense
        license (plate|fee)
    """,
    "PRODUCT_NOT_MAPPED": r"""
        compound\w* for (minors|child|pets|animals|office|patients)
        \b(shipping|ship|deliver\w*|service) to
        offer (shipping|delivery|service|pick)
        license
    """,
    "REFILL_TOO_SOON": r"""
        dose increase
        titrat
        escalat
        \bincreas
        \b(expir\w*|vial|bud|beyond use)\b
        soon to (tell|say|know)
        early in the (morning|day|week)
    """,
    "RX_EXPIRED": r"""
        \b(vial|card|memo|license|lot|packs?|bud|credit|coupon)\b
    """,
    "SIG_REJECTED": r"""
        (delivery|shipping|carrier|storage|injection|payment|billing|mixing|return|special|gate) instructions
        \bsig on (delivery|file|pod|proof)
        directions to (the|your|our|my|his|her|a) (clinic|office|house|home|store|pharmacy|building|door|front|new)
        directions to (reach|find|drive|get)
        waiting (for|on) (new|updated|corrected) (sig|directions)
        will (send|fax|call in|write|update)
        \bsig (required|needed) (on|for|at) deliver
        dose increase
        titrating up
        \b(carrier|courier|driver)\b
        from carrier
        (dose|dosing|directions|sig) (is|are|looks?) (fine|ok|good|correct)
    """,
    "SUSPECTED_DUPLICATE": r"""
        duplicate (label|invoice|copy of|receipt|charge)
        \bcourier\b
    """,
}
"""Words beside which a code is not meant: another thing is missing, expired, unreachable or early."""


def _patterns(words: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {code: re.compile("|".join(lines.split("\n        ")[1:]).strip()) for code, lines in words.items()}


_PATTERNS: Final = _patterns(_WORDS)
_VETOES: Final = _patterns(_ABOUT_ANOTHER)

_NO_REFUSAL: Final = re.compile(
    r"\bcancel|deceased|pregnan|interaction with|contraindicat|\btransferred to|\bpick ?up\b|insurance|signature"
    rf"|consent|{_AFFIRMED}verified"
    r"|(is|looks?|was|billing) (fine|ok|good)|\breceived,? (order|waiting)|board|hospice|until labs"
    r"|\b(sig|directions|dose|address|name|date of birth|phone|payment|payment method) (ok|okay|fine|good|updated)\b"
    r"|\bnot (an? )?(out of stock|backorder\w*|expired|(possible )?duplicate|unpaid|past due|too (soon|early))\b"
)
"""Words of what no code stands for: a person reads them."""


def code_for(text: str) -> str:
    """The canonical code of a partner's words: a code itself, the one that its words can mean, or OTHER.

    Words that could mean several codes, or something that no code stands for, are OTHER: a wrong code sends a person to
    the wrong place.
    """
    word = text.strip().upper()
    if word in REJECTIONS:
        return word
    plain = _plain(text)
    codes = {code for code, pattern in _PATTERNS.items() if pattern.search(plain) and not _is_another(code, plain)}
    left = codes - {other for code in codes for other in _BEFORE.get(code, ())}
    return left.pop() if len(left) == 1 and not _NO_REFUSAL.search(plain) else "OTHER"


def _is_another(code: str, plain: str) -> bool:
    other = _VETOES.get(code)
    return other is not None and other.search(plain) is not None


def _plain(text: str) -> str:
    """Small letters, words apart, short forms written out."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold().replace("’", "'").replace("n't", "nt")
    for written, meant in (("b/o", "backorder"), ("c-iii", "ciii"), ("e-script", "rx"), ("'", "")):
        apart = apart.replace(written, meant)
    words = re.findall(r"[a-z]+|\d+", apart)
    return " ".join(filter(None, (_MEANING.get(word, word) for word in words)))


def refused_with(lines: tuple[int, ...]) -> str:
    """What a line says that was refused only because others of its submission were."""
    named = f"line {lines[0]}" if len(lines) == 1 else "lines " + ", ".join(map(str, lines))
    return f"refused together with {named}"
