"""Servers that take what notifier sends, or don't: SMTP with STARTTLS and
HTTPS on loopback. usage: sinks.py FOLDER; FOLDER/cert.pem and key.pem must be
there. Writes FOLDER/ports ("SMTP HTTPS") when both listen, and each thing that
it was given as a JSON line to FOLDER/mails and FOLDER/hooks.

What a receiver does is the part of its name before "@", or the hook's path:
ok; busy: 451 or 503 once, then ok; full: 452 or 500 always; gone: 550 or 404;
cut: takes it and breaks off without an answer; slow: takes it and is silent;
moved (hook): 302 to /ok; silent (mail): says nothing at all after RCPT.
"""
import http.server
import json
import os
import socketserver
import ssl
import sys
import threading
import time

folder = sys.argv[1]
lock = threading.Lock()
seen = {}


def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(folder, "cert.pem"),
                      os.path.join(folder, "key.pem"))
    return c


def write(name, what):
    with lock, open(os.path.join(folder, name), "a") as f:
        f.write(json.dumps(what) + "\n")
        f.flush()


def first(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key] == 1


class Smtp(socketserver.BaseRequestHandler):
    def say(self, text):
        self.file.write(text.encode() + b"\r\n")
        self.file.flush()

    def data(self, to, secure):
        self.say("354 go on")
        lines = []
        while True:
            line = self.file.readline().decode("utf-8").rstrip("\r\n")
            if line == ".":
                break
            lines.append(line[1:] if line.startswith("..") else line)
        write("mails", {"to": to, "tls": secure, "at": time.time(),
                        "text": "\n".join(lines)})

    def handle(self):
        self.file = self.request.makefile("rwb")
        to = who = ""
        secure = False
        self.say("220 sink")
        while True:
            line = self.file.readline().decode("utf-8").strip()
            verb = line.upper().split(" ")[0].split(":")[0]
            if not line:
                return
            if verb == "EHLO":
                self.say("250-sink\r\n250-8BITMIME\r\n250 STARTTLS"
                         if not secure else "250 sink")
            elif verb == "STARTTLS":
                self.say("220 now")
                self.file.close()
                self.request = context().wrap_socket(self.request,
                                                     server_side=True)
                self.file = self.request.makefile("rwb")
                secure = True
            elif verb == "MAIL":
                self.say("250 ok" if secure else "530 STARTTLS first")
            elif verb == "RCPT":
                to = line[line.index("<") + 1:line.index(">")]
                who = to.split("@")[0]
                if who == "busy" and first("mail " + who):
                    self.say("451 later")
                elif who == "full":
                    self.say("452 no room")
                elif who == "gone":
                    self.say("550 no such person")
                elif who == "silent":
                    time.sleep(30)
                    return
                else:
                    self.say("250 ok")
            elif verb == "DATA":
                self.data(to, secure)
                if who == "cut":
                    return
                if who == "slow":
                    time.sleep(30)
                    return
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class Hook(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        who = self.path.strip("/").split("/")[0]
        write("hooks", {"path": self.path, "at": time.time(), "body": body,
                        "headers": dict(self.headers)})
        if who == "busy":
            self.answer(503 if first("hook busy") else 204)
        elif who == "full":
            self.answer(500)
        elif who == "gone":
            self.answer(404)
        elif who == "moved":
            self.answer(302, [("Location", "/ok/redirected")])
        elif who == "cut":
            self.connection.close()
        elif who == "slow":
            time.sleep(30)
        else:
            self.answer(204)


class Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class Https(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


smtp = Threads(("127.0.0.1", 0), Smtp)
hooks = Https(("127.0.0.1", 0), Hook)
hooks.socket = context().wrap_socket(hooks.socket, server_side=True)
threading.Thread(target=smtp.serve_forever, daemon=True).start()
ports = os.path.join(folder, "ports")
with open(ports + ".new", "w") as out:
    out.write("%d %d\n" % (smtp.server_address[1], hooks.server_address[1]))
os.rename(ports + ".new", ports)
hooks.serve_forever()
