"""releases_server.py FILE: GitHub's API of releases on loopback, and another host of files, to which it redirects.

The release v0.1.0 of atlanhq/ringkit has FILE.  The API requires the token "reader"; the host of files refuses any token.
It prints the URLs of both, and runs until standard input ends.
"""
import http.server
import json
import os
import sys
import threading

NAME = os.path.basename(sys.argv[1])
with open(sys.argv[1], 'rb') as opened:
    CONTENT = opened.read()
REPOSITORY = '/repos/atlanhq/ringkit/releases'


class Files(http.server.BaseHTTPRequestHandler):
    def answer(self, status, content=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        if 'Authorization' in self.headers:
            self.answer(400, b'only one authentication is allowed')
        else:
            self.answer(200, CONTENT)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Api(Files):
    def do_GET(self):
        if self.headers['Authorization'] != 'Bearer reader':
            self.answer(404)
        elif self.path == f'{REPOSITORY}/tags/v0.1.0':
            self.answer(200, json.dumps({'assets': [{'id': 6, 'name': 'other'}, {'id': 7, 'name': NAME}]}).encode())
        elif self.path == f'{REPOSITORY}/assets/7' and self.headers['Accept'] == 'application/octet-stream':
            self.answer(302, Location=f'http://localhost:{files.server_port}/stored')
        else:
            self.answer(404)


files = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Files)
api = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Api)
for server in files, api:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(f'http://127.0.0.1:{api.server_port} http://127.0.0.1:{files.server_port}', flush=True)
sys.stdin.read()
