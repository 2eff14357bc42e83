"""Leads typed in by hand, one after another: paper questionnaires, stands, phone calls."""
