"""The open API: everything public as JSON, described by OpenAPI 3.1 at `/api/v1/openapi.json`.

Reads what the pages read, in one language at a time, and nothing else. Answers carry an ETag and
may be fetched by any site's script. An answer is the text as published, so that a page of an
earlier release keeps the form that it had; `bodies.py` says what each holds today.
"""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from ninja import Field, NinjaAPI, Query, Schema
from pydantic import ConfigDict

from shidian.apps.notices.bodies import CallBody, NoticeBody, SchemeBody
from shidian.apps.notices.figures import PilotFigures, StatisticsBody
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.pilot_bodies import CaseBody, LessonBody, PilotBody
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.addresses import address

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.portal.snapshots import Published

LIMIT_MAX = 100
OFFSET_MAX = 2**31 - 1
KEY_CHARS_MAX = 128
MAX_AGE_S = 30
Language = Literal["zh", "en"]
Body = TypeVar("Body")

api = NinjaAPI(
    title="Shidian open data",
    version="1",
    description="All that the public site shows. Days are ISO dates, moments ISO date-times with an"
    " offset, amounts decimal text in major units.",
    docs_url=None,
    urls_namespace="open-api",
)


class Item(Schema, Generic[Body]):
    """One published text. `leaf`: where it stands on the public record, null while on its way."""

    model_config = ConfigDict(extra="forbid")

    key: str
    version: int
    published_at: datetime
    digest: str = Field(description="sha256 of the canonical JSON of {kind, key, version, zh, en}")
    leaf: int | None
    page: str = Field(description="address of its page")
    body: Body


class Page(Schema, Generic[Body]):
    """A stretch of a list, ordered by key. `count`: how many there are in all."""

    model_config = ConfigDict(extra="forbid")

    count: int
    items: list[Item[Body]]


class Refusal(Schema):
    """Why there is no answer."""

    detail: str


class Wrong(Schema):
    """What of the question cannot be answered: where it stands, and what is wrong with it."""

    detail: list[dict[str, Any]]


class RulebookBody(Schema):
    """A rulebook; its whole document is at `/rulebooks/{id}/{version}/document.json`."""

    id: str
    version: str
    title: str
    summary: str
    status: str
    status_label: str
    digest: str
    rules_digest: str
    share: dict[str, int]


class Stretch(Schema):
    """Which stretch of a list, and in which language."""

    limit: int = Field(20, ge=1, le=LIMIT_MAX)
    offset: int = Field(0, ge=0, le=OFFSET_MAX)
    language: Language = "zh"


def _listed(
    request: HttpRequest,
    kind: SnapshotKind,
    stretch: Stretch,
    *,
    cut: Callable[[Any], Any] = lambda body: body,
) -> HttpResponse:
    with translation.override(_code(stretch.language)):
        count, items = snapshots.page_of_kind(kind, stretch.offset, stretch.limit)
        shown = [_item(request, item, cut) for item in items]
    return _answer(request, {"count": count, "items": shown})


def _one(
    request: HttpRequest,
    kind: SnapshotKind,
    key: str,
    language: Language,
    *,
    cut: Callable[[Any], Any] = lambda body: body,
) -> HttpResponse:
    with translation.override(_code(language)):
        if len(key) > KEY_CHARS_MAX or "\x00" in key:
            raise Http404
        return _answer(request, _item(request, snapshots.one(kind, key), cut))


def _code(language: Language) -> str:
    return "zh-hans" if language == "zh" else "en"


def _item(request: HttpRequest, item: Published, cut: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        "key": item.thing.key,
        "version": item.version,
        "published_at": item.published_at.isoformat(),
        "digest": item.digest,
        "leaf": item.leaf,
        "page": request.build_absolute_uri(address(item.thing)),
        "body": cut(item.body),
    }


def _answer(request: HttpRequest, content: dict[str, Any]) -> HttpResponse:
    response: HttpResponse = JsonResponse(content, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=MAX_AGE_S)
    etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    response["ETag"] = etag
    unchanged = get_conditional_response(request, etag=etag, response=response)
    return unchanged if isinstance(unchanged, HttpResponse) else response


def _without_document(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in RulebookBody.model_fields}


_WRONG = {422: Wrong}
_MISSING = {404: Refusal, **_WRONG}


