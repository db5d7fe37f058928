"""https_server.py PORT CERTIFICATE KEY USER DIR: a server of git's smart protocol over https on localhost, for tests.

The file USER holds "name:password", which each request must give. DIR has the repositories.
"""
import base64
import http.server
import ssl
import sys

import git_http

port, certificate, key, user, root = sys.argv[1:]
with open(user, 'rb') as file:
    expected = 'Basic ' + base64.b64encode(file.read().rstrip(b'\n')).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def respond(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = git_http.read_body(self)
        if self.headers.get('Authorization') != expected:
            self.respond(401, [('WWW-Authenticate', 'Basic realm="git"')], b'')
            return
        path, _, query = self.path.partition('?')
        self.respond(*git_http.backend(self, body, root, path, query, 'bot'))

    do_GET = do_POST = serve


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(port)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
