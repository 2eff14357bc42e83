"""The builder's deeds on a form's questions: add, take out, move, begin a new step. Pure.

Invariants: each question stands once, no step is empty, what the vertical requires stays in. A deed that makes no sense
(moving the first one up, a question that is not there) changes nothing, so that a double click does no harm.
"""

from collections.abc import Callable
from dataclasses import replace

from app.leads.forms.questions import questions
from app.leads.forms.spec import FormSpec

Steps = list[list[str]]


def edited(spec: FormSpec, deed: str, name: str) -> FormSpec:
    """The form after one button of the builder."""
    known = questions(spec.kind)
    if name not in known or deed not in _DEEDS:
        return spec
    is_asked = name in spec.asked
    if (deed == "add") == is_asked or (deed == "remove" and known[name].is_locked):
        return spec
    steps = [list(step) for step in spec.steps]
    _DEEDS[deed](steps, name)
    kept = tuple(tuple(step) for step in steps if step)
    asked = {one for step in kept for one in step}
    return replace(spec, steps=kept, required=frozenset(spec.required & asked))


def _add(steps: Steps, name: str) -> None:
    if not steps:
        steps.append([])
    steps[-1].append(name)


def _remove(steps: Steps, name: str) -> None:
    for step in steps:
        if name in step:
            step.remove(name)


def _up(steps: Steps, name: str) -> None:
    at, place = _find(steps, name)
    if place:
        steps[at][place - 1 : place + 1] = [name, steps[at][place - 1]]
    elif at:
        steps[at - 1].append(steps[at].pop(0))


def _down(steps: Steps, name: str) -> None:
    at, place = _find(steps, name)
    if place < len(steps[at]) - 1:
        steps[at][place : place + 2] = [steps[at][place + 1], name]
    elif at < len(steps) - 1:
        steps[at + 1].insert(0, steps[at].pop())


def _split(steps: Steps, name: str) -> None:
    """A new step begins with this question."""
    at, place = _find(steps, name)
    if place:
        steps[at : at + 1] = [steps[at][:place], steps[at][place:]]


def _join(steps: Steps, name: str) -> None:
    """The step that begins with this question becomes one with the step before."""
    at, place = _find(steps, name)
    if at and not place:
        steps[at - 1 : at + 1] = [steps[at - 1] + steps[at]]


def _find(steps: Steps, name: str) -> tuple[int, int]:
    return next((at, step.index(name)) for at, step in enumerate(steps) if name in step)


_DEEDS: dict[str, Callable[[Steps, str], None]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "split": _split,
    "join": _join,
}
