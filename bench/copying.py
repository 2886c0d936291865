"""Copies of cases: all rows of one, some times over, made within the database.

The copy's number times a stride is added to every key, so that copies refer to copies; firm, signer
and officer in charge are others, as is the title; all else, moments included, stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, models

from shidian.apps.accounts.models import Institution, Person
from shidian.apps.cases.models import (
    Case,
    CaseHandler,
    CaseText,
    FormSection,
    NewsItem,
    Outbox,
    OutboxDelivery,
)
from shidian.apps.cases.search import strings_in, tokens_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from tests.factories import World

WORDS_ZH = [
    "证券",
    "基金",
    "期货",
    "结算",
    "托管",
    "清算",
    "风控",
    "合规",
    "投顾",
    "资管",
    "区块链",
    "大数据",
    "云计算",
    "物联网",
    "智能",
    "客服",
    "估值",
    "做市",
    "质押",
    "融资",
    "信用",
    "评级",
    "反洗钱",
    "适当性",
    "交易",
    "行情",
    "披露",
    "存证",
    "隐私",
    "模型",
]
WORDS_EN = [
    "settlement",
    "custody",
    "clearing",
    "ledger",
    "advisory",
    "suitability",
    "pledge",
    "rating",
    "disclosure",
    "valuation",
    "surveillance",
    "onboarding",
]
TITLE_WORDS = 4
BATCH = 2_000
LEFT_OUT = (Outbox, OutboxDelivery, NewsItem, apps.get_model("record", "LeafRow"))


@dataclass(frozen=True)
class Firms:
    """Lead institutions with one signer each, both numbered without a gap."""

    count: int
    first: int
    first_signer: int


@dataclass(frozen=True)
class Others:
    """Who stands in the copies in place of those in the pattern."""

    firms: Firms
    officers: Sequence[Person]


def title(drawn: random.Random) -> str:
    return "".join(drawn.choices(WORDS_ZH, k=TITLE_WORDS))


def like(row: Any, **changed: object) -> Any:
    """An unsaved row that says what `row` says, but for what is named."""
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's documented API
    values = {one.attname: getattr(row, one.attname) for one in fields if not one.primary_key}
    return type(row)(**values | changed)


def copied_models() -> list[type[models.Model]]:
    """The case and all that hangs on it, each after what it refers to."""
    found: list[type[models.Model]] = [Case]
    for one in found:
        for relation in one._meta.related_objects:  # noqa: SLF001 - as above
            model = relation.related_model
            if model not in found and model not in LEFT_OUT and not relation.many_to_many:
                found.append(model)
    ordered: list[type[models.Model]] = []
    under_way: set[type[models.Model]] = set()

    def place(model: type[models.Model]) -> None:
        if model in ordered or model in under_way:
            # A plan names the change that made it, which names the plan before: checked at the end.
            return
        under_way.add(model)
        for name in _references(model):
            if name in found and name is not model:
                place(name)
        ordered.append(model)

    for one in found:
        place(one)
    return ordered


def _references(model: type[models.Model]) -> list[type[models.Model]]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - as above
    return [one.related_model for one in fields if one.is_relation]  # type: ignore[misc]


def newest(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(models.Max("pk"))["pk__max"] or 0  # noqa: SLF001


@dataclass
class Copying:
    """All rows of one pattern, some times over: the copy's number times the stride added to ids."""

    world: World
    stride: dict[type[models.Model], int]
    whose: Others
    case: Case
    nth: int
    copies: int

    def run(self, drawn: random.Random) -> None:
        self.case.refresh_from_db()
        self._copy_case(drawn)
        keys: dict[type[models.Model], list[int]] = {Case: [self.case.pk]}
        for model in self.stride:
            if model is Case or model is CaseText:
                continue
            keys[model] = self._rows(model, keys)
            if keys[model]:
                self._copy(model, keys[model])

    def _rows(
        self, model: type[models.Model], keys: dict[type[models.Model], list[int]]
    ) -> list[int]:
        """Keys of the pattern's own rows: those that refer to a row of it."""
        condition = models.Q(pk__in=[])
        for one in model._meta.concrete_fields:  # noqa: SLF001 - as above
            if one.is_relation and keys.get(one.related_model):  # type: ignore[arg-type]
                condition |= models.Q(**{f"{one.name}__in": keys[one.related_model]})  # type: ignore[index]
        rows = model._default_manager.filter(condition, pk__lte=self.stride[model])  # noqa: SLF001
        return list(rows.values_list("pk", flat=True))

    def _lead(self, k: int) -> int:
        return (k * 7_919 + self.nth * 104_729) % self.whose.firms.count

    def _nth(self) -> str:
        """`_lead` as SQL."""
        return f"((n.k * 7919 + {self.nth * 104_729}) % {self.whose.firms.count})"

    def _copy_case(self, drawn: random.Random) -> None:
        """Cases and their words: the title differs from copy to copy."""
        stride = self.stride[Case]
        saved = FormSection.objects.filter(case=self.case, case__form_version__gt=0)
        newest = dict(saved.order_by("version").values_list("section", "answers"))
        words = set(tokens_of(strings_in(list(newest.values()))))
        firms = Institution.objects.in_bulk(
            {self.whose.firms.first + self._lead(k) for k in range(1, self.copies + 1)}
        )
        rows, texts = [], []
        for k in range(1, self.copies + 1):
            firm = firms[self.whose.firms.first + self._lead(k)]
            case = like(
                self.case,
                id=self.case.pk + k * stride,
                title_zh=title(drawn),
                title_en=" ".join(drawn.choices(WORDS_EN, k=TITLE_WORDS)),
                reference=f"{self.case.reference}-{k}",
                number=f"{self.case.number}-{k}" if self.case.number else None,
                lead_id=firm.pk,
                created_by_id=self.whose.firms.first_signer + self._lead(k),
            )
            rows.append(case)
            tokens = sorted(words | set(tokens_of(self._named(case, firm))))
            texts.append(CaseText(case_id=case.pk, tokens=" ".join(tokens)))
        Case.objects.bulk_create(rows, batch_size=BATCH)
        CaseText.objects.bulk_create(texts, batch_size=BATCH)

    @staticmethod
    def _named(case: Case, firm: Institution) -> list[str]:
        return [
            case.title_zh,
            case.title_en,
            case.reference,
            firm.name_zh,
            firm.name_en,
            firm.code,
        ]

    def _copy(self, model: type[models.Model], keys: Iterable[int]) -> None:
        meta = model._meta  # noqa: SLF001 - as above
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(one.column)) for one in meta.concrete_fields)
        values = ", ".join(self._value(model, one) for one in meta.concrete_fields)
        own = ", ".join(str(int(key)) for key in keys)
        with connection.cursor() as cursor:
            cursor.execute(
                # Names of the models' own, and numbers.
                f"INSERT INTO {quote(meta.db_table)} ({columns})"
                f" WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n"
                f" WHERE k < {self.copies}) SELECT {values}"
                f" FROM {quote(meta.db_table)} t CROSS JOIN n"
                f" WHERE t.{quote(str(meta.pk.column))} IN ({own})"
            )

    def _value(self, model: type[models.Model], one: Any) -> str:
        """SQL of one column of a copy."""
        column = f"t.{connection.ops.quote_name(one.column)}"
        if one.primary_key:
            return f"{column} + n.k * {self.stride[model]}"
        if one.is_relation:
            if one.related_model in self.stride:
                return f"{column} + n.k * {self.stride[one.related_model]}"
            return self._another(model, one, column)
        if one.get_internal_type() == "JSONField":
            return self._renamed(column)
        if one.unique:
            return f"CASE WHEN {column} IS NULL THEN NULL ELSE {column} || '-' || n.k END"
        return column

    def _another(self, model: type[models.Model], one: Any, column: str) -> str:
        """The copy's own firm and signer, and another officer in charge."""
        nth, world = self._nth(), self.world
        if one.related_model is Institution:
            pair = (world.lead.pk, f"{self.whose.firms.first} + {nth}")
        elif model is CaseHandler and one.name == "officer":
            first = self.whose.officers[0].pk
            pair = (world.case_officer["bureau"].pk, f"{first} + n.k % {len(self.whose.officers)}")
        elif one.related_model is Person:
            pair = (world.signer.pk, f"{self.whose.firms.first_signer} + {nth}")
        else:
            return column
        return f"CASE WHEN {column} = {pair[0]} THEN {pair[1]} ELSE {column} END"

    def _renamed(self, column: str) -> str:
        """JSON in which the case's reference and number, and its lead, are the copy's."""
        lead, firm = self.world.lead, f"{self.whose.firms.first} + {self._nth()}"
        code = f"(SELECT f.uscc FROM accounts_institution f WHERE f.id = {firm})"
        text = f"CAST({column} AS text)"
        for name in filter(None, (self.case.number, self.case.reference)):
            text = f"replace({text}, '\"{name}\"', '\"{name}-' || n.k || '\"')"
        text = f"replace({text}, '\"{lead.uscc}\"', '\"' || {code} || '\"')"
        key = '"institution": "'
        text = f"replace({text}, '{key}{lead.pk}\"', '{key}' || ({firm}) || '\"')"
        return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def set_counters(filled: Iterable[type[models.Model]]) -> None:
    """PostgreSQL's counters go on after the copies."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(filled)):
            cursor.execute(statement)
