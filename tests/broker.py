"""A broker that misbehaves: broker.py MODE PORT_FILE

silent     takes connections and never says a word
garbage    answers with HTTP
mute       says hello and opens everything, but never confirms a message
deaf       the same, but reads nothing after the first message
slow       confirms each message when the next one comes
hangup     closes the connection at the first message
nack       refuses each message

It listens on a free port of 127.0.0.1, which it writes to PORT_FILE.
"""
import os
import socket
import struct
import sys
import threading

MODE = sys.argv[1]


def frame(channel, class_id, method_id, arguments=b""):
    payload = struct.pack(">HH", class_id, method_id) + arguments
    return struct.pack(">BHL", 1, channel, len(payload)) + payload + b"\xce"


def long_text(text):
    return struct.pack(">L", len(text)) + text


# What is asked, and the answer.
ANSWERS = {
    (10, 11): (10, 30, struct.pack(">HLH", 0, 131072, 0)),
    (10, 40): (10, 41, b"\0"),
    (10, 50): (10, 51, b""),
    (20, 10): (20, 11, long_text(b"")),
    (20, 40): (20, 41, b""),
    (40, 10): (40, 11, b""),
    (50, 10): (50, 11, b"\x01q" + struct.pack(">LL", 0, 0)),
    (85, 10): (85, 11, b""),
}


def read(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def never(conn):
    threading.Event().wait()


class Talk:
    def __init__(self, conn):
        self.conn, self.published = conn, 0

    def confirm(self, method, tag):
        self.conn.sendall(frame(1, 60, method, struct.pack(">QB", tag, 0)))

    def on_publish(self):
        self.published += 1
        if MODE == "deaf":
            never(self.conn)
        if MODE == "hangup":
            raise EOFError
        if MODE == "nack":
            self.confirm(120, self.published)
        if MODE == "slow" and self.published > 1:
            self.confirm(80, self.published - 1)

    def on_method(self, channel, method):
        if method == (60, 40):
            self.on_publish()
        elif method in ANSWERS:
            self.conn.sendall(frame(channel, *ANSWERS[method]))

    def run(self):
        read(self.conn, 8)
        self.conn.sendall(frame(0, 10, 10, b"\0\x09" + long_text(b"") +
                                long_text(b"PLAIN") + long_text(b"en_US")))
        while True:
            kind, channel, size = struct.unpack(">BHL", read(self.conn, 7))
            payload = read(self.conn, size + 1)
            if kind == 1:
                self.on_method(channel, struct.unpack(">HH", payload[:4]))


def serve(conn):
    try:
        if MODE == "silent":
            never(conn)
        elif MODE == "garbage":
            conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        else:
            Talk(conn).run()
    except (EOFError, OSError):
        pass
    conn.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
with open(sys.argv[2] + ".new", "w") as file:
    print(listener.getsockname()[1], file=file)
os.rename(sys.argv[2] + ".new", sys.argv[2])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],),
                     daemon=True).start()
