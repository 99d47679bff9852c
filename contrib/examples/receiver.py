#!/usr/bin/env python3
"""Receives what the hub delivers, and shows it: a server to try rules with.

    receiver.py DIR

It listens on a free port of 127.0.0.1, which it writes to DIR/port, and writes
each request to DIR/requests.
"""
import http.server
import os
import sys

DIR = sys.argv[1]


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def receive(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(os.path.join(DIR, "requests"), "a") as file:
            file.write("%s %s\nContent-Type: %s\nWebhook-Id: %s\n\n%s\n" % (
                self.command, self.path, self.headers.get("Content-Type"),
                self.headers.get("Webhook-Id"), body.decode()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = receive

    def log_message(self, *_):
        pass


def main():
    os.makedirs(DIR, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    port = os.path.join(DIR, "port")
    with open(port + ".new", "w") as file:
        file.write("%d\n" % server.server_address[1])
    os.rename(port + ".new", port)
    server.serve_forever()


main()
