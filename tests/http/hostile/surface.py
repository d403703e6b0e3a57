"""API7, API8, API9: other hosts, broken HTTP, doors that nobody opened."""

from tests.http.hostile.case import CUT, GOOD, REFUSED, Case, ask, cases, post

_METHODS = ("TRACE", "OPTIONS", "PATCH", "PUT", "DELETE", "COPY", "PROPFIND", "LOCK", "PURGE", "MERGE")
_HOSTS = (
    *("Host: evil.example", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example;proto=https"),
    *(
        "X-Original-URL: /keys",
        "X-Rewrite-URL: /keys",
        "X-HTTP-Method-Override: DELETE",
        "Origin: https://evil.example",
    ),
    *(
        "Referer: https://evil.example",
        "X-Host: evil.example",
        "X-Forwarded-Server: evil.example",
        "Via: evil.example",
    ),
    "X-Forwarded-Proto: javascript",
)
_TARGETS = (
    "http://evil.example/tasks",
    "//evil.example/tasks",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "evil.example:80",
    "*",
)
_FILES = (
    *(
        "/static/page/../../app.py",
        "/static/page/%2e%2e/%2e%2e/app.py",
        "/static/page/..%2f..%2fapp.py",
        "/static/page/....//app.py",
    ),
    *(
        "/static/page/%5c..%5capp.py",
        "/static/page//etc/passwd",
        "/static/page/%00",
        "/static/page/app.js%00.txt",
        "/static/",
    ),
    *("/docs/../../../etc/passwd", "/static/page/.", "/static/page/~root", "/static/page/app.js/.."),
)
_SHADOWS = (
    *(
        "/.env",
        "/.git/config",
        "/admin",
        "/api",
        "/api/tasks",
        "/v1/add",
        "/v1/tasks",
        "/graphql",
        "/swagger.json",
        "/redoc",
        "/debug",
    ),
    *(
        "/actuator/env",
        "/server-status",
        "/wp-login.php",
        "/phpinfo.php",
        "/console",
        "/TASKS",
        "/tasks/",
        "/add/",
        "//tasks",
        "/tasks//",
    ),
    *(
        "/openapi.yaml",
        "/metrics/",
        "/livez/",
        "/mcp",
        "/login",
        "/.well-known/security.txt",
        "/tasks%2f",
        "/%74asks%00",
        "/queues/default/",
    ),
)
_HEAD = b"POST /add HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key:admin}\r\nContent-Type: application/json\r\n"
_SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
_BROKEN = {
    "both lengths": _HEAD + b"Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _SMUGGLED,
    "two lengths": _HEAD + b"Content-Length: 13\r\nContent-Length: 0\r\n\r\n" + GOOD,
    "two lengths in one": _HEAD + b"Content-Length: 13, 13\r\n\r\n" + GOOD,
    "a negative length": _HEAD + b"Content-Length: -1\r\n\r\n" + GOOD,
    "a signed length": _HEAD + b"Content-Length: +13\r\n\r\n" + GOOD,
    "a hexadecimal length": _HEAD + b"Content-Length: 0xd\r\n\r\n" + GOOD,
    "a length of 30 digits": _HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + GOOD,
    "two encodings": _HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "another encoding": _HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + GOOD,
    "a disguised encoding": _HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a tab before the colon": _HEAD + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": _HEAD + b"Content-Length : 13\r\n\r\n" + GOOD,
    "a folded header": _HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a chunk size that is none": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of 2^64 bytes": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
    "a chunk without its end": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
    "a NUL in a header": _HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a bare CR": _HEAD + b"X: a\rContent-Length: 13\r\n\r\n",
    "a header without a name": _HEAD + b": x\r\nContent-Length: 0\r\n\r\n",
    "a header without a colon": _HEAD + b"nonsense\r\n\r\n",
    "no host": b"GET /tasks HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET /tasks HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "HTTP/0.9": b"GET /tasks\r\n\r\n",
    "HTTP/9.9": b"GET /tasks HTTP/9.9\r\nHost: x\r\n\r\n",
    "the beginning of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "noise": bytes(range(256)),
    "a method of 10 KB": b"G" * 10_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a line break in the target": b"GET /tasks\r\nX: y HTTP/1.1\r\nHost: x\r\n\r\n",
}
_UPGRADES = {
    "a WebSocket": "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP/2 in the clear": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
}
_INJECTED = ("%0d%0aINJECTED", "%0aINJECTED", "%1b[31mINJECTED", "\x85INJECTED", "%e2%80%a8INJECTED")


_URLS = ("http://127.0.0.1:6379/", "gopher://127.0.0.1:6379/_FLUSHALL", "file:///etc/passwd")
_PREFLIGHT = ("Origin: https://evil.example", "Access-Control-Request-Method: POST")


def other_hosts() -> list[Case]:
    """API7: what might make the server ask, or name, another host."""
    inputs = {f"an input of {url}": post("/add", body=b'{"x":"%b","y":5}' % url.encode()) for url in _URLS}
    return [
        *cases("API7", {header[:40]: _get("/tasks", header) for header in _HOSTS}, {200, *REFUSED}),
        *cases("API7", {f"GET {target}": _get(target) for target in _TARGETS}, {CUT, 200, *REFUSED}),
        *cases("API7", inputs, {422}),
    ]


def misconfiguration() -> list[Case]:
    """API8: broken HTTP, other methods, files, injected lines."""
    upgrades = {name: ask("GET", "/events", *lines.split("\r\n")) for name, lines in _UPGRADES.items()}
    methods = {f"{method} /tasks": ask(method, "/tasks", key="admin") for method in _METHODS}
    ids = {f"an id with {text[:9]!r}": ask("GET", "/livez", f"X-Request-ID: {text}") for text in _INJECTED}
    return [
        *cases("API8", _BROKEN, {CUT, *REFUSED}, half_closes=True),
        *cases("API8", methods, {CUT, *REFUSED}),
        *cases("API8", {path: _get(path) for path in _FILES}, REFUSED),
        *cases("API8", upgrades, {CUT, *REFUSED}),
        *cases("API8", {f"a path with {text[:9]!r}": _get(f"/x{text}") for text in _INJECTED}, REFUSED),
        *cases("API8", ids, {200, 400}),
        *cases("API8", {"a preflight": ask("OPTIONS", "/tasks", *_PREFLIGHT)}, REFUSED),
        *cases("API8", {"no trace": ask("GET", "/livez", "traceparent: 00-INJECTED-\x7f")}, {200, 400}),
    ]


def inventory() -> list[Case]:
    """API9: routes of other versions, other programs, and doors that look like one of ours."""
    return cases("API9", {path: _get(path) for path in _SHADOWS}, REFUSED)


def _get(target: str, *headers: str) -> bytes:
    return ask("GET", target, *headers, key="admin")
