"""A mail server for tests: takes every letter, and shows it as Python's `email` reads it."""

import email
import email.policy
import socketserver
import threading


class Sink:
    """Listens on this machine until it is closed."""

    def __init__(self):
        self.raw, self._lock = [], threading.Lock()
        sink = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self):
                sink._talk(self.rfile, self.wfile)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def letters(self, to=None):
        """Every letter so far, or those to one address."""
        with self._lock:
            read = [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]
        return [letter for letter in read if to is None or letter["To"].addresses[0].addr_spec == to]

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, lines, out):
        out.write(b"220 sink.test ESMTP\r\n")
        for line in lines:
            word = line.split(b" ")[0].strip().upper()
            if word == b"EHLO":
                out.write(b"250-sink.test\r\n250 8BITMIME\r\n")
            elif word == b"DATA":
                out.write(b"354 go on\r\n")
                self._keep(lines)
                out.write(b"250 2.0.0 taken\r\n")
            elif word == b"QUIT":
                out.write(b"221 bye\r\n")
                return
            else:
                out.write(b"250 fine\r\n")

    def _keep(self, lines):
        letter = []
        for line in lines:
            if line == b".\r\n":
                break
            letter.append(line[1:] if line.startswith(b".") else line)
        with self._lock:
            self.raw.append(b"".join(letter))
