"""Reference data, carts, people, audit"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "clinic",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address1", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("zip", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("program", base.Words(), nullable=False),
        sa.Column("data_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("clinic", name=op.f("pk_clinic")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("admin", "manager", "staff", "leadership", name="role", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_audit_entry_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "number", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_clinic_at"), "audit_entry", ["clinic", "at"], unique=False)
    op.create_index(op.f("ix_audit_entry_clinic_subject"), "audit_entry", ["clinic", "subject"], unique=False)
    op.create_table(
        "carrier_day",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("runs", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_carrier_day_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "carrier", "date", name=op.f("pk_carrier_day")),
    )
    op.create_table(
        "cart_change",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_cart_change_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_cart_change")),
    )
    op.create_index(
        op.f("ix_cart_change_clinic_refill_day_by_number"),
        "cart_change",
        ["clinic", "refill_day", "by", "number"],
        unique=False,
    )
    op.create_table(
        "ladder_step",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("active", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("weekly_mg", base.Exact(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_ladder_step_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "active", "step", name=op.f("pk_ladder_step")),
    )
    op.create_table(
        "patient",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address1", sa.Text(), nullable=False),
        sa.Column("address2", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("zip", sa.Text(), nullable=False),
        sa.Column("allergies", base.Words(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_patient_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "patient", name=op.f("pk_patient")),
    )
    op.create_table(
        "person",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("admin", "manager", "staff", "leadership", name="role", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_person_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "email", name=op.f("pk_person")),
    )
    op.create_table(
        "pharmacy",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("cutoff", sa.Time(), nullable=False),
        sa.Column("ship_days", base.Weekdays(), nullable=False),
        sa.Column("cold_ship_days", base.Weekdays(), nullable=False),
        sa.Column("processing_days", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("transit_days", sa.Integer(), nullable=False),
        sa.Column("cold_transit_days", sa.Integer(), nullable=False),
        sa.Column("ambient_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("cold_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("clinic_consolidates", sa.Boolean(), nullable=False),
        sa.Column("sig_max_chars", sa.Integer(), nullable=True),
        sa.Column("max_refills", sa.Integer(), nullable=True),
        sa.Column("refill_threshold", base.Exact(), nullable=True),
        sa.Column("programs", base.Words(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_pharmacy_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", name=op.f("pk_pharmacy")),
    )
    op.create_table(
        "prescriber",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_prescriber_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "npi", name=op.f("pk_prescriber")),
    )
    op.create_table(
        "program",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("pass-through", "aggregate", name="programkind", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("monthly_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("rate", base.Exact(), nullable=False),
        sa.Column(
            "rate_base",
            sa.Enum("medication", "medication+shipping", name="ratebase", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("processing_rate", base.Exact(), nullable=False),
        sa.Column("processing_fixed_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_hands_on_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_hands_off_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_program_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "program", "valid_from", name=op.f("pk_program")),
    )
    op.create_table(
        "setting",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_setting_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "scope", "name", "valid_from", name=op.f("pk_setting")),
    )
    op.create_table(
        "sku",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("concentration_mg_per_ml", base.Exact(), nullable=True),
        sa.Column("drug_units_per_ml", base.Exact(), nullable=True),
        sa.Column("volume_ml", base.Exact(), nullable=True),
        sa.Column("units_per_pack", sa.Integer(), nullable=True),
        sa.Column("mg_per_unit", base.Exact(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("sterile", sa.Boolean(), nullable=False),
        sa.Column("cold_chain", sa.Boolean(), nullable=False),
        sa.Column("dea_schedule", sa.Text(), nullable=True),
        sa.Column("clinical_difference_required", sa.Boolean(), nullable=False),
        sa.Column("in_use_days", sa.Integer(), nullable=True),
        sa.Column("actives", base.Words(), nullable=False),
        sa.Column("therapy_class", sa.Text(), nullable=False),
        sa.Column("ingredients", base.Words(), nullable=False),
        sa.Column("usual_sig", sa.Text(), nullable=False),
        sa.Column("patient_price_cents", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_sku_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "sku", name=op.f("pk_sku")),
    )
    op.create_table(
        "aggregate_price",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_aggregate_price_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_aggregate_price_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "program", "sku", "valid_from", name=op.f("pk_aggregate_price")),
    )
    op.create_table(
        "cart_line",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("rx", sa.Text(), nullable=True),
        sa.Column("sig", sa.Text(), nullable=True),
        sa.Column("npi", sa.Text(), nullable=True),
        sa.Column("pharmacy", sa.Text(), nullable=True),
        sa.Column(
            "ship_to",
            sa.Enum("patient", "clinic", name="shipto", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_cart_line_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_cart_line_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_cart_line_clinic_sku_sku")),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_cart_line_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_cart_line")),
    )
    op.create_index(
        op.f("ix_cart_line_clinic_refill_day_position"), "cart_line", ["clinic", "refill_day", "position"], unique=False
    )
    op.create_table(
        "closure",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_closure_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_closure_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", "date", name=op.f("pk_closure")),
    )
    op.create_table(
        "offer",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("unit_cost_cents", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("stock_at", base.UtcDateTime(), nullable=True),
        sa.Column("min_quantity", sa.Integer(), nullable=True),
        sa.Column("max_quantity", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_offer_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_offer_clinic_sku_sku")),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_offer_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", "sku", "valid_from", name=op.f("pk_offer")),
    )
    op.create_table(
        "pharmacy_licence",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "nonsterile", "sterile", "controlled", name="licencekind", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_pharmacy_licence_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_pharmacy_licence_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", "state", "kind", name=op.f("pk_pharmacy_licence")),
    )
    op.create_table(
        "prescriber_licence",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("dea_number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "npi"],
            ["prescriber.clinic", "prescriber.npi"],
            name=op.f("fk_prescriber_licence_clinic_npi_prescriber"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_prescriber_licence_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "npi", "state", name=op.f("pk_prescriber_licence")),
    )
    op.create_table(
        "prescription",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("rx", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=False),
        sa.Column("sig", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("days_supply", sa.Integer(), nullable=True),
        sa.Column("refills", sa.Integer(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("clinical_difference", sa.Text(), nullable=False),
        sa.Column("last_filled_on", sa.Date(), nullable=True),
        sa.Column("first_filled_on", sa.Date(), nullable=True),
        sa.Column("fills", sa.Integer(), nullable=False),
        sa.Column(
            "encounter",
            sa.Enum("none", "hands_on", "hands_off", name="encounter", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("rx_pharmacy", sa.Text(), nullable=True),
        sa.Column("rx_number", sa.Text(), nullable=False),
        sa.Column("telemedicine", sa.Boolean(), nullable=True),
        sa.Column("in_person_on", sa.Date(), nullable=True),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "npi"],
            ["prescriber.clinic", "prescriber.npi"],
            name=op.f("fk_prescription_clinic_npi_prescriber"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_prescription_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_prescription_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_prescription_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "rx", name=op.f("pk_prescription")),
    )
    op.create_index(op.f("ix_prescription_clinic_patient"), "prescription", ["clinic", "patient"], unique=False)
    op.create_table(
        "acknowledgement",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("line", sa.String(length=36), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "line"],
            ["cart_line.clinic", "cart_line.id"],
            name=op.f("fk_acknowledgement_clinic_line_cart_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_acknowledgement_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "line", "code", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "override",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("line", sa.String(length=36), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic", "line"],
            ["cart_line.clinic", "cart_line.id"],
            name=op.f("fk_override_clinic_line_cart_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_override_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "line", "code", name=op.f("pk_override")),
    )

    for statement in base.append_only("audit_entry", op.get_bind().dialect.name):
        op.execute(statement)
