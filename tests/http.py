#!/usr/bin/env python3
"""A small HTTP server that behaves as its path says, for the hub's stories.

    http.py DIR [--tls CERT KEY]

Listens on a free loopback port, written to DIR/port, and appends each request
to DIR/requests as a JSON line: verb, path, headers, body, and how many were
being answered at that moment.  Behaviours, by the first parts of the path:

    /ok                200 and a short answer
    /status/N          the status N; with Retry-After where ?after=TEXT is given
    /echo              200, with the headers that came as JSON
    /slow/SECONDS      200, after a while
    /hang              never answers; until DIR/release appears
    /reset             closes with a reset before any answer
    /half              half of an answer, then closes
    /garbage           bytes that are no HTTP
    /early             a 103 first, then 200
    /headers           200 with 2 MiB of headers
    /length            a Content-Length that is too long
    /big               200 and 32 MiB
    /redirect?to=URL   302
    /switch            the status that DIR/status holds (503 if there is none)
"""
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

TEXT = {200: "OK", 302: "Found", 404: "Not Found", 429: "Too Many Requests",
        503: "Service Unavailable"}


class Server:
    def __init__(self, folder, context):
        self.folder = folder
        self.context = context
        self.lock = threading.Lock()
        self.busy = 0
        self.log = open(os.path.join(folder, "requests"), "a")

    def path(self, name):
        return os.path.join(self.folder, name)

    def note(self, request):
        with self.lock:
            request["busy"] = self.busy
            self.log.write(json.dumps(request) + "\n")
            self.log.flush()

    def serve(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        with open(self.path("port.new"), "w") as file:
            file.write(str(listener.getsockname()[1]))
        os.rename(self.path("port.new"), self.path("port"))
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.talk, args=(connection,),
                             daemon=True).start()

    def talk(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection = self.context.wrap_socket(connection,
                                                      server_side=True)
            stream = connection.makefile("rb")
            while self.answer(connection, stream):
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def answer(self, connection, stream):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while True:
            header = stream.readline().decode("latin-1").rstrip("\r\n")
            if not header:
                break
            name, value = header.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        with self.lock:
            self.busy += 1
        try:
            self.note({"verb": line[0], "path": line[1], "headers": headers,
                       "body": body.decode("utf-8", "replace")})
            return self.behave(connection, line[1], headers)
        finally:
            with self.lock:
                self.busy -= 1

    @staticmethod
    def send(connection, status, body=b"fine", extra=b"", length=None):
        head = "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n" % (
            status, TEXT.get(status, "Status"),
            len(body) if length is None else length)
        connection.sendall(head.encode() + extra + b"\r\n" + body)

    def behave(self, connection, target, headers):
        url = urlsplit(target)
        parts = url.path.strip("/").split("/")
        query = parse_qs(url.query)
        kind = parts[0]
        if kind == "status":
            after = query.get("after")
            extra = b""
            if after:
                extra = b"Retry-After: " + after[0].encode() + b"\r\n"
            self.send(connection, int(parts[1]), b"as you wish", extra)
        elif kind == "echo":
            self.send(connection, 200, json.dumps(headers).encode())
        elif kind == "slow":
            time.sleep(float(parts[1]))
            self.send(connection, 200)
        elif kind == "hang":
            while not os.path.exists(self.path("release")):
                time.sleep(0.01)
            self.send(connection, 200)
        elif kind == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
            return False
        elif kind == "half":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
            return False
        elif kind == "garbage":
            connection.sendall(b"\0\1\2 this is no HTTP\r\n\r\n")
            return False
        elif kind == "early":
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n"
                               b"Link: </x>\r\n\r\n")
            self.send(connection, 200)
        elif kind == "headers":
            self.send(connection, 200, b"fine",
                      b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000)
                               for i in range(2000)))
        elif kind == "length":
            self.send(connection, 200, b"short", length=1000)
            return False
        elif kind == "big":
            self.send(connection, 200, b"x" * (32 << 20))
        elif kind == "redirect":
            self.send(connection, 302, b"", b"Location: " +
                      unquote(query["to"][0]).encode() + b"\r\n")
        elif kind == "switch":
            try:
                with open(self.path("status")) as file:
                    status = int(file.read())
            except (OSError, ValueError):
                status = 503
            self.send(connection, status)
        else:
            self.send(connection, 200)
        return True


def main():
    context = None
    if "--tls" in sys.argv:
        at = sys.argv.index("--tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[at + 1], sys.argv[at + 2])
    Server(sys.argv[1], context).serve()


main()
