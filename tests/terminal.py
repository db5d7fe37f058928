"""Run a command with standard error on a terminal, and record what was written to it and what it shows at the end.

usage: terminal.py WRITTEN SCREEN [--background] [--all] COMMAND ... <input >output

--background: the terminal belongs to another job.  --all: standard output is that terminal as well.
"""
import fcntl, os, pty, subprocess, sys, termios

written, screen, *command = sys.argv[1:]
background = '--background' in command[:2]
everything = '--all' in command[:2]
while command[0] in ('--background', '--all'):
    del command[0]
master, slave = pty.openpty()


def take():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY)
    if background:
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.setpgid(0, 0)


child = subprocess.Popen(command, stdout=slave if everything else None, stderr=slave, preexec_fn=take)
os.close(slave)
raw = b''
while True:
    try:
        raw += os.read(master, 65536)
    except OSError:  # no process has the terminal open
        break
with open(written, 'wb') as f:
    f.write(raw)
lines, column = [''], 0
for character in raw.decode():
    if character == '\r':
        column = 0
    elif character == '\n':
        lines.append('')
    else:
        lines[-1] = lines[-1][:column].ljust(column) + character + lines[-1][column + 1:]
        column += 1
with open(screen, 'w') as f:
    f.write('\n'.join(line.rstrip() for line in lines))
sys.exit(child.wait())
