"""Small web servers inside the test process: one of them answers as the Materials Project does."""

import json
import threading
from collections import deque
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from ionlake.structures.sources.bundled import load_bundled

KEY = "k1Ey" * 8
VERSION = "2026.04.13"


@contextmanager
def serving(answer):
    """Serve ``answer(path, query, headers) -> (status, body, headers)``; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, body, headers = answer(url.path, query, self.headers)
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(payload))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


load = cache(load_bundled)
"""A bundled crystal, made once."""


@cache
def structure_json(crystal):
    return json.dumps(load(crystal).to_pymatgen().as_dict())


def summary(material_id, crystal="LiF-225", **changes):
    """A summary document, as the server sends it."""
    structure = json.loads(structure_json(crystal))
    elements = {species["element"] for site in structure["sites"] for species in site["species"]}
    return {
        "material_id": material_id,
        "structure": structure,
        "elements": sorted(elements),
        "band_gap": 5.0,
        "energy_above_hull": 0.0,
        "deprecated": False,
        "last_updated": "2026-01-01T00:00:00",
    } | changes


class MaterialsProject:
    """Answers heartbeats and summary searches, fails on demand, and remembers what was asked.

    Attributes:
        documents: What it holds.
        failures: Statuses with which the next summary requests are answered; 200 is no failure.
        requests: Queries of summary requests.
        most: Documents on a page at most.
    """

    def __init__(self, documents):
        self.documents = list(documents)
        self.failures = deque()
        self.heartbeats = deque()
        self.requests = []
        self.version = VERSION
        self.most = 1000

    @property
    def page_requests(self):
        return [query for query in self.requests if "structure" in query["_fields"]]

    def __call__(self, path, query, headers):
        if path == "/heartbeat":
            if self.heartbeats:
                return self.heartbeats.popleft(), {"detail": "later"}, {}
            beat = {"version": "0.87.3", "db_version": self.version}
            return 200, {**beat, "access_controlled_batch_ids": []}, {}
        if path != "/materials/summary/":
            return 404, {"detail": "not found"}, {}
        self.requests.append(query)
        status = self.failures.popleft() if self.failures else 200
        if status != 200:
            return status, {"detail": "later"}, {"Retry-After": "0"}
        if headers["x-api-key"] != KEY:
            return 401, {"message": f"no such key {headers['x-api-key']}"}, {}
        return 200, self._search(query), {}

    def _search(self, query):
        found = [each for each in self.documents if self._fits(each, query)]
        skip, limit = int(query.get("_skip", 0)), min(self.most, int(query["_limit"]))
        fields = query["_fields"].split(",")
        page = [
            {name: each[name] for name in fields if name in each}
            if isinstance(each, dict)
            else each
            for each in found[skip : skip + limit]
        ]
        return {"data": page, "meta": {"total_doc": len(found)}}

    def _fits(self, document, query):
        """The real server's rules for a few parameters; broken documents always fit."""
        if not isinstance(document, dict) or "elements" not in document:
            return True
        ids = query.get("material_ids")
        return (
            set(query["elements"].split(",")) <= set(document["elements"])
            and (ids is None or document["material_id"] in ids.split(","))
            and document["band_gap"] >= float(query.get("band_gap_min", 0))
            and document["energy_above_hull"] <= float(query.get("energy_above_hull_max", 9))
        )
