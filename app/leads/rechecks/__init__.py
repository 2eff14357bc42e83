"""Unsold stock held against today's rules: what is read again, what is found, and what an agency sees of it.

What a re-check does to the market (withdrawing what is refused now) stands in `app.market.rechecks`.
"""
