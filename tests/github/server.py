"""server.py STATE LOG UNKNOWN PORT PARENT: a stand-in for GitHub on loopback, for tests.

It answers as api.github.localhost (REST and GraphQL) and as github.localhost (Git), for clients that reach it as their
HTTP proxy; gh speaks plain HTTP to these hosts.  STATE is the file that state.py describes.  LOG gets a line of JSON for
each request: method, path, query (GraphQL's operation), login, status, and whether it is a write.  UNKNOWN gets a line for
each request that this server does not know; such a request is answered with 500.  PORT is a file that gets the port's
number when the server listens.  The server ends with the process PARENT, which has started it, however that ends.
"""
import base64
import http.server
import json
import os
import re
import sys
import threading
import time
import traceback
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import git_http  # noqa: E402
import graphql  # noqa: E402
import rest  # noqa: E402
import comments  # noqa: E402,F401
import settings  # noqa: E402,F401
from state import Refused, State, Unknown  # noqa: E402

STATE, LOG, UNKNOWN, PORT = map(Path, sys.argv[1:5])
PARENT = int(sys.argv[5])
LOCK = threading.Lock()
MEETINGS = {}


def note(path, value):
    with open(path, 'a', encoding='utf-8') as file:
        file.write(json.dumps(value) + '\n')


def meet(call):
    """Hold a request until those that it is to meet have come, as the state's "together" asks."""
    for together in State(STATE).all.get('together', []):
        if re.search(together['match'], call):
            with LOCK:
                meeting = MEETINGS.setdefault(together['match'], {'came': 0, 'all': threading.Event()})
                meeting['came'] += 1
                if meeting['came'] == together['count']:
                    meeting['all'].set()
            meeting['all'].wait(timeout=60)


def wait(call):
    """Hold the first request that the state's "slow" asks for, until its file exists."""
    for slow in State(STATE).all.get('slow', []):
        with LOCK:
            first = re.search(slow['match'], call) and slow['match'] not in MEETINGS
            if first:
                MEETINGS[slow['match']] = slow
        deadline = time.monotonic() + 120
        while first and not Path(slow['until']).exists() and time.monotonic() < deadline:
            time.sleep(0.02)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def serve(self):
        target = urllib.parse.urlsplit(self.path)
        host = target.hostname or self.headers.get('Host', '').partition(':')[0]
        path = target.path + ('?' + target.query if target.query else '')
        body = git_http.read_body(self)
        self.record = {'method': self.command, 'path': path, 'query': None, 'login': None,
                       'write': self.command not in ('GET', 'HEAD')}
        meet(f'{self.command} {path}')
        wait(f'{self.command} {path}')
        kind = {'api.github.localhost': self.api, 'github.localhost': self.git}.get(host)
        with LOCK:
            state = State(STATE)
            try:
                if not kind:
                    raise Unknown(f'host {host}')
                status, headers, content = kind(state, path, body)
            except Refused as refused:
                status, headers, content = refused.status, list(refused.headers), rest.refusal(refused)
            except Unknown as unknown:
                status, headers, content = self.unknown(str(unknown))
            except Exception as error:  # a fault of this server makes the test fail, too
                traceback.print_exc()
                status, headers, content = self.unknown(f'{type(error).__name__}: {error}')
            finally:
                state.save()
                self.record['status'] = status
                note(LOG, self.record)
        if callable(content):
            status, headers, content = content()
            if self.record['write']:
                with LOCK:  # GitHub notes who has pushed
                    state = State(STATE)
                    state.repository(self.repository, self.caller, self.caller['login'])
                    state.save()
        self.respond(status, headers, content)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = serve

    def unknown(self, what):
        note(UNKNOWN, {**self.record, 'why': what})
        return 500, [], {'message': f'this stand-in for GitHub does not know: {what}'}

    def api(self, state, path, body):
        kind, _, token = self.headers.get('Authorization', '').partition(' ')
        caller = state.caller(token if kind.lower() in ('token', 'bearer') else '')
        self.record['login'] = caller and caller['login']
        if not self.headers.get('User-Agent'):
            raise Refused(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header')
        if path == '/graphql':
            return self.graphql(state, caller, body)
        state.spend(f'{self.command} {path}')
        request = rest.Request(state, caller, self.command, path, body.decode())
        status, headers, value = rest.answer(request)
        return status, headers, value

    def graphql(self, state, caller, body):
        self.record['write'] = False
        if not caller:
            raise Refused(401, 'This endpoint requires you to be authenticated.')
        operation = graphql.parse(body.decode())
        self.record.update(query=operation[1], write=operation[0] == 'mutation')
        try:
            state.spend(f'POST /graphql {operation[1]}')
        except Refused as refused:
            if refused.status != 403:
                raise
            return 200, list(refused.headers), {'errors': [{'type': 'RATE_LIMITED', 'message': refused.message}]}
        return 200, [], graphql.answer(state, caller, operation)

    def git(self, state, path, body):
        """Git's requests: the answer comes from git http-backend, outside the lock."""
        path, _, query = path.partition('?')
        self.record['write'] = path.endswith('/git-receive-pack')
        kind, _, word = self.headers.get('Authorization', '').partition(' ')
        token = base64.b64decode(word).decode().partition(':')[2] if kind.lower() == 'basic' else ''
        plain = [('Content-Type', 'text/plain')]
        if not token:
            return 401, plain + [('WWW-Authenticate', 'Basic realm="GitHub"')], b'Repository not found.\n'
        name, _, rest_of_path = path.strip('/').partition('/')
        name, rest_of_path = f"{name}/{rest_of_path.partition('/')[0].removesuffix('.git')}", rest_of_path.partition('/')[2]
        try:
            caller = state.caller(token)
            self.record['login'] = caller['login']
            self.repository, self.caller = name, caller
            found = state.repository(name, caller)
            found.need('contents')
        except Refused as refused:
            if refused.status == 401:
                return 401, plain, b'Invalid username or token.\n'
            return 404, plain, b'Repository not found.\n'
        if 'git-receive-pack' in path + query and not found.may('contents', write=True):
            return 403, plain, f"Permission to {found.name}.git denied to {caller['login']}.\n".encode()
        parent, _, directory = found.git_dir.rpartition('/')
        settings = {'http.receivepack': 'true', 'receive.hideRefs': 'refs/pull', 'core.hooksPath': str(HERE / 'hooks'),
                    'safe.directory': '*'}
        environment = {'GIT_CONFIG_COUNT': str(len(settings)), 'PROTECTED': ' '.join(found.data.get('protected', []))}
        for number, (key, value) in enumerate(settings.items()):
            environment.update({f'GIT_CONFIG_KEY_{number}': key, f'GIT_CONFIG_VALUE_{number}': value})
        return 200, [], lambda: git_http.backend(self, body, parent, f'/{directory}/{rest_of_path}', query, caller['login'],
                                                 **environment)

    def respond(self, status, headers, content):
        if isinstance(content, (dict, list)):
            content = json.dumps(content).encode()
            headers = [*headers, ('Content-Type', 'application/json; charset=utf-8')]
        content = content or b''
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def end_with_parent():
    while os.getppid() == PARENT:
        time.sleep(1)
    os._exit(3)


def main():
    threading.Thread(target=end_with_parent, daemon=True).start()
    http.server.ThreadingHTTPServer.request_queue_size = 64
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    fresh = PORT.with_suffix('.new')
    fresh.write_text(str(server.server_address[1]))
    fresh.rename(PORT)
    server.serve_forever()


main()
