"""ssh_server.py PORT HOST_KEY AUTHORIZED_KEYS: a server of ssh on 127.0.0.1, for tests.

Each client that has an authorized key runs any command as the user who started the server.
"""
import asyncio
import sys

import asyncssh


async def copy(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def feed(reader, writer):
    await copy(reader, writer)
    writer.close()


async def run(process):
    child = await asyncio.create_subprocess_shell(
        process.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    fed = asyncio.create_task(feed(process.stdin, child.stdin))
    await asyncio.gather(copy(child.stdout, process.stdout), copy(child.stderr, process.stderr))
    status = await child.wait()
    fed.cancel()
    process.exit(status)


async def main(port, host_key, authorized):
    await asyncssh.listen('127.0.0.1', int(port), server_host_keys=[host_key], authorized_client_keys=authorized,
                          process_factory=run, encoding=None)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
