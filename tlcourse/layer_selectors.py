"""Selectors: layers by name, by block or by depth."""

import re

DEPTH = re.compile(r"(bottom|top) (\d+)(%?)")


def resolved(rules, names):
    """Layer -> value of the last rule that selects it.

    Parameters
    ----------
    rules : iterable of (selector, value)
    names : list of str
        Layers, in the order of the network.
    """
    return {name: value for selector, value in rules for name in selected(selector, names)}


def selected(selector, names):
    """The names that a selector means.

    Raises
    ------
    ValueError
        If it means none and does not say so, as ``"bottom 0"`` does.
    """
    if selector == "*":
        return names
    depth = DEPTH.fullmatch(selector)
    if depth:
        return _at_depth(selector, *depth.groups(), names)
    digit = "" if selector[-1:].isdigit() else r"|\d"
    block = re.compile(rf"{re.escape(selector)}($|[._]{digit})")
    found = [name for name in names if block.match(name)]
    if not found:
        raise ValueError(
            f"There is no layer or block {selector!r}: choose from {', '.join(names)}, their "
            "blocks, or a depth such as 'bottom 4' or 'top 50%'."
        )
    return found


def _at_depth(selector, end, number, percent, names):
    count = len(names) * int(number) // 100 if percent else int(number)
    if count > len(names):
        raise ValueError(f"{selector!r} of {len(names)} layers: ask for {len(names)} at most.")
    if not count and int(number):
        raise ValueError(f"{selector!r} of {len(names)} layers is less than one: ask for more.")
    return names[:count] if end == "bottom" else names[len(names) - count :]
