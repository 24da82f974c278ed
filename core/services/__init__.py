"""Use cases, one noun each: check the person, open one transaction, load, decide by the rules, save, audit."""
