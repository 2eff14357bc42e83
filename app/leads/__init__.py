"""LEADS: what an agency gathered, read into facts the market can trust.

Promise: every value is either read into one normal form or refused with the line and the reason; nothing is
guessed silently, cut silently or lost. Free text and personal data never reach a preview.
"""
