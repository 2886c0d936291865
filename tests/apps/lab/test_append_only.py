"""What officers said and what happened to a draft cannot be rewritten, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from shidian.apps.lab.models import Approval, CheckResult, DraftEvent, DraftRevision, RulebookDraft
from tests.apps.lab.things import approve_twice, make_draft

if TYPE_CHECKING:
    from django.db import models

    from tests.factories import World


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (DraftEvent, {"data": {}}),
        (DraftRevision, {"text": "rulebook: other"}),
        (Approval, {"dossier_sha256": "0" * 64}),
        (CheckResult, {"sound": False}),
        (RulebookDraft, {"number": 9}),
    ],
)
def test_a_row_is_neither_rewritten_nor_deleted(
    world: World, model: type[models.Model], change: dict
) -> None:
    approve_twice(world, make_draft(world))
    rows = model._default_manager.all()
    before = list(rows.values())

    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows._raw_delete(using="default")

    assert list(rows.values()) == before
