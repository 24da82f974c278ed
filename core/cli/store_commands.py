"""Commands that fill, keep and check the store."""

from __future__ import annotations

from core.adapters.files import csv_bytes
from core.adapters.files.invoice_sheet import InvoiceField, guessed_invoice_columns, invoice_rows, open_invoice
from core.adapters.store import Store
from core.adapters.store.backup import backup as copy_out
from core.adapters.store.backup import restore as copy_in
from core.cli.errors import bad_argument
from core.cli.run import CommandResult, Run
from core.domain.errors import BadInput, Refused
from core.domain.money import dollars
from core.domain.roles import LOCAL, Action, require
from core.rules.invoices import InvoiceOutcome
from core.services.audit_anchors import anchor, verify_anchors
from core.services.audit_trail import verify_audit
from core.services.clinic_import import load as load_files
from core.services.clinic_import import preview_load
from core.services.invoices import MONTH_COLUMNS, check_invoice, ledger_by_month
from core.services.orders.verification import verify_ledger
from core.services.partners.worker import run_forever, run_once, status
from core.services.payments.decisions import open_payments, pay_again


def load(run: Run) -> CommandResult:
    """A folder of files into the store, or with ``--dry-run`` what that would change."""
    options = run.arguments
    given = run.store, run.person_before_clinic, options.folder, options.clinic, options.on
    loaded = preview_load(*given) if options.dry_run else load_files(*given, clear=options.clear)
    changes = {
        file: {"new": len(each.added), "changed": len(each.changed), "unchanged": each.same, "cleared": each.cleared}
        for file, each in loaded.changes.items()
    }
    warnings = [warning._asdict() for warning in loaded.warnings]
    answer = {"would_load" if options.dry_run else "loaded": dict(loaded.counts), "changes": changes}
    return CommandResult(answer | ({"warnings": warnings} if warnings else {}))


def worker(run: Run) -> CommandResult:
    """One round of the queue, rounds without end, or how it stands."""
    require(run.person, Action.WORK_ORDERS)
    if run.arguments.status:
        now = status(run.store, run.person, run.clinic)
        heartbeats = [heartbeat._asdict() for heartbeat in now.heartbeats]
        rows = {name: [row._asdict() for row in getattr(now, name)] for name in ("workers", "pharmacies")}
        rows["beats"] = heartbeats
        return CommandResult({"queue": now.queue._asdict(), **rows})
    if run.arguments.once:
        return CommandResult(run_once(run.store, run.clinic)._asdict())
    run_forever(run.store)
    return CommandResult({})


def ledger(run: Run) -> CommandResult:
    """Whether every entry balances and nobody pays twice; or what is payable by month and pharmacy."""
    if run.arguments.what == "months":
        rows = ledger_by_month(run.store, run.person, run.clinic)
        if run.arguments.out:
            run.arguments.out.write_bytes(csv_bytes(MONTH_COLUMNS, rows))
        return CommandResult({"months": [dict(zip(MONTH_COLUMNS, row, strict=True)) for row in rows]})
    check = verify_ledger(run.store, run.person, run.clinic)
    return CommandResult(check._asdict(), status=1 if check.problems else 0)


def payments(run: Run) -> CommandResult:
    """What the payment provider has yet to do, after ``--again`` of what it turned down."""
    if run.arguments.again:
        pay_again(run.store, run.person, run.clinic, run.arguments.again)
    listed = open_payments(run.store, run.person, run.clinic)
    rows = [
        {
            "id": payment.id,
            "pharmacy_order": payment.pharmacy_order,
            "kind": payment.kind.value,
            "amount": dollars(payment.cents),
            "state": payment.state.value,
            "tries": payment.tries,
            "code": payment.code or None,
            "message": payment.message or None,
        }
        for payment in listed.operations
    ]
    return CommandResult({**listed.counts._asdict(), "payments": rows}, status=1 if listed.counts.for_a_person else 0)


def invoice(run: Run) -> CommandResult:
    """A pharmacy's invoice beside what was ordered; status 1 where anything is to be disputed."""
    given = run.arguments
    try:
        sheet = open_invoice(given.file.name, given.file.read_bytes())
    except OSError as error:
        raise bad_argument("FILE", str(given.file), f"cannot be opened ({error.strerror})") from None
    columns = guessed_invoice_columns(sheet.headings)
    if missing := [field.value for field in InvoiceField if field not in columns]:
        raise bad_argument("FILE", given.file.name, f"has no heading that is known for {' nor '.join(missing)}")
    rows, bad = invoice_rows(sheet, columns)
    if bad:
        raise BadInput(bad)
    matches = check_invoice(run.store, run.person, run.clinic, given.pharmacy, rows, given.first, given.last)
    disputed = [each for each in matches if each.outcome is not InvoiceOutcome.AGREES]
    answer = {
        "billed": dollars(sum(each.billed_cents for each in matches)),
        "expected": dollars(sum(each.expected_cents for each in matches)),
        "agree": len(matches) - len(disputed),
        "dispute": [
            {
                "what": each.outcome.value,
                "reference": each.reference,
                "rows": list(each.rows),
                "billed": dollars(each.billed_cents),
                "expected": dollars(each.expected_cents),
                "difference": dollars(each.difference_cents),
            }
            for each in disputed
        ],
    }
    return CommandResult(answer, status=1 if disputed else 0)


def audit(run: Run) -> CommandResult:
    """Whether the audit trail is as it was written, by what was anchored too; or an anchor of where it ends now."""
    require(run.person, Action.SEE_AUDIT)
    file = run.arguments.anchors
    if run.arguments.what == "anchor":
        if file is None:
            raise bad_argument("--anchors", None, "names the file, outside the store, that the anchor is written to")
        return CommandResult({"anchors": [each._asdict() for each in anchor(run.store, file)]})
    check = verify_anchors(run.store, run.clinic, file) if file else verify_audit(run.store, run.clinic)
    return CommandResult(check._asdict(), status=1 if check.problem else 0)


def backup(run: Run) -> CommandResult:
    """The whole store into one file."""
    require(run.person_before_clinic, Action.MANAGE_PEOPLE)
    counts = copy_out(run.store, run.arguments.file)
    copy = run.opened(f"sqlite:///{run.arguments.file}")
    for clinic in copy.clinics():
        if problem := verify_audit(copy, clinic).problem:
            raise Refused(f"The backup's audit trail of {clinic} does not hold: {problem}")
    return CommandResult({"backup": str(run.arguments.file), "rows": counts})


def restore(run: Run) -> CommandResult:
    """A backup into an empty store, and whether its ledgers and audit trails hold."""
    require(run.person_before_clinic, Action.MANAGE_PEOPLE)
    counts = copy_in(run.store, run.arguments.file)
    problems = [problem for clinic in run.store.clinics() for problem in _problems(run.store, clinic)]
    answer = {"restored": str(run.arguments.file), "rows": counts, "problems": problems}
    return CommandResult(answer, status=1 if problems else 0)


def _problems(store: Store, clinic: str) -> list[str]:
    """What is wrong with a clinic's audit trail and ledger, as sentences that name the clinic."""
    trail = verify_audit(store, clinic).problem
    problems = ([] if trail is None else [trail]) + list(verify_ledger(store, LOCAL, clinic).problems)
    return [f"{clinic}: {problem}" for problem in problems]
