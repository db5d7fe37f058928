"""Type lines into an interactive shell on a terminal, each with a tab at its end, and run what the shell makes of it.

usage: type.py RESULT SHELL ... <lines

The shell's prompt contains READY.  The programs in its PATH are to write their arguments, each with a NUL, to RESULT.new and rename
it to RESULT.  Prints each line, a tab, and the arguments, separated by tabs.
"""
import os, pty, select, signal, sys, time

result, *shell = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(shell[0], shell)


def wait_for(happened, seconds=20):
    """Read what the shell writes until happened(what it wrote)."""
    said, end = b'', time.monotonic() + seconds
    while not happened(said):
        if time.monotonic() > end:
            return False
        if select.select([terminal], [], [], 0.02)[0]:
            said += (more := os.read(terminal, 65536))
            if b'\x1b[c' in more or b'\x1b[0c' in more:  # who are you?
                os.write(terminal, b'\x1b[?62c')
    return True


wait_for(lambda said: b'READY' in said)
for line in sys.stdin.buffer.read().split(b'\n')[:-1]:
    os.write(terminal, line + b'\t\r')
    words = [b'nothing was run']
    if wait_for(lambda said: os.path.exists(result) and b'READY' in said, 10):
        with open(result, 'rb') as f:
            words = f.read().split(b'\0')[:-1]
        os.unlink(result)
    else:
        os.write(terminal, b'\x03')
    sys.stdout.buffer.write(b'\t'.join([line] + [word.replace(b'\n', b'\\n') for word in words]) + b'\n')
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
