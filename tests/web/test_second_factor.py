"""A second factor at the browser: codes, passkeys, recovery codes, and who must have one."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest
from demo.cast import TOTP_PERIOD_S

from tests.browser import Visitor, build_home, chromium, serve
from tests.web.seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser import Site

pytestmark = pytest.mark.browser


def code_of(secret: str, at: float) -> str:
    import hmac

    mac = hmac.digest(base64.b32decode(secret), int(at // TOTP_PERIOD_S).to_bytes(8, "big"), "sha1")
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """People with passwords and no second factor yet, at a host with a name."""
    home = build_home(
        tmp_path_factory.mktemp("factor") / "home", seed="tests.web.account_seed:seed"
    )
    with serve(home) as site:
        yield type(site)(site.url.replace("127.0.0.1", "localhost"), site.home, site.process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def begin(visitor: Visitor, username: str) -> None:
    """Type user name and password."""
    page = visitor.open("/account/sign-in/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def with_authenticator(visitor: Visitor) -> None:
    """A device that holds passkeys and confirms its owner at once."""
    devices = visitor.context.new_cdp_session(visitor.page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_officer_without_second_factor_gets_no_further_than_setting_one_up(
    site: Site, browser: Browser
) -> None:
    visitor = Visitor(browser, site.url, language="en")
    begin(visitor, "case-bureau")
    page = visitor.page
    for address in ("/cases/", "/supervision/", "/lab/", "/account/security/sessions/"):
        visitor.open(address)
        assert "/account/security/?next=" in page.url, address
    assert "until then no other page opens" in page.inner_text("main")
    visitor.check_accessible()
    page.get_by_role("link", name="Authenticator app").click()
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    secret = page.inner_text("#totp-secret")
    page.fill("#id_code", "000000")
    page.get_by_role("button", name="Set up").click()
    assert "not right" in page.inner_text(".errors")
    visitor.check_accessible()
    page.fill("#id_code", code_of(secret, time.time()))
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url("**/recovery-codes/")
    recovery = page.locator(".codes code").first.inner_text()
    assert page.locator(".codes code").count() == 10
    visitor.check_accessible()
    visitor.open("/cases/")
    assert page.url.endswith("/cases/")

    # The last factor of an office stays.
    visitor.open("/account/security/app/remove/")
    assert "before you remove this one" in page.inner_text("main")
    page.get_by_role("button", name="Sign out").click()

    begin(visitor, "case-bureau")
    assert page.url.endswith("/account/sign-in/code/")
    visitor.check_accessible()
    visitor.open("/cases/")
    assert "/account/sign-in/" in page.url  # the password alone is no session
    begin(visitor, "case-bureau")
    page.fill("#id_code", recovery)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.endswith("/cases/")
    page.get_by_role("button", name="Sign out").click()
    begin(visitor, "case-bureau")
    page.fill("#id_code", recovery)
    page.get_by_role("button", name="Sign in").click()
    assert "not right" in page.inner_text(".errors")  # each serves once
    visitor.check_clean()
    visitor.close()


def test_a_passkey_is_set_up_used_and_kept(site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, site.url, language="en")
    with_authenticator(visitor)
    begin(visitor, "sign-bureau")
    page = visitor.page
    page.get_by_role("link", name="Passkeys").click()
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    visitor.check_accessible()
    page.fill("#id_name", "Desk key")
    page.check("#id_passwordless")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/")
    visitor.open("/cases/")
    assert page.url.endswith("/cases/")
    page.get_by_role("button", name="Sign out").click()

    begin(visitor, "sign-bureau")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/cases/")
    page.get_by_role("button", name="Sign out").click()

    visitor.open("/account/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/cases/")

    # To change what protects the account the device is asked again, and the last one stays.
    visitor.open("/account/security/passkeys/")
    assert "Desk key" in page.inner_text("main")
    visitor.check_accessible()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/remove/")
    page.get_by_role("button", name="Remove").click()
    assert "before you remove this one" in page.inner_text("[role=status]")
    visitor.check_clean()
    visitor.close()


@pytest.mark.prove
def test_a_passkey_that_fails_says_so_in_words(site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, site.url.replace("localhost", "127.0.0.1"), language="en")
    page = visitor.open("/account/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_selector("#passkey-problem:not([hidden])")
    assert "host name" in page.inner_text("#passkey-problem")
    visitor.check_clean()
    visitor.close()


@pytest.mark.prove
def test_an_applicant_may_do_without(site: Site, browser: Browser) -> None:
    visitor = Visitor(browser, site.url, language="en", width=360)
    begin(visitor, "signer")
    assert visitor.page.url.endswith("/cases/")
    page = visitor.open("/account/security/")
    assert "does not require one" in page.inner_text("main")
    assert visitor.fits()
    visitor.check_accessible()
    visitor.check_clean()
    visitor.close()


@pytest.mark.prove
def test_sessions_are_listed_and_ended(site: Site, browser: Browser) -> None:
    here = Visitor(browser, site.url, language="en")
    there = Visitor(browser, site.url, language="en")
    for one in (here, there):
        begin(one, "drafter")
    page = here.open("/account/security/sessions/")
    assert page.locator(".tasks li").count() == 2
    here.check_accessible()
    page.get_by_role("button", name="End all other sessions").click()
    assert "Sessions ended: 1" in page.inner_text("[role=status]")
    there.open("/cases/")
    assert "/account/sign-in/" in there.page.url
    here.open("/cases/")
    assert here.page.url.endswith("/cases/")
    for one in (here, there):
        one.check_clean()
        one.close()
