"""Use cases on a refill day's cart (rules.md, section 2): each checks the role, then is one transaction, audited.

Lines are named by id and version, never by position: a stale edit is refused with what changed, and can be applied
again.
"""
