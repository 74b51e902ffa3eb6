"""Frozen records with fields checked by pydantic; an invalid one raises a one-sentence error."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import MISSING, field, fields, is_dataclass
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_type_hints

from pydantic import BeforeValidator, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from darlc.errors import InputError

Record = TypeVar("Record")

#: Numbers must be of the stated kind (2.5 and True are not whole numbers), and finite.
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")
#: Most characters of a given value that an error message shows.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60

#: What a value must be, by pydantic's type of error; filled with the error's context.
_MUST_BE: dict[str, str] = {
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text",
    "tuple_type": "a list of texts",
    "none_required": "None",
    "dataclass_type": "a {class_name}",
    "dataclass_exact_type": "a {class_name}",
}


def _plain(value: Any) -> Any:
    """Return numpy's numbers and texts as Python's own."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return value


def _plain_tuple(values: Any) -> Any:
    if isinstance(values, str | bytes | dict) or not hasattr(values, "__iter__"):
        return values
    return tuple(_plain(value) for value in values)


Whole = Annotated[int, BeforeValidator(_plain)]
Number = Annotated[float, BeforeValidator(_plain)]
Text = Annotated[str, BeforeValidator(_plain)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_plain_tuple)]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def validated(part: str = "") -> Callable[[type[Record]], type[Record]]:
    """Make a class a frozen dataclass that checks its fields when it is made.

    Parameters
    ----------
    part
        Prefix of field names in error messages, as in
        ``"train.learning_rate"``.

    Returns
    -------
    Callable
        The decorator. The class that it returns raises `InputError` whose message begins with the
        field's name.
    """

    def decorate(cls: type[Record]) -> type[Record]:
        made = pydantic_dataclass(frozen=True, config=_STRICT)(cls)
        check = made.__init__

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            try:
                check(self, *args, **kwargs)
            except ValidationError as error:
                raise _input_error(error, cls, part) from None

        __init__.__signature__ = made.__signature__  # type: ignore[attr-defined]
        setattr(made, "__init__", __init__)  # noqa: B010 - a method may not be assigned to
        return cast("type[Record]", made)

    return decorate


def mended(cls: type[Record], values: dict[str, Any]) -> tuple[Record, tuple[str, ...]]:
    """Make a record from stored values; invalid ones are replaced by their defaults.

    Parameters
    ----------
    cls
        A class that `validated` made; its fields may be such classes too.
    values
        By the names of fields; other names are ignored.

    Returns
    -------
    record
        The record, with all valid values.
    refused
        A sentence on each invalid value.
    """
    refused: list[str] = []
    hints = get_type_hints(cls)
    kept: dict[str, Any] = {}
    for each in fields(cast(Any, cls)):
        if each.name not in values:
            continue
        value = values[each.name]
        if is_dataclass(hint := hints[each.name]):
            if isinstance(value, dict):
                kept[each.name], sentences = mended(cast("type[Any]", hint), value)
                refused += sentences
            continue
        kept[each.name] = value
    while True:
        try:
            return cls(**kept), tuple(refused)
        except InputError as error:
            refused.append(str(error))
            # Where two fields do not fit together, the message begins with one of them.
            named = str(error).split(maxsplit=1)[0].rpartition(".")[2]
            if kept.pop(named, MISSING) is MISSING:
                kept = {}


def _input_error(error: ValidationError, cls: type, part: str) -> InputError:
    """Return what is wrong with the first field that is wrong, in one sentence."""
    errors = error.errors(include_url=False)
    first = errors[0]
    if isinstance(ours := first.get("ctx", {}).get("error"), InputError):
        return ours  # raised by a check of several fields, with a message of its own
    known = [each.name for each in fields(cast(Any, cls))]
    where = first["loc"][0]
    if first["type"].startswith("unexpected"):
        what = _shown(first["input"]) if isinstance(where, int) else where
        return InputError(f"{what} is no setting of {cls.__name__}: use {', '.join(known)}.")
    name = known[where] if isinstance(where, int) else where  # given by place or by name
    name = f"{part}.{name}" if part else name
    value = first["input"]
    same = [each for each in errors if each["loc"][:1] == (where,)]
    if len(same) == 1 and first["type"] == "literal_error":
        return InputError(f"{name} {_shown(value)} is not known: use {_demand(first)}.")
    demands = dict.fromkeys(map(_demand, same))
    return InputError(f"{name} must be {' or '.join(demands)}, not {_shown(value)}.")


def _demand(error: Any) -> str:
    """Return what a value must be, from pydantic's report of what it is not."""
    # Some versions of pydantic report a bound of 0 as 0.0.
    kind, context = (
        error["type"],
        {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in error.get("ctx", {}).items()
        },
    )
    if kind == "literal_error":
        expected = str(context["expected"])
        return expected.replace("'", "") if " or " in expected else expected
    if kind in _MUST_BE:
        return _MUST_BE[kind].format(**context)
    return f"as it is described ({error['msg'].rstrip('.')})"


def _shown(value: Any) -> str:
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:  # a foreign class may raise anything here
        return f"a {type(value).__name__}"
