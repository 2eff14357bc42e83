"""A simulated Stripe for machines without keys: exactly the operations Floe uses, and a loud no to everything else.
No money moves here, and nothing in it was ever checked against live Stripe (`docs/sandbox-fidelity.md`)."""
