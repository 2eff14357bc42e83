"""Tell this destination that X happened, and know whether it was told.

Promise: what was enqueued in a committed transaction is sent until the receiver has it, says no, or the schedule is
exhausted; the pending row is the queue, so a lost broker or a killed worker loses nothing. Only addresses of the public
internet are ever connected to. Knows nothing of leads, sales or money: it is handed an event and a body.
"""
