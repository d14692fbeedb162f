#!/usr/bin/env python3
"""http_server.py DIR LOG [--cut N] [--endless PART] [--no-ranges] [--missing PART]: serves DIR on a free port of this machine, for tests; prints the port.

Each request becomes a line of LOG: path, and the range that was asked for. --cut: a body longer than N bytes breaks off after them, the first time it is asked for
without a range. --endless: a path that contains PART is answered with bytes that never end. --no-ranges: ranges are ignored. --missing: such a path is not there."""
import argparse
import http.server
import os
import re
import socketserver
import sys
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def do_HEAD(self):  # zypper asks so for what kind of repository it is
        name = os.path.join(args.dir, urllib.parse.unquote(self.path).lstrip("/"))
        is_there = ".." not in name and os.path.isfile(name)
        self.send_response(200 if is_there else 404)
        self.send_header("Content-Length", str(os.path.getsize(name) if is_there else 0))
        self.end_headers()

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        wanted = self.headers.get("Range", "")
        with open(args.log, "a", encoding="utf-8") as log:
            log.write(f"{path} {wanted}\n")
        name = os.path.join(args.dir, path.lstrip("/"))
        if args.missing and args.missing in path or ".." in path or not os.path.isfile(name):
            self.send_error(404)
            return
        if args.endless and args.endless in path:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"\0" * 65536)
            except OSError:
                return
        with open(name, "rb") as file:
            body = file.read()
        begin = re.fullmatch(r"bytes=(\d+)-", wanted)
        if begin and not args.no_ranges:
            start = int(begin.group(1))
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if args.cut and not begin and len(body) > args.cut and path not in cut:
            cut.add(path)
            body = body[: args.cut]
        try:
            self.wfile.write(body)
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


parser = argparse.ArgumentParser()
parser.add_argument("dir")
parser.add_argument("log")
parser.add_argument("--cut", type=int)
parser.add_argument("--endless")
parser.add_argument("--missing")
parser.add_argument("--no-ranges", action="store_true")
args = parser.parse_args()
cut = set()
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
sys.stdout.close()
server.serve_forever()
