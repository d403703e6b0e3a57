"""API1, API2, API5: other owners, broken keys, missing scopes."""

from celeriac.access.scopes import GRANTABLE, allows
from celeriac_api.openapi import starter_app
from tests.http.hostile.case import REFUSED, UUID, Case, ask, post

_IDS = (
    *(
        "0",
        "-1",
        "1e9",
        "null",
        "undefined",
        "NaN",
        "true",
        "[]",
        "%7B%7D",
        "*",
        "%2A",
        "?",
        "%3F",
        ".",
        "%2e%2e",
    ),
    *(
        "..%2f..%2fkeys",
        "%00",
        "{mine}%00",
        "{mine}%20",
        "%20{mine}",
        "{mine}.json",
        "{mine};a=b",
        "{mine},{mine}",
    ),
    *("urn:uuid:{mine}", "%7B{mine}%7D", "celeriac:task:{mine}", "{mine}%0d%0aX-Evil: 1".replace(" ", "%20")),
    *(
        "' OR 1=1--".replace(" ", "%20"),
        "%27%3Breturn%201",
        "%ff%fe",
        "%c0%af",
        "%F0%9F%A5%AC",
        "a" * 4_000,
        UUID,
    ),
    *("00000000-0000-0000-0000-000000000000", "{mine}{mine}", "{{mine}}", "${mine}", "%25{mine}"),
)
_HEADERS = {
    "nothing": "Authorization:",
    "a scheme alone": "Authorization: Bearer",
    "a scheme and a blank": "Authorization: Bearer  ",
    "Basic": "Authorization: Basic YWRtaW46YWRtaW4=",
    "another scheme": "Authorization: Token {key:admin}",
    "no scheme": "Authorization: {key:admin}",
    "a prefix alone": "Authorization: Bearer clrc_",
    "null": "Authorization: Bearer null",
    "cut off": "Authorization: Bearer {cut:admin}",
    "one character more": "Authorization: Bearer {key:admin}x",
    "lower case": "Authorization: Bearer {lower:admin}",
    "two secrets": "Authorization: Bearer {key:admin} {key:admin}",
    "quoted": 'Authorization: Bearer "{key:admin}"',
    "unsigned JWT": "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    "nobody's": "Authorization: Bearer {key:wrong}",
    "expired": "Authorization: Bearer {key:expired}",
    "revoked": "Authorization: Bearer {key:revoked}",
    "8 KB": "Authorization: Bearer " + "c" * 8_000,
    "not ASCII": "Authorization: Bearer clrc_\xe9\xff",
    "in a cookie": "Cookie: Authorization=Bearer {key:admin}; key={key:admin}",
    "in X-API-Key": "X-API-Key: {key:admin}",
    "for a proxy": "Proxy-Authorization: Bearer {key:admin}",
    "said by a proxy": "X-Forwarded-User: admin",
    "from this machine": "X-Forwarded-For: 127.0.0.1",
}
_ROUTES = starter_app().short_routes


def objects() -> list[Case]:
    """API1: ids that are not the task's own."""
    return [
        Case(
            group="API1",
            name=f"{method} {one[:40]}{rest}",
            request=ask(method, f"/tasks/{one}{rest}", key="admin"),
            allowed=REFUSED | {200, 307} if one in ("?", ".") else REFUSED,
        )
        for one in _IDS
        for method, rest in (("GET", ""), ("GET", "/result"))
    ] + [
        Case(
            group="API1",
            name=f"{method} unknown{rest}",
            request=ask(method, f"/tasks/{UUID}{rest}", key="admin"),
            allowed={404},
        )
        for method, rest in (
            ("GET", "/input"),
            ("GET", "/events"),
            ("POST", "/cancel"),
            ("POST", "/retry"),
            ("DELETE", ""),
        )
    ]


def foreign_objects() -> list[Case]:
    """API1: a task of another owner, by keys that have every scope for it."""
    ways = {
        "has-read": (
            ("GET", ""),
            ("GET", "/result"),
            ("GET", "/input"),
            ("GET", "/events"),
            ("GET", "?wait=1"),
            ("HEAD", ""),
        ),
        "has-cancel": (("POST", "/cancel"),),
    }
    return [
        Case(
            group="API1",
            name=f"{method} another owner's{rest}",
            request=ask(method, "/tasks/{mine}" + rest, key=key),
            allowed={404},
        )
        for key, requests in ways.items()
        for method, rest in requests
    ] + [
        Case(
            group="API1",
            name=f"{query} of another owner",
            allowed={200},
            request=ask("GET", f"/tasks?{query}", key="has-read"),
            must_not_contain=b"{mine}",
        )
        for query in (
            "limit=200",
            "state=queued",
            "name=add",
            "queue=default",
            "created_after=2020-01-01T00:00:00Z",
            "omit=result",
        )
    ]


def authentication() -> list[Case]:
    """API2: what looks like a key and is none."""
    cases = []
    for name, header in _HEADERS.items():
        for route, request in (
            ("GET", ask("GET", "/tasks", header)),
            ("POST", post("/add", header, key=None)),
        ):
            cases.append(Case(group="API2", name=f"{route} {name}", request=request, allowed={401}))
    twice = ("Authorization: Bearer {key:admin}",) * 2
    return [
        *cases,
        Case(group="API2", name="twice", request=post("/add", *twice, key=None), allowed={401, 422}),
        Case(
            group="API2",
            name="in the query",
            request=ask("GET", "/tasks?access_token={key:admin}"),
            allowed={401},
        ),
        Case(group="API2", name="in the address", request=ask("GET", "/tasks/{key:admin}"), allowed={401}),
        Case(
            group="API2",
            name="a null byte",
            request=ask("GET", "/tasks", "Authorization: Bearer \x00"),
            allowed={400, 401},
        ),
    ]


def functions() -> list[Case]:
    """API5: each route with a key that has every scope but its own."""
    cases = []
    for route in _ROUTES:
        if route.scope not in GRANTABLE:
            continue
        for scope in GRANTABLE:
            if allows([scope], route.scope):
                continue
            method, path = next(iter(route.methods or ())), route.path
            for parameter in ("{task_id}", "{queue}", "{name}"):
                path = path.replace(parameter, UUID if parameter == "{task_id}" else "default")
            request = ask(method, path, key=f"has-{scope}")
            cases.append(
                Case(group="API5", name=f"{method} {path} by {scope}", request=request, allowed={403})
            )
    return cases
