"""Texts that would run, break or mislead if any page took them for more than text."""

from __future__ import annotations

import itertools
import os

MARK = "zz"
"""Every payload's script would leave this mark: `window.zz`."""
_RUN = f"window.{MARK}=1"

_CODE = (
    f"<script>{_RUN}</script>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script/x>{_RUN}</script>",
    f"<script src=data:text/javascript,{_RUN}></script>",
    f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    f"<img src=x onerror={_RUN}>",
    f"<img/src='x'/onerror='{_RUN}'>",
    f"<IMG SRC=x OnErRoR={_RUN}//",
    f"<svg onload={_RUN}>",
    f"<svg/onload={_RUN}//",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><a xlink:href=javascript:{_RUN}><text x=9 y=9>x</text></a></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<math><mtext><img src=x onerror={_RUN}></mtext></math>",
    f"<math><mi//xlink:href='javascript:{_RUN}'>x",
    f"<body onload={_RUN}>",
    f"<iframe src=javascript:{_RUN}></iframe>",
    f"<iframe srcdoc='&lt;script&gt;parent.{MARK}=1&lt;/script&gt;'></iframe>",
    f"<object data=javascript:{_RUN}></object>",
    f"<embed src=javascript:{_RUN}>",
    f"<details open ontoggle={_RUN}>x</details>",
    f"<input autofocus onfocus={_RUN}>",
    f"<select autofocus onfocus={_RUN}>",
    f"<textarea autofocus onfocus={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<audio src=x onerror={_RUN}>",
    f"<marquee onstart={_RUN}>x</marquee>",
    f"<a href=javascript:{_RUN}>x</a>",
    f"<a href='java\tscript:{_RUN}'>x</a>",
    f"<form action=javascript:{_RUN}><button>x</button></form>",
    f"<button formaction=javascript:{_RUN}>x</button>",
    f"<isindex action=javascript:{_RUN} type=submit>",
    f"<meta http-equiv=refresh content=0;url=javascript:{_RUN}>",
    f"<base href=javascript:{_RUN}//>",
    f"<link rel=stylesheet href=data:text/css,*{{x:expression({_RUN})}}>",
    "<style>*{display:none}</style>",
    f"<div style='background:url(javascript:{_RUN})'>x</div>",
    f"<template><script>{_RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>",
    f"<xmp><p title='</xmp><img src=x onerror={_RUN}>'>",
    f"<plaintext><img src=x onerror={_RUN}>",
    f"<div hx-get=/ hx-trigger=load hx-on::load='{_RUN}'>x</div>",
    f"<div hx-vals='js:{{x:{_RUN}}}' hx-trigger=load hx-get=/>x</div>",
    "<button popovertarget=q>x</button><p popover id=q>x</p>",
    f"<dialog open oncancel={_RUN}>x</dialog>",
    f"javascript:{_RUN}",
    f"data:text/html,<script>{_RUN}</script>",
)
_OUT_OF = (
    "{}",
    '">{}',
    "'>{}",
    "</p></li></ul></main>{}",
    "</title>{}",
    "</textarea>{}",
    "-->{}",
    "]]>{}",
)
"""Where the payload stands: as it is, or after the end of an attribute, an element, a comment."""
_OTHERS = (
    f'" onmouseover={_RUN} autofocus onfocus={_RUN} x="',
    f"' onmouseover={_RUN} autofocus onfocus={_RUN} x='",
    f"`-{_RUN}-`",
    f"';{_RUN};'",
    f"\\';{_RUN};//",
    f"${{{_RUN}}}",
    "{{ 7|add:7 }}{% load x %}{% include 'x' %}",
    "%(x)s %s {0} {x!r} {x.__class__}",
    "&lt;script&gt;&#60;script&#62;&amp;",
    f"&#60;img src=x onerror={_RUN}&#62;",
    f"\x3cimg src=x onerror={_RUN}\x3e",
    f"＜script＞{_RUN}＜/script＞",
    f"<\u200bscript>{_RUN}</script>",
    f"<img\u00a0src=x\u2028onerror={_RUN}>",
    "\u202e</p>gnp.exe\u202d",
    "\u2066\u2067\u2068 isolated and never closed",
    "a\u200b\u200c\u200d\ufeffb\u2060c\u180e",
    "Ρаypal 示范项日 \u0430\u0440\u0440\u04cf\u0435",
    "é" + "\u0301" * 60,
    "\U000e0041\U000e0042 tags \U000f0000 private",
    "👩‍👩‍👧‍👦🏳️‍🌈 𠮷野家䶮",
    "\u0007\u000b\u000c\u001b[31m control",
    "\ufffe\uffff noncharacters",
    "line\r\nSet-Cookie: x=1\r\n\r\n<script>",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("https://x.example/","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    '","=1+1","',
    "#let x = panic(1); $x$ *b* _i_ @ref <label> \\u{0}",
    '#eval("panic()") #read("/etc/passwd") [x](https://x.example/)',
    "' OR 1=1; DROP TABLE notices_notice;--",
    '" AND NEAR(a b) OR title:*',
    "../../../../etc/passwd\u2215..%2f..%00",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'><![CDATA[x]]>",
    "<?xml version='1.0'?><x xmlns='http://www.w3.org/1999/xhtml'><script/></x>",
    '{"__proto__":{"x":1}}</script>',
    "10" * 30,
    "长" * 60,
    "W" * 90,
)
FORMULAS = tuple(one for one in _OTHERS if one[:1] in "=+-@\t\r＝")


def payloads() -> list[str]:
    """All of them, each once: 420 today. No NUL: forms refuse it (`test_hostile_text`)."""
    told = [out.format(code) for code, out in itertools.product(_CODE, _OUT_OF) if "{" not in code]
    told += [out.replace("{}", code) for code in _CODE if "{" in code for out in _OUT_OF]
    return list(dict.fromkeys([*told, *_OTHERS]))


def some(count: int) -> list[str]:
    """`count` of them, of every sort: evenly spaced, the formulas and odd characters among them."""
    every = payloads()
    count = min(int(os.environ.get("SHIDIAN_XSS_PAYLOADS", count)), len(every))
    return [every[at * len(every) // count] for at in range(count)]
