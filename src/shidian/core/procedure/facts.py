"""What the procedure knows of the form: the answers that the rulebook's conditions ask for.

The form stays in the house; a submission carries the values of just those names. Exact numbers and
dates travel as text, choices among several as a list, what is not answered as null.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import consultations_in
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import RefusalCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.core.procedure.reading import Data
    from shidian.core.procedure.state import CaseState
    from shidian.core.procedure.types import Json
    from shidian.core.rulebook.expression import Value, ValueType
    from shidian.core.rulebook.model import Consultation, Rulebook, Tier

TIER = "tier"
"""The one name that is no answer: the case's own grade."""


@per_rulebook
def needed_facts(rulebook: Rulebook) -> dict[str, ValueType]:
    """The names that a submission must give the values of, with their types.

    Of the tiers' conditions only where officers weigh factors: else the tier is not the
    procedure's to propose.
    """
    tiers = rulebook.tiers.levels if rulebook.tiers is not None and rulebook.tiers.factors else ()
    return _asked_for(rulebook, (*rulebook.consultations, *tiers))


@per_rulebook
def consulting_facts(rulebook: Rulebook) -> dict[str, ValueType]:
    """Those of them on which it depends who is consulted."""
    return _asked_for(rulebook, rulebook.consultations)


def _asked_for(
    rulebook: Rulebook, conditional: Iterable[Consultation | Tier]
) -> dict[str, ValueType]:
    conditions = [one.when for one in conditional if one.when is not None]
    if not conditions:
        return {}
    # late: only a rulebook with conditions pays for loading the SQL parser
    from shidian.core.rulebook.expression import names, parse
    from shidian.core.rulebook.form import form_types

    asked_for = {name for one in conditions for name in names(parse(one))}
    return {
        name: of_type
        for name, of_type in form_types(rulebook).items()
        if name in asked_for and name != TIER
    }


def facts_of(rulebook: Rulebook, values: Mapping[str, Value]) -> dict[str, Json]:
    """Of the form's values (`form_values`) those that a submission carries."""
    return {name: _written(values.get(name)) for name in needed_facts(rulebook)}


def facts_given(rulebook: Rulebook, data: Data) -> None:
    """Refuses a submission without the value of a name that is needed, or with another kind's."""
    needed, given = needed_facts(rulebook), data.table("facts")
    given.only(needed)
    for name, of_type in needed.items():
        field = f"facts/{name}"
        if name not in given.fields():
            refuse(
                RefusalCode.INCOMPLETE,
                f"缺少“{name}”的取值，无从判断须征求谁的意见、建议评为哪一级。",
                f"The value of {name} is missing; who is to be consulted, or the tier that is"
                " proposed, depends on it.",
                field,
            )
        try:
            _read(given.values()[name], of_type)
        except (ValueError, ZeroDivisionError):
            refuse(
                RefusalCode.BAD_DATA,
                f"“{name}”的取值类型有误。",
                f"The value of {name} is of another kind than the form's.",
                field,
            )


def asked_in(rulebook: Rulebook, state: CaseState, stage_id: str) -> tuple[Consultation, ...]:
    """The consultations that this case has in that stage: without a condition, or where it holds.

    One that was sent stays, whatever changed since.
    """
    possible = consultations_in(rulebook, stage_id)
    if not possible:
        return ()
    return tuple(
        asked
        for asked in possible
        if asked.when is None
        or asked.id in state.consultations
        or _holds(rulebook, state, asked.when)
    )


def _holds(rulebook: Rulebook, state: CaseState, condition: str) -> bool:
    """Whether it holds for the case; what depends on something unknown does not."""
    from shidian.core.rulebook.expression import evaluate, names, parse

    parsed = parse(condition)
    values: dict[str, Value] = dict.fromkeys(names(parsed)) | known_facts(rulebook, state)
    values[TIER] = state.tier
    return evaluate(parsed, values) is True


def known_facts(rulebook: Rulebook, state: CaseState) -> dict[str, Value]:
    """What the case was submitted with, as expressions see it; None for what was not said."""
    needed = needed_facts(rulebook)
    return {name: _read(state.facts.get(name), of_type) for name, of_type in needed.items()}


def _written(value: Value) -> Json:
    match value:
        case Fraction() | date():
            return str(value)
        case frozenset():
            return sorted(value)
        case _:
            return value


def _read(value: Json, of_type: ValueType) -> Value:  # noqa: PLR0911 - one a kind
    """A fact as expressions see it. Raises ValueError for one of another kind."""
    from shidian.core.rulebook.expression import Kind

    if value is None:
        return None
    match of_type.kind:
        case Kind.BOOL if isinstance(value, bool):
            return value
        case Kind.INT if isinstance(value, int) and not isinstance(value, bool):
            return value
        case Kind.MONEY if isinstance(value, str):
            return Fraction(value)
        case Kind.DATE if isinstance(value, str):
            return date.fromisoformat(value)
        case Kind.CODES if isinstance(value, Sequence) and not isinstance(value, str):
            return frozenset(str(one) for one in value)
        case Kind.CODE | Kind.TEXT | Kind.FILE if isinstance(value, str):
            return value
    raise ValueError(f"{value!r} is no {of_type.kind.value}")
