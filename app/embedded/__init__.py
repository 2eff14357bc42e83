"""The whole of Floe on one machine: `python -m app.embedded`.

Promise: real servers without root and without containers; one command starts everything, Ctrl-C (or even kill -9)
leaves nothing behind, and the next start goes on with the same data.
"""
