"""Checkouts, ledger, rollups"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "checkout",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column(
            "objective",
            sa.Enum("cheapest", "fastest", "balanced", name="objective", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("placed_at", base.UtcDateTime(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("medication_cents", sa.BigInteger(), nullable=False),
        sa.Column("program_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounters_cents", sa.BigInteger(), nullable=False),
        sa.Column("shipping_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("shipments", sa.Integer(), nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_checkout_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "reference", name=op.f("pk_checkout")),
        sa.UniqueConstraint("clinic", "key", name=op.f("uq_checkout_clinic_key")),
    )
    op.create_index(
        op.f("ix_checkout_clinic_refill_day_number"), "checkout", ["clinic", "refill_day", "number"], unique=True
    )
    op.create_table(
        "daily_rejection",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_daily_rejection_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "day", "pharmacy", "code", name=op.f("pk_daily_rejection")),
    )
    op.create_table(
        "daily_tally",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("answered_first", sa.Integer(), nullable=False),
        sa.Column("accepted_first", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("delivered_on_time", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("medication_cents", sa.BigInteger(), nullable=False),
        sa.Column("program_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_cents", sa.BigInteger(), nullable=False),
        sa.Column("shipping_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_cents", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_cents", sa.BigInteger(), nullable=False),
        sa.Column("compared_cents", sa.BigInteger(), nullable=False),
        sa.Column("alternative_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_daily_tally_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "day", "pharmacy", "program", name=op.f("pk_daily_tally")),
    )
    op.create_table(
        "order_counter",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_order_counter_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "refill_day", name=op.f("pk_order_counter")),
    )
    op.create_table(
        "order_event",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("partner_event_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("recorded_at", base.UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "moved", "history", "misfit", "duplicate", name="outcome", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("implied", base.Words(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_order_event_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_order_event")),
        sa.UniqueConstraint(
            "clinic", "pharmacy", "partner_event_id", name=op.f("uq_order_event_clinic_pharmacy_partner_event_id")
        ),
    )
    op.create_index(
        op.f("ix_order_event_clinic_outcome_reference"), "order_event", ["clinic", "outcome", "reference"], unique=False
    )
    op.create_index(
        op.f("ix_order_event_clinic_reference_at"), "order_event", ["clinic", "reference", "at"], unique=False
    )
    op.create_table(
        "partner_clock",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("ahead_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_partner_clock_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", name=op.f("pk_partner_clock")),
    )
    op.create_table(
        "stage_hours",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_stage_hours_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "day", "pharmacy", "stage", "hours", name=op.f("pk_stage_hours")),
    )
    op.create_table(
        "worker",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("last_run_at", base.UtcDateTime(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_worker_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "worker", name=op.f("pk_worker")),
    )
    op.create_table(
        "misfit_decision",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("event", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "event"],
            ["order_event.clinic", "order_event.id"],
            name=op.f("fk_misfit_decision_clinic_event_order_event"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_misfit_decision_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "event", name=op.f("pk_misfit_decision")),
    )
    op.create_table(
        "pharmacy_order",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_pharmacy_order_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_pharmacy_order_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_pharmacy_order_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "reference", name=op.f("pk_pharmacy_order")),
    )
    op.create_index(op.f("ix_pharmacy_order_clinic_checkout"), "pharmacy_order", ["clinic", "checkout"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("rx", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("sig", sa.Text(), nullable=False),
        sa.Column(
            "ship_to",
            sa.Enum("patient", "clinic", name="shipto", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "placed",
                "submitted",
                "accepted",
                "on_hold",
                "compounding",
                "shipped",
                "delivered",
                "rejected",
                "returned",
                "cancelled",
                name="linestate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("state_at", base.UtcDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("cancel_requested_at", base.UtcDateTime(), nullable=True),
        sa.Column("cancel_requested_by", sa.Text(), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_order_line_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "npi"], ["prescriber.clinic", "prescriber.npi"], name=op.f("fk_order_line_clinic_npi_prescriber")
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_order_line_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_order_line_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "rx"],
            ["prescription.clinic", "prescription.rx"],
            name=op.f("fk_order_line_clinic_rx_prescription"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_order_line_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_order_line_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "reference", name=op.f("pk_order_line")),
    )
    op.create_index(
        op.f("ix_order_line_clinic_checkout_number"), "order_line", ["clinic", "checkout", "number"], unique=True
    )
    op.create_index(op.f("ix_order_line_clinic_patient"), "order_line", ["clinic", "patient"], unique=False)
    op.create_index(op.f("ix_order_line_clinic_placed_on"), "order_line", ["clinic", "placed_on"], unique=False)
    op.create_index(
        op.f("ix_order_line_clinic_state_state_at"), "order_line", ["clinic", "state", "state_at"], unique=False
    )
    op.create_table(
        "submission",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("pharmacy_order", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column(
            "ship_to",
            sa.Enum("patient", "clinic", name="shipto", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("cold", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sending",
                "acknowledged",
                "rejected",
                "unknown",
                "withdrawn",
                name="submissionstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("queued_at", base.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", base.UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", base.UtcDateTime(), nullable=True),
        sa.Column("sent_at", base.UtcDateTime(), nullable=True),
        sa.Column("answered_at", base.UtcDateTime(), nullable=True),
        sa.Column("partner_reference", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_submission_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "npi"], ["prescriber.clinic", "prescriber.npi"], name=op.f("fk_submission_clinic_npi_prescriber")
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_submission_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy_order"],
            ["pharmacy_order.clinic", "pharmacy_order.reference"],
            name=op.f("fk_submission_clinic_pharmacy_order_pharmacy_order"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_submission_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "reference", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_clinic_checkout"), "submission", ["clinic", "checkout"], unique=False)
    op.create_index(
        op.f("ix_submission_clinic_state_next_try_at"), "submission", ["clinic", "state", "next_try_at"], unique=False
    )
    op.create_table(
        "attempt",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "placed",
                "submitted",
                "accepted",
                "on_hold",
                "compounding",
                "shipped",
                "delivered",
                "rejected",
                "returned",
                "cancelled",
                name="linestate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "before",
            sa.Enum(
                "placed",
                "submitted",
                "accepted",
                "on_hold",
                "compounding",
                "shipped",
                "delivered",
                "rejected",
                "returned",
                "cancelled",
                name="before",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("ships_on", sa.Date(), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("processing_weight", sa.BigInteger(), nullable=False),
        sa.Column("landed_cents", sa.BigInteger(), nullable=False),
        sa.Column("medication_cents", sa.BigInteger(), nullable=False),
        sa.Column("program_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_cents", sa.BigInteger(), nullable=False),
        sa.Column("shipping_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_fixed_cents", sa.BigInteger(), nullable=False),
        sa.Column("alternative_cents", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", base.UtcDateTime(), nullable=False),
        sa.Column("captured_at", base.UtcDateTime(), nullable=True),
        sa.Column("released_cents", sa.BigInteger(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column("refund_recorded_at", base.UtcDateTime(), nullable=True),
        sa.Column("submitted_at", base.UtcDateTime(), nullable=True),
        sa.Column("accepted_at", base.UtcDateTime(), nullable=True),
        sa.Column("held_at", base.UtcDateTime(), nullable=True),
        sa.Column("compounding_at", base.UtcDateTime(), nullable=True),
        sa.Column("shipped_at", base.UtcDateTime(), nullable=True),
        sa.Column("delivered_at", base.UtcDateTime(), nullable=True),
        sa.Column("ended_at", base.UtcDateTime(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_attempt_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "line"],
            ["order_line.clinic", "order_line.reference"],
            name=op.f("fk_attempt_clinic_line_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_attempt_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "submission"],
            ["submission.clinic", "submission.reference"],
            name=op.f("fk_attempt_clinic_submission_submission"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_attempt_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "line", "number", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_clinic_checkout"), "attempt", ["clinic", "checkout"], unique=False)
    op.create_index(op.f("ix_attempt_clinic_submission"), "attempt", ["clinic", "submission"], unique=False)
    op.create_index(op.f("ix_attempt_clinic_tracking"), "attempt", ["clinic", "tracking"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("posting", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "authorise",
                "capture",
                "release",
                "refund",
                "move",
                name="postingkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "account",
            sa.Enum("clinic", "authorised", "payable", name="account", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("medication_cents", sa.BigInteger(), nullable=False),
        sa.Column("program_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_cents", sa.BigInteger(), nullable=False),
        sa.Column("shipping_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_cents", sa.BigInteger(), nullable=False),
        sa.Column("processing_fixed_cents", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_cents", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "cents = medication_cents + program_fee_cents + encounter_cents + shipping_cents + processing_cents"
            " + processing_fixed_cents + adjustment_cents",
            name=op.f("ck_ledger_entry_components"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "line", "attempt"],
            ["attempt.clinic", "attempt.line", "attempt.number"],
            name=op.f("fk_ledger_entry_clinic_line_attempt_attempt"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_ledger_entry_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(op.f("ix_ledger_entry_clinic_line"), "ledger_entry", ["clinic", "line"], unique=False)
    op.create_table(
        "stock_reservation",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reserved_at", base.UtcDateTime(), nullable=False),
        sa.Column("released_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic", "line", "attempt"],
            ["attempt.clinic", "attempt.line", "attempt.number"],
            name=op.f("fk_stock_reservation_clinic_line_attempt_attempt"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_stock_reservation_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "line", "attempt", name=op.f("pk_stock_reservation")),
    )
    op.create_index(
        op.f("ix_stock_reservation_clinic_pharmacy_sku_reserved_at"),
        "stock_reservation",
        ["clinic", "pharmacy", "sku", "reserved_at"],
        unique=False,
    )

    for table in ("order_event", "misfit_decision", "ledger_entry"):
        for statement in base.append_only(table, op.get_bind().dialect.name):
            op.execute(statement)
