"""Git's smart protocol over HTTP, for the servers that the tests start: a request's body, and git http-backend."""
import os
import subprocess

# without git in between, which would start it
BACKEND = subprocess.run(['git', '--exec-path'], stdout=subprocess.PIPE, check=True, text=True).stdout.strip() + '/git-http-backend'


def read_body(handler):
    """The body of a request to an http.server handler."""
    if handler.headers.get('Transfer-Encoding') != 'chunked':
        return handler.rfile.read(int(handler.headers.get('Content-Length', 0)))
    body = b''
    while size := int(handler.rfile.readline().partition(b';')[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def backend(handler, body, root, path, query, user, **environment):
    """What git http-backend answers for a path below root: (status, headers, content)."""
    done = subprocess.run(
        [BACKEND], input=body, stdout=subprocess.PIPE, check=True,
        env={**os.environ, 'GIT_PROJECT_ROOT': root, 'GIT_HTTP_EXPORT_ALL': '1', 'PATH_INFO': path,
             'QUERY_STRING': query, 'REQUEST_METHOD': handler.command, 'REMOTE_USER': user,
             'CONTENT_TYPE': handler.headers.get('Content-Type', ''), 'CONTENT_LENGTH': str(len(body)),
             'HTTP_CONTENT_ENCODING': handler.headers.get('Content-Encoding', ''),
             'GIT_PROTOCOL': handler.headers.get('Git-Protocol', ''), **environment})
    head, _, content = done.stdout.partition(b'\r\n\r\n')
    headers = [tuple(line.split(': ', 1)) for line in head.decode().split('\r\n')]
    status = next((int(value.split()[0]) for name, value in headers if name == 'Status'), 200)
    return status, [header for header in headers if header[0] != 'Status'], content
