"""A text that stands in the language of those who wrote it says so to whoever reads it aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import translation

from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal.templatetags.portal import tongue
from tests.apps.portal.test_finding import pilot_body

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize(
    ("language", "text", "attribute"),
    [
        ("en", "面向投资者", ' lang="zh-Hans"'),
        ("en", "For investors", ""),
        ("en", "", ""),
        ("zh-hans", "面向 retail 投资者", ""),
        ("zh-hans", "For retail investors", ' lang="en"'),
        ("zh-hans", "5G", ""),
        ("en", '"><script>字', ' lang="zh-Hans"'),
    ],
)
def test_only_a_text_of_the_other_language_is_marked(
    language: str, text: str, attribute: str
) -> None:
    with translation.override(language):
        assert tongue(text) == attribute


@pytest.mark.django_db
def test_an_english_page_says_that_what_was_filed_is_in_its_own_language(client: Client) -> None:
    filed = {"what": [{"label": "Summary", "text": "面向投资者"}], "promises": ["五日内答复"]}
    body = pilot_body("x-1", "Assistant", **filed)
    publish_snapshot(kind=SnapshotKind.PILOT, key="x-1", zh=body, en=body)
    english = client.get(reverse("pilot", args=["x-1"]), headers={"accept-language": "en"}).text
    assert '<p class="lead" lang="zh-Hans">面向投资者</p>' in english
    assert '<li lang="zh-Hans">五日内答复</li>' in english
    assert "in its own language" in english
    chinese = client.get(reverse("pilot", args=["x-1"])).text
    assert '<p class="lead">面向投资者</p>' in chinese
