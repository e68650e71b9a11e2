"""Find all regular expressions of the package, and generate texts on which a pattern may need more than linear time."""

from __future__ import annotations

import ast
import collections
import functools
import importlib
import pkgutil
import re
import re._parser as parser  # type: ignore[import-not-found]  # the parsed form of a pattern has no public name
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType
from typing import Any

Pattern = re.Pattern[Any]
Method = Callable[[Pattern, Any], None]

FUNCTIONS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}

# Texts that are hostile to many patterns, in addition to those derived from a pattern.
COMMON_UNITS = (
    "<", "<script", "<!--", "<a ", "[", "(", "{", "{{<", '"', "'", "=", "&", "1", " ", "\t", "\n", "\r\n", "\u3000",
    "a", "A", "中", ".", "-", "/", "http://", "*", "_", "~", "](", "\\", "%", ":", ";", ",", "`", "|", ">", "#", "\x00",
    "<a b='", '\\"', "1.", "a-", "1 ", "a/", "= ",
)  # fmt: skip
MAX_UNITS = 16  # units of one pattern that are combined to pairs


# Limits of `superlinear_text`. Characters of the texts: quadratic time is 16 times as long for the second one.
SHORT, LONG = 8_000, 32_000
FAST = 0.4e-3  # seconds of CPU time; a quadratic pattern needs more for SHORT characters
MAX_RATIO = 9
BOUND = 0.6  # seconds for a megabyte that count as linear; a quadratic pattern needs more than 6 s
TIMEOUT = 0.5  # seconds of CPU time after which a pattern counts as superlinear


# Discovery ----------------------------------------------------------------------------------------------------------


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Yield *package* and all modules in it."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def patterns_in(package: ModuleType) -> dict[Pattern, str]:
    """Return all patterns that the modules of *package* hold or pass to a function of `re`, each with its place.

    A pattern that an expression with local variables builds is not found; `built_at_run_time` lists these expressions.
    """
    found: dict[Pattern, str] = {}
    seen: set[int] = set()
    for module in modules(package):
        for name, value in vars(module).items():
            for pattern in _held_patterns(value, package.__name__, seen):
                found.setdefault(pattern, f"{module.__name__}.{name}")
        for call in _calls(module):
            with_flags = _evaluated(call, module)
            if with_flags:
                found.setdefault(re.compile(*with_flags), f"{module.__name__}:{call.lineno}")
    return found


def built_at_run_time(package: ModuleType) -> set[tuple[str, str]]:
    """Return the calls of `re` whose pattern depends on local variables, as (module, source of the pattern)."""
    return {
        (module.__name__, ast.unparse(call.args[0]))
        for module in modules(package)
        for call in _calls(module)
        if _evaluated(call, module) is None
    }


def _held_patterns(value: Any, package: str, seen: set[int]) -> Iterator[Pattern]:
    """Yield the patterns in *value*: in containers, attributes, defaults, closures, partials and bound methods."""
    if isinstance(value, re.Pattern):
        yield value
        return
    if isinstance(value, str | bytes | int | float | ModuleType | None) or id(value) in seen:
        return
    seen.add(id(value))
    for part in _parts(value, package):
        yield from _held_patterns(part, package, seen)


def _parts(value: Any, package: str) -> Iterator[Any]:
    is_own = str(getattr(value, "__module__", "")).split(".")[0] == package
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, functools.partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, BuiltinMethodType | MethodType):
        yield value.__self__
        yield getattr(value, "__func__", None)
    elif isinstance(value, FunctionType):
        if is_own:
            yield from (value.__defaults__, value.__kwdefaults__, getattr(value, "__wrapped__", None))
            yield from (cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell))
    elif isinstance(value, staticmethod | classmethod | functools.cached_property):
        yield getattr(value, "__func__", None) or getattr(value, "func", None)
    elif isinstance(value, property):
        yield value.fget
    elif isinstance(value, type):
        if is_own:
            yield from list(vars(value).values())
    else:
        yield getattr(value, "__wrapped__", None)
        if type(value).__module__.split(".")[0] == package:
            yield from list(getattr(value, "__dict__", {}).values())
            slots = (name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ()))
            yield from (getattr(value, name, None) for name in slots)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _calls(module: ModuleType) -> Iterator[ast.Call]:
    """Yield the calls of functions of `re` in the source of *module*."""
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and (isinstance(node, ast.Import) or node.module == "re")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        is_attribute = (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and names.get(function.value.id) == "re"
            and function.attr in FUNCTIONS
        )
        if is_attribute or (isinstance(function, ast.Name) and names.get(function.id) in FUNCTIONS):
            yield node


