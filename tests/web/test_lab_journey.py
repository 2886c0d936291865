"""From a longer notice period in an editor to rules in force, and an older case moved to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import Visitor, build_home, run_python, serve, sign_in
from tests.web.lab_seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser

DELIVER = "from shidian.apps.cases import outbox\nwhile outbox.deliver_pending():\n    pass\n"


@pytest.fixture(scope="module")
def lab_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a seeded database with a pilot and a case in screening."""
    home = build_home(tmp_path_factory.mktemp("lab") / "home", seed="tests.web.lab_seed:seed")
    with serve(home) as site:
        yield site


def visit(site: Site, browser: Browser, username: str, **options: object) -> Visitor:
    visitor = Visitor(browser, site.url, **{"language": "en", **options})  # type: ignore[arg-type]
    visitor.sign_in(username, PASSWORD)
    return visitor


def confirm(visitor: Visitor, act: str) -> None:
    """Press an act's button, look at what it says, press again."""
    visitor.page.locator(".actions").get_by_role("link", name=act, exact=True).click()
    visitor.page.get_by_role("heading", name="What this act does").wait_for()
    visitor.check_accessible()
    visitor.page.get_by_role("button", name=act, exact=True).click()


def test_a_rule_is_changed_from_the_editor_to_a_case(lab_site: Site, browser: Browser) -> None:
    officer = visit(lab_site, browser, "case-bureau")
    page = officer.page
    page.get_by_role("link", name="Policy lab").click()
    officer.check_accessible()
    page.get_by_role("link", name="Start a draft").click()
    page.fill("#id_title", "延长公示期")
    page.fill("#id_title_en", "A longer notice period")
    page.get_by_role("button", name="Start the draft").click()

    text = page.input_value("#id_text")
    assert "starts: notice.opened, length: 5," in text
    changed = text.replace('version: "2026.1"', 'version: "2026.2"', 1)
    broken = changed.replace(
        "starts: notice.opened, length: 5,", "starts: notice.opened, lenght: 10,"
    )
    page.fill("#id_text", broken)
    page.locator("#messages .problems a[data-line]").first.wait_for()
    page.get_by_text("lenght").first.wait_for()
    line = broken[: broken.index("lenght")].count("\n") + 1
    page.locator(f"#messages a[data-line='{line}']").first.click()
    chosen = page.evaluate("window.getSelection().toString()")
    assert "lenght: 10" in chosen
    officer.check_accessible()

    page.fill("#id_text", broken.replace("lenght: 10", "length: 10"))
    page.get_by_text("Sound: it could be published.").wait_for()
    assert "10" in page.inner_text("#messages .changes")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as revision 2.").wait_for()
    page.get_by_role("link", name="Back to the draft").click()
    draft = page.url
    officer.check_accessible()
    confirm(officer, "Submit for approval")
    confirm(officer, "Approve")
    officer.check_clean()

    signer = visit(lab_site, browser, "sign-finance")
    signer.page.goto(draft)
    confirm(signer, "Approve")
    confirm(signer, "Publish as the scheme's rules")
    signer.page.get_by_text("The version was published.").wait_for()
    run_python(DELIVER, lab_site.home)
    public = signer.open("/rulebooks/demo-city/")
    assert "2026.2" in public.inner_text("main")
    signer.check_clean()

    move_the_older_case(lab_site, browser, officer, signer)


def move_the_older_case(
    lab_site: Site, browser: Browser, officer: Visitor, signer: Visitor
) -> None:
    """The officer proposes it, both leading authorities sign; both versions are in its course."""
    officer.open("/cases/")
    officer.page.get_by_role("link", name="较早的案件").first.click()
    case = officer.page.url
    officer.page.get_by_role("link", name="Move to another version").click()
    officer.check_accessible()
    officer.page.fill("#id_reason", "The longer period protects those who comment.")
    officer.page.get_by_role("button", name="Propose the move").click()

    bureau = visit(lab_site, browser, "sign-bureau")
    for one in (bureau, signer):
        one.page.goto(case)
        one.page.get_by_role("link", name="Move to another version").click()
        one.page.get_by_label("consents to the move").check()
        one.check_accessible()
        one.page.get_by_role("button", name="Sign off").click()
    course = signer.page.inner_text("main")
    assert "2026.2" in course
    for one in (officer, bureau, signer):
        one.check_clean()
        one.close()


def test_the_editor_works_without_scripts_and_fits(lab_site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    context.add_cookies([{"name": "django_language", "value": "en", "url": lab_site.url}])
    page = context.new_page()
    sign_in(page, lab_site.url, "case-bureau", PASSWORD)
    page.goto(f"{lab_site.url}/lab/schemes/demo-city/draft/")
    page.fill("#id_title", "无脚本")
    page.get_by_role("button", name="Start the draft").click()
    text = page.input_value("#id_text")
    page.fill("#id_text", text.replace("status: runnable", "status: runnible", 1))
    page.get_by_role("button", name="Check without saving").click()
    assert "runnible" in page.inner_text("#messages")
    assert "what is shown is not saved" in page.inner_text(".title")
    context.close()


def some_draft(visitor: Visitor) -> str:
    """The address of a draft; one is started where nobody has."""
    page = visitor.open("/lab/")
    drafts = page.locator("main a[href^='/lab/drafts/']")
    if not drafts.count():
        visitor.open("/lab/schemes/demo-city/draft/")
        page.fill("#id_title", "手机上的草案")
        page.locator("main form button").first.click()
        visitor.open("/lab/")
    return str(drafts.first.get_attribute("href"))


@pytest.mark.parametrize(
    ("language", "dark"),
    [("zh-hans", False), pytest.param("en", True, marks=pytest.mark.prove)],
)
def test_lab_pages_fit_a_phone(lab_site: Site, browser: Browser, language: str, dark: bool) -> None:
    visitor = visit(lab_site, browser, "case-bureau", language=language, width=360, dark=dark)
    draft = some_draft(visitor)
    more = ("", "text/", "reading/", "form/", "what-if/?seed=1", "note/", "clauses/", "changes/")
    for address in ["/lab/", "/lab/schemes/demo-city/clauses/", *(draft + one for one in more)]:
        visitor.open(address)
        assert visitor.fits(), address
        visitor.check_accessible()
    visitor.check_clean()
    visitor.close()
