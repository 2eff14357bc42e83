"""Where leads change hands: listings, reserved leads, prices, purchases, returns."""
