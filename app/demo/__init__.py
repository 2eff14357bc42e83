"""A lively Floe to look at: made-up agencies and companies that traded for ninety days.

Promise: everything is made by the functions that a click calls, at a time that is moved; the whole demo is there or
nothing of it, and every proof holds afterwards. Nobody in it exists: mail goes to reserved domains.
"""
