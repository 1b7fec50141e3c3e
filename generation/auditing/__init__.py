"""Auditing: people label a random sample of a run's examples, on a page or in a spreadsheet (`audit_csv`).

Begin with `audit`.
"""
