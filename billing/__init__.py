"""MONEY: double entry, wallets, charges, holds, payouts, Stripe. Knows tenants, nothing of leads, never HTTP.

Promise: one writer (`ledger.post`), journals sum to zero, nothing posted is ever changed; a correction is a new journal.
"""
