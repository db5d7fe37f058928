"""https_server.py PORT CERTIFICATE KEY USER DIR: a server of git's smart protocol over https on localhost, for tests.

The file USER holds "name:password", which each request must give. DIR has the repositories.
"""
import base64
import http.server
import os
import ssl
import subprocess
import sys

port, certificate, key, user, root = sys.argv[1:]
with open(user, 'rb') as file:
    expected = 'Basic ' + base64.b64encode(file.read().rstrip(b'\n')).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def body(self):
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        body = b''
        while size := int(self.rfile.readline().partition(b';')[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def respond(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.body()
        if self.headers.get('Authorization') != expected:
            self.respond(401, [('WWW-Authenticate', 'Basic realm="git"')], b'')
            return
        path, _, query = self.path.partition('?')
        backend = subprocess.run(
            ['git', 'http-backend'], input=body, stdout=subprocess.PIPE, check=True,
            env={**os.environ, 'GIT_PROJECT_ROOT': root, 'GIT_HTTP_EXPORT_ALL': '1', 'PATH_INFO': path,
                 'QUERY_STRING': query, 'REQUEST_METHOD': self.command, 'REMOTE_USER': 'bot',
                 'CONTENT_TYPE': self.headers.get('Content-Type', ''), 'CONTENT_LENGTH': str(len(body)),
                 'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding', ''),
                 'GIT_PROTOCOL': self.headers.get('Git-Protocol', '')})
        head, _, content = backend.stdout.partition(b'\r\n\r\n')
        headers = [tuple(line.split(': ', 1)) for line in head.decode().split('\r\n')]
        status = next((int(value.split()[0]) for name, value in headers if name == 'Status'), 200)
        self.respond(status, [header for header in headers if header[0] != 'Status'], content)

    do_GET = do_POST = serve


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(port)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
