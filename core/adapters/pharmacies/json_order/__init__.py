"""The JSON order API that most 503A pharmacies use: one patient, one prescriber, one box, many prescriptions an order.

body.py writes an order and checks it before it leaves; answers.py reads what came back; statuses.py reads what is said
of lines later, polled or pushed; client.py speaks HTTP. docs/partners.md describes the API.
"""
