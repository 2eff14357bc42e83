"""Everything Floe says to Stripe and hears from it: one client with our own words in and out, and a simulated Stripe
for machines without keys. The same calls run against both; which one answers is decided by the keys alone."""