@api.get("/calls", response={200: Page[CallBody], **_WRONG}, summary="Calls for projects")
def calls(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """Every call, open and past."""
    return _listed(request, SnapshotKind.CALL, stretch)


@api.get("/calls/{key}", response={200: Item[CallBody], **_MISSING}, summary="One call")
def call(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By its slug."""
    return _one(request, SnapshotKind.CALL, key, language)


@api.get("/notices", response={200: Page[NoticeBody], **_WRONG}, summary="Public notices")
def notices(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """Every notice with its published comments and answers."""
    return _listed(request, SnapshotKind.NOTICE, stretch)


@api.get("/notices/{key}", response={200: Item[NoticeBody], **_MISSING}, summary="One notice")
def notice(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By its slug."""
    return _one(request, SnapshotKind.NOTICE, key, language)


@api.get("/pilots", response={200: Page[PilotBody], **_WRONG}, summary="Pilots")
def pilots(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """Every pilot that was admitted, with what it may do and what was decided when."""
    return _listed(request, SnapshotKind.PILOT, stretch)


@api.get("/pilots/{key}", response={200: Item[PilotBody], **_MISSING}, summary="One pilot")
def pilot(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By its public id."""
    return _one(request, SnapshotKind.PILOT, key, language)


@api.get(
    "/pilots/{key}/figures",
    response={200: Item[PilotFigures], **_MISSING},
    summary="A pilot's live figures",
)
def figures(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """How much of its public limits is used, their course, and public alerts."""
    return _one(request, SnapshotKind.FIGURES, f"pilot:{key}", language)


@api.get("/cases", response={200: Page[CaseBody], **_WRONG}, summary="Public courses of cases")
def cases(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """What was done when, of every case from its public notice or its admission on."""
    return _listed(request, SnapshotKind.CASE, stretch)


@api.get("/cases/{key}", response={200: Item[CaseBody], **_MISSING}, summary="One public course")
def case(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By the case's reference."""
    return _one(request, SnapshotKind.CASE, key, language)


@api.get("/lessons", response={200: Page[LessonBody], **_WRONG}, summary="The case library")
def lessons(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """What every pilot that has ended left behind, where its exit report may be read."""
    return _listed(request, SnapshotKind.LESSON, stretch)


@api.get("/lessons/{key}", response={200: Item[LessonBody], **_MISSING}, summary="One of them")
def lesson(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By the case's reference."""
    return _one(request, SnapshotKind.LESSON, key, language)


@api.get(
    "/statistics", response={200: Item[StatisticsBody], **_MISSING}, summary="Public statistics"
)
def statistics(request: HttpRequest, language: Language = "zh") -> HttpResponse:
    """Of every scheme: how far cases got, how long it took, what they came to, what pilots use."""
    return _one(request, SnapshotKind.FIGURES, "statistics", language)


@api.get("/schemes", response={200: Page[SchemeBody], **_WRONG}, summary="Schemes")
def schemes(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """Every scheme, those that run here and those that are history."""
    return _listed(request, SnapshotKind.SCHEME, stretch)


@api.get("/schemes/{key}", response={200: Item[SchemeBody], **_MISSING}, summary="One scheme")
def scheme(request: HttpRequest, key: str, language: Language = "zh") -> HttpResponse:
    """By its slug."""
    return _one(request, SnapshotKind.SCHEME, key, language)


@api.get("/rulebooks", response={200: Page[RulebookBody], **_WRONG}, summary="Rulebooks")
def rulebooks(request: HttpRequest, stretch: Query[Stretch]) -> HttpResponse:
    """Every published version of every rulebook."""
    return _listed(request, SnapshotKind.RULEBOOK, stretch, cut=_without_document)


@api.get(
    "/rulebooks/{rulebook}/{version}",
    response={200: Item[RulebookBody], **_MISSING},
    summary="One version of a rulebook",
)
def rulebook(
    request: HttpRequest, rulebook: str, version: str, language: Language = "zh"
) -> HttpResponse:
    """By its id and version."""
    key = f"{rulebook}/{version}"
    return _one(request, SnapshotKind.RULEBOOK, key, language, cut=_without_document)


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return api.create_response(
        request, {"detail": "nothing is published under this key"}, status=404
    )


def _declared() -> tuple[Any, str, str]:
    """Its addresses, each declared public: the site refuses a view that declares nothing."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if pattern.callback is not None:
            public(pattern.callback)
    return patterns, app, namespace


urls = _declared()
