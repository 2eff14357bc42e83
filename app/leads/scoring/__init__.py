"""How well a lead fits and how ripe it is, in points: rules of the agency as data, a pure core, a thin storage.

Promise: the same facts under the same version of the rules give the same score at the same moment, and every point of
it can be explained. Nothing is rewritten because time passes: what fades is worked out when it is read.
"""
