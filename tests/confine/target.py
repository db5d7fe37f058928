"""target.py SOCKET: a process that another one can look into, which listens on a TCP port on the path SOCKET, and on the
abstract socket whose name is that path without its slash.

It prints the variables that escape.c reads, and waits until its standard input ends.
"""
import ctypes
import os
import socket
import sys

PR_SET_PTRACER, ANY = 0x59616d61, ctypes.c_ulong(-1)

ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY, 0, 0, 0)
tcp = socket.create_server(('127.0.0.1', 0))
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[1])
unix.listen(64)
abstract = socket.socket(socket.AF_UNIX)
abstract.bind('\0' + sys.argv[1][1:])
abstract.listen(64)
byte = ctypes.create_string_buffer(1)
print(f'ESCAPE_PORT={tcp.getsockname()[1]} ESCAPE_SOCKET={sys.argv[1]} ESCAPE_PID={os.getpid()}'
      f' ESCAPE_ADDRESS={ctypes.addressof(byte)}', flush=True)
sys.stdin.read()
