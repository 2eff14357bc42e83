"""Mail that comes in: read within bounds, laid out as places that rules name, judged whether it can hold a lead."""
