"""Hosted forms: pages of an agency's own where people ask to be contacted, and become leads.

Invariant: what a form stores goes through `app.leads.intake`, under the rules of every other lead.
"""
