"""Leads that other systems send: instructions for those who post, webhooks and mail that come in."""
