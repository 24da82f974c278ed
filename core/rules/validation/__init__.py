"""Every finding of a cart before payment (rules.md, section 3): the rule book, the runner, and the cart's hash."""

from core.rules.validation.cart_digest import cart_hash
from core.rules.validation.registry import Rule
from core.rules.validation.runner import RULES, validate, validate_directions

__all__ = ["RULES", "Rule", "cart_hash", "validate", "validate_directions"]
