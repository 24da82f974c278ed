"""Who fills what: the best assignment of a cart to pharmacies, proven, and the reasons for it (rules.md, section 5)."""
