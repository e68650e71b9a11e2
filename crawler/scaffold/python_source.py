"""Source text of Python values, in the form that `ruff format` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_LINE = 120


@dataclass(frozen=True)
class Raw:
    """An expression as it is."""

    code: str


@dataclass(frozen=True)
class Regex:
    """A raw string literal. A long one is divided before its first named group."""

    pattern: str


@dataclass(frozen=True)
class Call:
    """A call. Arguments whose value is "" are omitted."""

    name: str
    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)


Value = str | bool | Raw | Regex | Call | tuple["Value", ...] | dict[str, "Value"]


def assignment(name: str, value: Value, comment: str = "", indent: int = 4) -> str:
    """Return the lines of `name = value  # comment`, indented by *indent*, each within `MAX_LINE` if possible."""
    space = " " * indent
    line = f"{space}{name} = {one_line(value)}"
    if comment and len(f"{line}  # {comment}") > MAX_LINE:
        return "\n".join([*_comment(comment, indent), assignment(name, value, indent=indent)])
    end = f"  # {comment}" if comment else ""
    return f"{space}{name} = {_lines(value, indent, len(f'{name} = '))}{end}"


def _comment(comment: str, indent: int) -> Iterable[str]:
    lines = [" " * indent + "#"]
    for word in f"{comment[:1].upper()}{comment[1:]}".split():
        if len(lines[-1]) + 1 + len(word) > MAX_LINE:
            lines.append(" " * indent + "#")
        lines[-1] += f" {word}"
    return lines


def one_line(value: Value) -> str:
    """Return the expression of *value* on one line."""
    if isinstance(value, Raw):
        return value.code
    if isinstance(value, Regex):
        return f'r"{value.pattern}"'
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value)
    return _opening(value) + ", ".join(_parts(value)) + _closing(value)


def _lines(value: Value, indent: int, used: int, after: int = 0) -> str:
    """Return the expression of *value*: on one line if it fits after *used* characters, and before *after* more."""
    line = one_line(value)
    if isinstance(value, Regex) and indent + used + len(line) + after > MAX_LINE and "(?P<" in value.pattern[1:]:
        position = value.pattern.index("(?P<", 1)
        halves = (value.pattern[:position], value.pattern[position:])
        return f"\n{' ' * indent}".join(f'r"{half}"' for half in halves)
    if isinstance(value, Raw | Regex | str | bool) or indent + used + len(line) + after <= MAX_LINE:
        return line
    space = " " * (indent + 4)
    parts = []
    for start, part in _items(value):
        parts.append(f"{space}{start}{_lines(part, indent + 4, len(start), 1)},")
    return "\n".join([_opening(value).rstrip(), *parts, " " * indent + _closing(value).lstrip(",")])


def _items(value: Call | tuple[Value, ...] | dict[str, Value]) -> Iterable[tuple[str, Value]]:
    if isinstance(value, Call):
        yield from (("", each) for each in value.positional)
        yield from ((f"{name}=", each) for name, each in value.named.items() if each not in ("", False))
    elif isinstance(value, dict):
        yield from ((f"{quoted(name)}: ", each) for name, each in value.items())
    else:
        yield from (("", each) for each in value)


def _parts(value: Call | tuple[Value, ...] | dict[str, Value]) -> Iterable[str]:
    return (f"{start}{one_line(part)}" for start, part in _items(value))


def _opening(value: Call | tuple[Value, ...] | dict[str, Value]) -> str:
    return f"{value.name}(" if isinstance(value, Call) else "{" if isinstance(value, dict) else "("


def _closing(value: Call | tuple[Value, ...] | dict[str, Value]) -> str:
    if isinstance(value, dict):
        return "}"
    return ",)" if isinstance(value, tuple) and len(value) == 1 else ")"


def quoted(text: str) -> str:
    r"""Return the string literal of *text*, with the quotes that need fewer escapes."""
    escaped = text.replace("\\", "\\\\")
    if '"' in text and "'" not in text:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'