def _evaluated(call: ast.Call, module: ModuleType) -> tuple[str | bytes, int] | None:
    """Return pattern and flags of a call; None if they depend on local variables."""
    flags = next((keyword.value for keyword in call.keywords if keyword.arg == "flags"), None)
    if flags is None and isinstance(call.func, ast.Attribute) and call.func.attr == "compile" and len(call.args) > 1:
        flags = call.args[1]
    elif flags is None and len(call.args) > 2 and re.match(r"re\.[A-Z]", ast.unparse(call.args[2])):
        flags = call.args[2]
    try:
        pattern = _value(call.args[0], module)
        number = int(_value(flags, module)) if flags is not None else 0
    except NameError:
        return None
    return pattern if isinstance(pattern, tuple) else (pattern, number)


def _value(expression: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(expression), module.__name__, "eval"), dict(vars(module)))


# Texts --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hostile:
    """A text of any size: *start*, *unit* repeated, *end*."""

    start: str
    unit: str
    end: str = ""

    def of_size(self, size: int) -> str:
        """Return the text with about *size* characters."""
        return f"{self.start}{self.unit * max(1, size // len(self.unit))}{self.end}"


def hostile_texts(pattern: Pattern) -> Iterator[Hostile]:
    """Yield texts that make *pattern* start, repeat or fail often: from its own parts, and from `COMMON_UNITS`."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = parser.parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    sampled = _Samples()
    whole = sampled.of(parsed)
    units = dict.fromkeys(sampled.units)
    for end in range(1, min(len(whole), 60) + 1):  # a match that is cut off, many times
        units[whole[:end]] = None
    own = [unit for unit in units if unit]
    texts: dict[Hostile, None] = {}
    for unit in (*own, *COMMON_UNITS):
        texts |= dict.fromkeys((Hostile("", unit), Hostile("", unit, "!")))
    pumps = dict.fromkeys(pump for pump in sampled.pumps if pump[1])
    for start, unit, other in pumps:
        ends = ("", other, unit[0] + "!")
        texts |= dict.fromkeys(Hostile(before, unit, end) for before in (start, "") for end in ends)
    parts = list(dict.fromkeys(sampled.units))[:MAX_UNITS]
    for first in parts:
        for second in parts:
            if first and second and first != second:
                texts[Hostile(first, second)] = None
                texts[Hostile("", first + second)] = None
    for start in dict.fromkeys(start for start, _, _ in pumps):  # the start of a match, then a run of something else
        for unit in (" ", "1", "a", "中", "<", '"', "\\", "."):
            texts[Hostile(start, unit)] = None
    yield from texts


class _Samples:
    """One matching string of a parsed pattern, and what the pattern repeats."""

    def __init__(self) -> None:
        self.units: list[str] = []  # literals, and one character of each class
        # What precedes a repetition, one round of it, and a character that it does not match.
        self.pumps: list[tuple[str, str, str]] = []
        self._before = ""
        self._groups: dict[int, str] = {}

    def of(self, parsed: Any) -> str:
        """Return a string that *parsed* matches (unless a lookaround or a boundary prevents that)."""
        start = len(self._before)
        run = ""
        for code, argument in parsed:
            if code is codes.LITERAL:
                run += chr(argument)
                self._before += chr(argument)
                continue
            self._note(run)
            run = ""
            before = self._before
            self._before = before + self._sample(code, argument, before)
        self._note(run)
        found = self._before[start:]
        self._before = self._before[:start]
        self._note(found)
        return found

    def _note(self, unit: str) -> None:
        if 0 < len(unit) <= 60:
            self.units.append(unit)

    def _sample(self, code: Any, argument: Any, before: str) -> str:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            low, high, inside = argument
            once: str = self.of(inside)
            if high > 10:
                self.pumps.append((before, once, _other_character(inside)))
            return once * int(min(max(low, 1), 50))
        if code is codes.SUBPATTERN:
            number, _, _, inside = argument
            found: str = self.of(inside)
            self._groups[number] = found
            return found
        if code is codes.BRANCH:
            return next(self.of(branch) for branch in argument[1])
        if code is codes.ATOMIC_GROUP:
            return self.of(argument)
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            direction, inside = argument
            found = self.of(inside)
            if direction > 0 and code is codes.ASSERT:
                self.units.append(before + found)
            return ""
        if code is codes.GROUPREF:
            return self._groups.get(argument, "")
        if code is codes.AT:
            return ""
        char = _character(code, argument)
        self._note(char)
        return char


CANDIDATES = [
    *"a1 Zz_-/.<>\"'=&;:([{)]}\\*#~`!?,|%\n\t\r中\u3000版”。！（）",
    *map(chr, range(0x100)),
    "\ud800",
    "\u4e00",
    "\u200b",
]


def _character(code: Any, argument: Any) -> str:
    """Return one character that a class of characters matches."""
    single = parser.SubPattern(parser.State(), [(code, argument)])
    single.state.str = ""
    matcher = _compiled(single)
    return next((char for char in CANDIDATES if matcher.match(char)), chr(_first_of(argument)))


def _other_character(inside: Any) -> str:
    """Return a character that a repeated class of characters does not match."""
    matchers = [_compiled(inside)] if len(inside) == 1 and inside[0][0] not in (codes.GROUPREF, codes.AT) else []
    return next((char for char in reversed(CANDIDATES) if not any(each.match(char) for each in matchers)), "\x00")


def _compiled(single: Any) -> Pattern:
    from re import _compiler  # type: ignore[attr-defined]

    compiled: Pattern = _compiler.compile(single, 0)
    return compiled


def _first_of(argument: Any) -> int:
    for code, value in argument if isinstance(argument, list) else ():
        if code is codes.LITERAL:
            return int(value)
        if code is codes.RANGE:
            return int(value[0])
    return 0


# Measurement --------------------------------------------------------------------------------------------------------


class _Timeout(Exception):
    pass


def superlinear_text(pattern: Pattern) -> str:
    """Return the first hostile text and the method that take *pattern* more than linear time, or ""."""
    slowest: tuple[float, Method, Hostile] = FAST, search, Hostile("", " ")
    for text in hostile_texts(pattern):
        short = _converted(pattern, text.of_size(SHORT))
        for method in METHODS:
            seconds = _seconds(pattern, method, short)
            if seconds > FAST and _is_superlinear(pattern, method, text, seconds, SHORT, LONG, MAX_RATIO):
                return _described(method, text)
            if seconds > slowest[0]:
                slowest = seconds, method, text
    seconds, method, text = slowest
    if seconds > FAST and _is_superlinear(pattern, method, text, BOUND / 15, 100_000, 1_000_000, 15):
        return _described(method, text)
    return ""


def _described(method: Method, text: Hostile) -> str:
    return f"{method.__name__}({text.start!r} + {text.unit!r} * n + {text.end!r})"


def _is_superlinear(
    pattern: Pattern, method: Method, text: Hostile, first: float, size: int, large_size: int, ratio: float
) -> bool:
    """Compare the times for two sizes; *first* is that of the first. A single slow measurement does not count."""
    short, long = (_converted(pattern, text.of_size(each)) for each in (size, large_size))
    for _ in range(3):
        limit = ratio * first
        if first < TIMEOUT and _seconds(pattern, method, long, 2 * limit + 0.01) <= limit:
            return False
        first = min(_seconds(pattern, method, short) for _ in range(3))
    return True


def _converted(pattern: Pattern, text: str) -> str | bytes:
    return text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")


def _seconds(pattern: Pattern, method: Method, text: str | bytes, timeout: float = TIMEOUT) -> float:
    """Return the CPU time of one call, or infinity after *timeout* seconds."""
    signal.setitimer(signal.ITIMER_VIRTUAL, timeout)
    start = time.thread_time()
    try:
        method(pattern, text)
    except _Timeout:
        return float("inf")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.thread_time() - start


def search(pattern: Pattern, text: Any) -> None:
    """Find all matches, as `search`, `sub`, `split` and `findall` do at most."""
    collections.deque(pattern.finditer(text), maxlen=0)


def match(pattern: Pattern, text: Any) -> None:
    pattern.match(text)


def fullmatch(pattern: Pattern, text: Any) -> None:
    pattern.fullmatch(text)


METHODS: tuple[Method, ...] = (search, match, fullmatch)


def _raise_timeout(number: int, frame: Any) -> None:
    raise _Timeout


signal.signal(signal.SIGVTALRM, _raise_timeout)
